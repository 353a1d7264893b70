// An explanation as JSON, written as it goes: fields nest as deep as the client likes.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "filters/graphql/explain.h"

namespace tollgate::graphql {
namespace {

std::string json_text(std::string_view text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

void append_field(std::string& out, const ExplainedField& field) {
  out +=
      fmt::format(R"({{"field":{},"response":{},"type":{})", json_text(field.field),
                  json_text(field.response), field.type.empty() ? "null" : json_text(field.type));
  if (!field.dearest.empty()) out += fmt::format(R"(,"dearest":{})", json_text(field.dearest));
  out += fmt::format(R"(,"count":{},"weight":{},"arguments":{})", field.count,
                     text_of(field.weight), text_of(field.arguments));
  if (field.extra != 0) out += fmt::format(R"(,"once":{})", text_of(field.extra));
  out += fmt::format(R"(,"cost":{},"fields":[)", text_of(field.cost));
}

}  // namespace

std::string explain_as_json(const Explanation& explanation) {
  std::string out = fmt::format(
      R"({{"operation":"{}","operation_name":{},"complexity":{},"mutations":{},"depth":{},)"
      R"("aliases":{},"tokens":{},"operation_weight":{},"tree":[)",
      word_of(explanation.kind), explanation.name.empty() ? "null" : json_text(explanation.name),
      explanation.estimate.complexity, explanation.estimate.mutations, explanation.estimate.depth,
      explanation.aliases, explanation.tokens, text_of(explanation.operation_weight));
  const auto& fields = explanation.fields;
  std::uint32_t level = 0;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    for (; level > fields[i].level; --level) out += "]}";
    if (out.back() != '[') out += ',';
    append_field(out, fields[i]);
    level = fields[i].level + 1;
  }
  for (; level > 0; --level) out += "]}";
  return out + "]}";
}

std::string problem_as_json(const Problem& problem) {
  std::string_view reason = "graphql_invalid";
  if (problem.kind == Problem::Kind::kTooComplex) reason = "too_complex";
  if (problem.kind == Problem::Kind::kIntrospection) reason = "introspection_disabled";
  return error_as_json(reason, problem.message, problem.place);
}

std::string error_as_json(std::string_view reason, std::string_view message,
                          std::optional<Place> place) {
  return fmt::format(
      R"({{"error":{{"reason":"{}","message":{}{}}}}})", reason, json_text(message),
      place ? fmt::format(R"(,"line":{},"column":{})", place->line, place->column) : "");
}

}  // namespace tollgate::graphql
