// Any bytes as a message of a client over a WebSocket: what is no operation holds none that a
// lenient reader would find, and the request of one that is lies within it, as JSON.
#include "filters/graphql/operation_message.h"

#include <nlohmann/json.hpp>

#include "tests/fuzz/properties.h"

namespace tollgate::graphql {
namespace {

using nlohmann::json;
using Kind = OperationMessage::Kind;

// As a server reads it that takes the first of several members, or the last, and comments.
bool holds_operation(std::string_view text) {
  const json message = json::parse(text, nullptr, false, true);
  if (!message.is_object()) return false;
  const auto type = message.find("type");
  if (type != message.end() && (*type == "subscribe" || *type == "start")) return true;
  if (type != message.end() && type->is_string()) {
    for (const char* other :
         {"connection_init", "ping", "pong", "complete", "stop", "connection_terminate"}) {
      if (*type == other) return false;
    }
  }
  const auto payload = message.find("payload");
  return message.contains("query") ||
         (payload != message.end() && payload->is_object() && payload->contains("query"));
}

void check_operation(const OperationMessage& message, std::string_view text) {
  must(message.request.data() >= text.data() &&
           message.request.data() + message.request.size() <= text.data() + text.size(),
       "the request lies within the message");
  const json whole = json::parse(text, nullptr, false);
  const json request = json::parse(message.request, nullptr, false);
  if (whole.is_discarded()) return;  // a number beyond a double's range, which this reader refuses
  must(request.is_object() && request == whole["payload"], "the request is the payload");
  must(!message.id.empty() && whole["id"] == message.id, "the id is the message's");
  const json errors = json::parse(write_errors(message, R"([{"message":"no"}])"));
  must(errors["id"] == message.id && errors["type"] == "error", "the answer is for this id");
}

void check(std::string_view text) {
  static OperationMessageReader reader;
  const OperationMessage agreed = reader.read(text, OperationMessageReader::Protocol::kAgreed);
  must(agreed.kind != Kind::kOther || !holds_operation(text), "what is agreed on hides nothing");
  const OperationMessage message = reader.read(text, OperationMessageReader::Protocol::kUnknown);
  must(message.kind != Kind::kOther || agreed.kind != Kind::kOperation, "both find it");
  switch (message.kind) {
    case Kind::kOther:
      // Where no protocol is agreed on, a message that begins with a comment is no object.
      must(text.find('/') != std::string_view::npos || !holds_operation(text),
           "no operation is overlooked");
      return;
    case Kind::kInvalid:
      must(!message.problem.empty() && message.problem.size() <= 123,
           "the words fit a Close frame");
      return;
    case Kind::kOperation:
      return check_operation(message, text);
  }
}

}  // namespace
}  // namespace tollgate::graphql

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  tollgate::graphql::check(tollgate::text_of(data, size));
  return 0;
}
