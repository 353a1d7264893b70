// See operation_message.h. graphql-transport-ws: https://github.com/enisdenjo/graphql-ws,
// PROTOCOL.md; graphql-ws: https://github.com/apollographql/subscriptions-transport-ws,
// PROTOCOL.md.
#include "filters/graphql/operation_message.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>

#include "filters/graphql/member_names.h"

namespace tollgate::graphql {
namespace {

using Json = nlohmann::ordered_json;

enum Member : std::size_t { kId, kType, kPayload, kQuery };
constexpr std::array<std::string_view, 4> kMembers{"id", "type", "payload", "query"};
using Members = std::array<const JsonValue*, kMembers.size()>;

bool is_object(const JsonValue* value) {
  return value != nullptr && value->kind == JsonValue::Kind::kObject;
}

bool is_string(const JsonValue* value) {
  return value != nullptr && value->kind == JsonValue::Kind::kString;
}

// As every reader of JSON skips them.
bool begins_an_object(std::string_view text) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  return first != std::string_view::npos && text[first] == '{';
}

// None: one differs by case alone, which some servers ignore.
std::optional<Members> find_members(const JsonValue& object) {
  Members found{};
  for (const JsonValue* member = object.first; member != nullptr; member = member->next) {
    const NameMatch match = match_name(member->name, kMembers);
    if (match.kind == NameMatch::Kind::kResembles) return std::nullopt;
    if (match.kind == NameMatch::Kind::kExact) found[match.index] = member;
  }
  return found;
}

// Exactly, or but for case.
bool has_query(const JsonValue* payload) {
  if (!is_object(payload)) return false;
  for (const JsonValue* member = payload->first; member != nullptr; member = member->next) {
    const NameMatch match = match_name(member->name, std::span(&kMembers[kQuery], 1));
    if (match.kind != NameMatch::Kind::kOther) return true;
  }
  return false;
}

// What clients say in either protocol beside their operations.
bool asks_for_nothing(std::string_view type) {
  constexpr std::array<std::string_view, 6> kTypes{
      "connection_init", "ping", "pong", "complete", "stop", "connection_terminate"};
  return std::ranges::find(kTypes, type) != kTypes.end();
}

// Where the object that begins at `begin` of this JSON text ends.
std::size_t end_of_object(std::string_view text, std::size_t begin) {
  std::size_t depth = 0;
  bool in_string = false;
  for (std::size_t at = begin; at < text.size(); ++at) {
    const char c = text[at];
    if (in_string) {
      if (c == '\\') ++at;
      in_string = c != '"';
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{') {
      ++depth;
    } else if (c == '}' && --depth == 0) {
      return at + 1;
    }
  }
  return text.size();
}

OperationMessage invalid(std::string_view problem) {
  OperationMessage message;
  message.kind = OperationMessage::Kind::kInvalid;
  message.problem = problem;
  return message;
}

// `payload` is JSON.
std::string write(std::string_view type, const std::string& id, std::string_view payload) {
  std::string text = "{\"id\":" + Json(id).dump(-1, ' ', false, Json::error_handler_t::replace);
  text.append(",\"type\":\"").append(type).append("\"");
  if (!payload.empty()) text.append(",\"payload\":").append(payload);
  return text + "}";
}

}  // namespace

OperationMessage OperationMessageReader::read(std::string_view text, Protocol protocol) {
  const bool is_agreed = protocol == Protocol::kAgreed;
  if (!begins_an_object(text))
    return is_agreed ? invalid("A message is no JSON object.") : OperationMessage{};
  const auto root = json_.read(text);
  if (!root) return invalid("A message is not valid JSON.");
  const auto members = find_members(**root);
  if (!members) {
    return invalid("A member of the message is like id, type, payload or query but for its case.");
  }
  const auto& [id, type, payload, query] = *members;
  const std::string_view name = is_string(type) ? type->text : "";
  const bool older = name == "start";
  if (asks_for_nothing(name)) return {};
  if (!older && name != "subscribe") {
    if (is_agreed) return invalid("A message's type is none that clients have in this protocol.");
    if (query == nullptr && !has_query(payload)) return {};
    return invalid("An operation must be in a message of the type subscribe or start.");
  }
  if (!is_object(payload)) return invalid("An operation must be the payload of its message.");
  if (!is_string(id) || id->text.empty()) {
    return invalid("The message of an operation must have an id, a string.");
  }
  OperationMessage message;
  message.kind = OperationMessage::Kind::kOperation;
  message.older = older;
  message.id = id->text;
  const std::size_t begin = payload->offset;
  message.request = text.substr(begin, end_of_object(text, begin) - begin);
  return message;
}

std::string write_errors(const OperationMessage& message, std::string_view errors) {
  if (!message.older) return write("error", message.id, errors);
  return write("error", message.id, Json::parse(errors).front().dump());
}

AnswerMessages write_answer(const OperationMessage& message, std::string_view answer) {
  return {write(message.older ? "data" : "next", message.id, answer),
          write("complete", message.id, {})};
}

}  // namespace tollgate::graphql
