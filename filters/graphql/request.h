// What a GraphQL request asks for, in whichever form it was sent: bytes in, values out. Knows
// nothing of HTTP but the forms' names (GraphQL over HTTP; GraphQL multipart request specification;
// Apollo's automatic persisted queries).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <tl/expected.hpp>

#include "filters/graphql/json_value.h"
#include "filters/graphql/multipart.h"
#include "filters/graphql/part_names.h"

namespace tollgate::graphql {

// One operation of a request. Views and pointers are into the reader's memory or into the bytes
// that were read, valid until the reader reads again.
struct OperationRequest {
  std::string_view query;                // empty with a persisted_hash: the text was not sent
  std::string_view operation_name;       // empty: none (an empty string and null count as none)
  const JsonValue* variables = nullptr;  // an object; null: none
  // Lower-case hex of SHA-256, 64 digits: extensions.persistedQuery.sha256Hash, or documentId or id
  // ("sha256:" in front is cut off; any other identifier is kept as it is). Empty: none. With a
  // query too, nobody has compared them yet: a server may act on either.
  std::string_view persisted_hash;
};

struct Request {
  std::span<const OperationRequest> operations;  // never empty
  bool batch = false;                            // a JSON array, even of one
};

struct RequestError {
  enum class Kind {
    kJson,     // json_invalid: not JSON, or variables or an operation that are no object
    kGraphql,  // graphql_invalid: no query, a member of a wrong kind or with a name that another
               // server might take for one of these, an empty batch
    kMedia,    // unsupported_media: a multipart body that is none, or whose map replaces more than
               // nulls
  };
  Kind kind = Kind::kGraphql;
  std::string message;     // whole sentences for the integrator
  std::size_t offset = 0;  // kJson: of the byte in the JSON text, from 0
};

// Not thread-safe: one per worker, reused, so that reading allocates nothing in the steady state.
class RequestReader {
 public:
  RequestReader();
  ~RequestReader();
  RequestReader(const RequestReader&) = delete;
  RequestReader& operator=(const RequestReader&) = delete;

  // application/json and relatives: an object, or an array of objects (a batch).
  [[nodiscard]] tl::expected<Request, RequestError> read_json(std::string_view body);
  // application/graphql: the body is the query.
  [[nodiscard]] tl::expected<Request, RequestError> read_text(std::string_view body);
  // GET: query, operationName, variables, extensions, documentId, id of the URL's query string,
  // percent and "+" decoded. No operation at all (neither query nor persisted hash nor identifier):
  // a Request with no operations, which is the one exception to "never empty": a plain call.
  [[nodiscard]] tl::expected<Request, RequestError> read_query_string(std::string_view query);
  // Of a call that has a body: an error if its URL also says what to run or with what, as some
  // servers look there first. Else a Request with no operations.
  [[nodiscard]] tl::expected<Request, RequestError> refuse_query_string(std::string_view query);
  // multipart/form-data, as far as it has come; none: more must come. The part "operations" is read
  // as read_json does, and the part "map" must replace nothing but nulls in its variables.
  // `boundary` as Content-Type names it; `search` is kept by the caller between the calls for one
  // body. From `end` on, the body must pass through LaterParts (multipart.h) with `files`, or a
  // second "operations" could be hidden.
  struct Multipart {
    Request request;
    PartNames files;      // that the map names
    std::size_t end = 0;  // of the parts that were read, in the body
  };
  [[nodiscard]] tl::expected<std::optional<Multipart>, RequestError> read_multipart(
      std::string_view boundary, std::string_view prefix, PartSearch& search);
  // Gives memory back at once. What a large request needed is also given back when the next is
  // read.
  void release();

 private:
  struct Memory;
  std::unique_ptr<Memory> memory_;
};

}  // namespace tollgate::graphql
