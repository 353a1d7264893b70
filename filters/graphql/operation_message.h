// What a client says over a WebSocket that carries GraphQL: the messages of the protocol
// graphql-transport-ws, and of the older graphql-ws (subscriptions-transport-ws).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "filters/graphql/json_reader.h"

namespace tollgate::graphql {

struct OperationMessage {
  enum class Kind : std::uint8_t {
    kOther,      // asks for no operation: goes on as it is
    kOperation,  // "subscribe", or "start" of the older protocol
    kInvalid,    // cannot be told from an operation: must not go on
  };
  Kind kind = Kind::kOther;
  bool older = false;        // its answers are named as the older protocol has them
  std::string id;            // that answers carry
  std::string_view request;  // JSON text within the message: query, variables and so on
  std::string_view problem;  // kInvalid: why, a static sentence that fits into a Close frame
};

// Not thread-safe: reused, so that reading allocates little in the steady state.
class OperationMessageReader {
 public:
  enum class Protocol : std::uint8_t {
    // One of the two was agreed on: only the messages that they have are not kInvalid.
    kAgreed,
    // Whatever it is, a server may still take the two protocols' messages. What is no JSON object
    // is kOther, and so is one that neither is nor holds an operation in their form.
    kUnknown,
  };
  // The views are into `text`.
  [[nodiscard]] OperationMessage read(std::string_view text, Protocol protocol);

 private:
  JsonReader json_;
};

// Messages to the client. The values are JSON texts: a list of GraphQL errors, of which the older
// protocol takes the first; an answer as it would be over HTTP, `data` and all.
[[nodiscard]] std::string write_errors(const OperationMessage& message, std::string_view errors);
// The answer, and that there is no further one: two messages.
struct AnswerMessages {
  std::string answer;
  std::string end;
};
[[nodiscard]] AnswerMessages write_answer(const OperationMessage& message, std::string_view answer);

}  // namespace tollgate::graphql
