// An explanation as a tree for people, the dearest branch marked, and what would make it cheaper.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "filters/graphql/explain.h"

namespace tollgate::graphql {
namespace {

// Deeper than anybody reads.
constexpr std::uint32_t kMostLevels = 40;
constexpr std::size_t kMostRemarks = 10;

// The fields on the way to where most of the points come from, from the root on.
std::vector<std::uint32_t> dearest_branch(const std::vector<ExplainedField>& fields) {
  std::vector<std::uint32_t> branch;
  std::uint32_t at = 0;
  auto end = static_cast<std::uint32_t>(fields.size());
  while (at < end) {
    std::uint32_t dearest = kNone;
    for (; at < end; at = fields[at].end) {
      if (dearest == kNone || fields[at].cost > fields[dearest].cost) dearest = at;
    }
    if (fields[dearest].cost == 0) break;
    branch.push_back(dearest);
    at = dearest + 1;
    end = fields[dearest].end;
  }
  return branch;
}

std::string title(const ExplainedField& field) {
  std::string text(field.response);
  if (field.response != field.field) text += fmt::format(": {}", field.field);
  if (!field.type.empty()) text += fmt::format(" {}", field.type);
  if (!field.dearest.empty()) text += fmt::format(" as {}", field.dearest);
  return text;
}

// "20 × (1 + 3234)", where it says more than the cost alone.
std::string arithmetic(const ExplainedField& field, Points below) {
  std::string text;
  if (field.extra != 0) text += text_of(field.extra) + " once, ";
  if (field.arguments != 0) text += text_of(field.arguments) + " for arguments, ";
  if (field.count == 1 && below == 0) return text.empty() ? text : text + text_of(field.weight);
  const std::string each = fmt::format("{} + {}", text_of(field.weight), text_of(below));
  return text + (field.count == 1 ? each : fmt::format("{} × ({})", field.count, each));
}

Points below(const std::vector<ExplainedField>& fields, std::uint32_t index) {
  Points sum = 0;
  for (std::uint32_t at = index + 1; at < fields[index].end; at = fields[at].end) {
    sum = add(sum, fields[at].cost);
  }
  return sum;
}

void append_lines(std::string& out, const Explanation& explanation,
                  const std::vector<std::uint32_t>& branch) {
  const auto& fields = explanation.fields;
  std::size_t width = 0;
  for (const ExplainedField& field : fields) {
    width = std::max(width, text_of(field.cost).size());
  }
  for (std::uint32_t i = 0; i < fields.size(); ++i) {
    const ExplainedField& field = fields[i];
    if (field.level >= kMostLevels) continue;
    const bool marked = std::binary_search(branch.begin(), branch.end(), i);
    std::string line = fmt::format("{} {:>{}}  {:{}}{}", marked ? '>' : ' ', text_of(field.cost),
                                   width, "", 2 * field.level, title(field));
    const Points selected = below(fields, i);
    const std::string sum = field.cost == 0 && selected == 0 ? "" : arithmetic(field, selected);
    if (!sum.empty()) line += fmt::format("  = {}", sum);
    out += line + "\n";
  }
}

// What the schema has not costs something here, and nothing where it is refused.
std::string remarks(const std::vector<ExplainedField>& fields) {
  std::vector<std::string_view> path;
  std::string lines;
  std::size_t found = 0;
  for (const ExplainedField& field : fields) {
    path.resize(field.level);
    path.push_back(field.response);
    if (field.lacking.empty() || ++found > kMostRemarks) continue;
    lines += fmt::format("{}: the schema's {} has no field {}; the service will refuse it\n",
                         fmt::join(path, "."), field.lacking, field.field);
  }
  if (found > kMostRemarks) {
    lines += fmt::format("and {} more that the schema has not\n", found - kMostRemarks);
  }
  return lines;
}

std::string why_so_many(const Explanation& explanation, std::uint32_t index) {
  const Slicing& slicing = explanation.fields[index].slicing;
  if (slicing.kind == Slicing::Kind::kUnknown) return "";
  if (slicing.kind == Slicing::Kind::kNoArgument) return ", which no argument changes";
  const std::string argument = slicing.field == index
                                   ? fmt::format("\"{}\"", slicing.argument)
                                   : fmt::format("\"{}\" of {}", slicing.argument,
                                                 explanation.fields[slicing.field].response);
  return slicing.kind == Slicing::Kind::kGiven ? fmt::format(", as {} says", argument)
                                               : fmt::format(", as {} is not given", argument);
}

// What on the dearest branch multiplies, and how to have less of it.
std::string advice(const Explanation& explanation, const std::vector<std::uint32_t>& branch) {
  const auto& fields = explanation.fields;
  std::string path;
  std::string lines;
  for (const std::uint32_t index : branch) {
    const ExplainedField& field = fields[index];
    if (field.level >= kMostLevels) break;
    path += (path.empty() ? "" : ".") + std::string(field.response);
    if (field.count < 2) continue;
    lines += fmt::format("  {}: {}{}; each costs {}\n", path, field.count,
                         why_so_many(explanation, index),
                         text_of(add(field.weight, below(fields, index))));
  }
  if (lines.empty()) return "";
  return "Cheaper: ask for fewer of these, or select less of each:\n" + lines;
}

}  // namespace

std::string explain_as_text(const Explanation& explanation) {
  const std::vector<std::uint32_t> branch = dearest_branch(explanation.fields);
  const std::string name = explanation.name.empty() ? "" : " " + std::string(explanation.name);
  std::string out =
      fmt::format("{}{}: complexity {}, mutations {}, depth {}, aliases {}, tokens {}\n",
                  word_of(explanation.kind), name, explanation.estimate.complexity,
                  explanation.estimate.mutations, explanation.estimate.depth, explanation.aliases,
                  explanation.tokens);
  if (explanation.operation_weight != 0) {
    out += fmt::format("  of which the {} itself: {}\n", word_of(explanation.kind),
                       text_of(explanation.operation_weight));
  }
  append_lines(out, explanation, branch);
  out += remarks(explanation.fields);
  out += advice(explanation, branch);
  return out;
}

}  // namespace tollgate::graphql
