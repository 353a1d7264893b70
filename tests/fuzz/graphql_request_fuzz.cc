// Any bytes as a GraphQL request, in each of its forms: the first byte chooses. What is read is
// whole and UTF-8, the same operation is read the same from every form, and a multipart body gives
// one answer however it comes.
#include <simdjson.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>

#include "filters/graphql/multipart.h"
#include "filters/graphql/persisted.h"
#include "filters/graphql/request.h"
#include "tests/fuzz/properties.h"

namespace tollgate::graphql {
namespace {

constexpr std::string_view kBoundary = "b";
using Result = tl::expected<Request, RequestError>;

void write(const JsonValue& value, std::string& text) {
  text += std::to_string(static_cast<int>(value.kind)) + std::string(value.name) + "=" +
          std::string(value.text) + std::to_string(value.integer) + "(";
  for (const JsonValue* child = value.first; child != nullptr; child = child->next) {
    write(*child, text);
  }
  text += ")";
}

// All that was read, or why not.
std::string written(const Result& result, std::size_t size) {
  if (!result) {
    must(!result.error().message.empty(), "an error has words");
    must(result.error().offset <= size, "the place lies within the text");
    return "error " + result.error().message;
  }
  std::string text = result->batch ? "batch" : "one";
  for (const OperationRequest& operation : result->operations) {
    must(!operation.query.empty() || !operation.persisted_hash.empty(),
         "an operation has a text or names one");
    must(simdjson::validate_utf8(operation.query.data(), operation.query.size()),
         "a query is UTF-8");
    for (const std::string_view part :
         {operation.query, operation.operation_name, operation.persisted_hash}) {
      text += "|" + std::string(part);
    }
    if (operation.variables == nullptr) continue;
    must(operation.variables->kind == JsonValue::Kind::kObject, "variables are an object");
    write(*operation.variables, text);
  }
  return text;
}

std::string read_json(std::string_view text) {
  static RequestReader reader;
  const Result result = reader.read_json(text);
  must(!result || !result->operations.empty(), "a body has an operation");
  return written(result, text.size());
}

// The answer to a prefix; none: more must come.
std::optional<std::string> read_prefix(std::string_view prefix, PartSearch& search) {
  static RequestReader reader;
  const auto read = reader.read_multipart(kBoundary, prefix, search);
  if (!read) return written(tl::unexpected(read.error()), prefix.size());
  if (!*read) return std::nullopt;
  must((*read)->end <= prefix.size(), "the leading parts have come");
  return written((*read)->request, prefix.size());
}

void check_multipart(std::string_view body) {
  PartSearch all;
  const auto whole = read_prefix(body, all);
  PartSearch kept;
  for (std::size_t size = 0; size <= body.size(); ++size) {
    PartSearch fresh;
    const auto answer = read_prefix(body.substr(0, size), fresh);
    must(read_prefix(body.substr(0, size), kept) == answer, "what was searched changes nothing");
    must(!answer || answer == whole, "a prefix that has an answer has the answer of the whole");
  }
}

std::string watch(std::string_view bytes, std::size_t first, std::size_t size) {
  std::array<std::string_view, 2> names{"0", "f"};
  LaterParts parts(kBoundary, PartNames(names));
  while (!bytes.empty()) {
    const std::size_t length = std::min(first, bytes.size());
    if (const auto taken = parts.take(bytes.substr(0, length)); !taken) return taken.error();
    bytes.remove_prefix(length);
    first = size;
  }
  return "";
}

void check_later_parts(std::string_view bytes) {
  const std::string whole = watch(bytes, bytes.size(), bytes.size());
  for (const std::size_t size : {1U, 2U, 3U, 7U}) {
    must(watch(bytes, size, size) == whole, "pieces change nothing");
  }
  for (std::size_t first = 1; first < bytes.size(); ++first) {
    must(watch(bytes, first, bytes.size()) == whole, "a cut changes nothing");
  }
}

void check_json(std::string_view text) {
  const std::string expected = read_json(text);
  if (expected.starts_with("error")) return;
  // A boundary within the text is refused, rightly.
  if (text.find("--b") == std::string_view::npos) {
    const std::string body = "--b\r\nContent-Disposition: form-data; name=operations\r\n\r\n" +
                             std::string(text) + "\r\n--b--";
    PartSearch search;
    must(read_prefix(body, search) == expected, "multipart reads what JSON reads");
  }
}

void check_query_string(std::string_view query) {
  static RequestReader reader;
  (void)written(reader.read_query_string(query), query.size());
  // A text survives being written into a URL.
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string encoded = "query=";
  for (const char c : query) {
    const auto byte = static_cast<unsigned char>(c);
    encoded += {'%', kDigits[byte >> 4U], kDigits[byte & 15U]};
  }
  const Result result = reader.read_query_string(encoded);
  const bool utf8 = simdjson::validate_utf8(query.data(), query.size());
  must(result.has_value() == utf8, "any UTF-8 is a query");
  if (result && !query.empty()) must(result->operations[0].query == query, "decoding is exact");
}

}  // namespace
}  // namespace tollgate::graphql

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tollgate::graphql;
  if (size == 0 || size > 4096) return 0;
  const std::string_view text = tollgate::text_of(data, size).substr(1);
  switch (data[0]) {
    case 'j':
      check_json(text);
      (void)PersistedDocuments::read(text);
      break;
    case 'u':
      check_query_string(text);
      break;
    case 'm':
      check_multipart(text);
      break;
    case 'l':
      check_later_parts(text);
      break;
    default: {
      static RequestReader reader;
      (void)written(reader.read_text(text), text.size());
    }
  }
  return 0;
}
