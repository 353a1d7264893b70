// See reference_estimator.h.
#include "tests/support/reference_estimator.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "tests/support/reference_rules.h"

namespace tollgate::graphql {
namespace {

using Conditions = std::vector<std::string>;
using Ranges = std::vector<Range>;

// A size on its way from a field to those below it.
struct Hand {
  Path path;
  std::optional<Wide> size;
  bool multiplied = false;  // of a connection that counts as a whole
};

// Of what a selection set is evaluated: an object type, or a chain of conditions.
struct Place {
  std::uint32_t type = kNone;
  Conditions chain;
  bool root = false;
  std::vector<Hand> hands;
};

struct CollectedField {
  std::uint32_t first = 0;
  Conditions under;
  Ranges selected;
};

struct Cost {
  Wide points = 0;
  std::uint64_t depth = 0;
};

Wide thousandths(double weight) { return static_cast<Wide>(std::llround(weight * 1000)); }

bool has(const Conditions& chain, const std::string& condition) {
  return std::find(chain.begin(), chain.end(), condition) != chain.end();
}

class Reference {
 public:
  explicit Reference(const ReferenceCall& call)
      : call_(call),
        document_(call.document),
        operation_(call.document.operations[call.operation]),
        variables_(call.document, &operation_, call.variables),
        rules_(call.schema, call.cost) {}

  ReferenceEstimate run();

 private:
  [[nodiscard]] bool stopped() const {
    return estimate_.visits > 100'000 || looks_ > call_.patience;
  }
  // Execution's own rules.
  [[nodiscard]] bool left_out(const Selection& selection);
  [[nodiscard]] std::optional<bool> condition_of(const Selection& selection,
                                                 std::string_view directive);
  [[nodiscard]] bool enters(const std::string& condition, const Place& place) const;
  void collect(Range range, const Place& place, const Conditions& under,
               std::set<std::uint32_t>& entered, std::vector<CollectedField>& fields);
  [[nodiscard]] std::vector<CollectedField> collected(const Ranges& ranges, const Place& place);
  void find_chains(Range range, const Conditions& chain, std::vector<Conditions>& chains);
  [[nodiscard]] std::string name_of_condition(const Selection& selection) const;

  // Costs.
  Cost evaluate(const Ranges& ranges, const Place& place);
  Cost field(const CollectedField& field, const Place& place);
  Cost introspection(const CollectedField& field);
  Cost of_schema(const CollectedField& field, const SchemaField& definition, const Place& place);
  Cost unlisted(const CollectedField& field, const Place& place);
  // What a number of items cost where each weighs `weight` and `below` is selected of it.
  Cost items(Wide arguments, Wide count, Wide weight, const CollectedField& field,
             const Place& below);
  [[nodiscard]] std::vector<Conditions> alternatives(const CollectedField& field, bool& edges);
  [[nodiscard]] Data arguments_of(const Selection& selection) const;
  std::optional<Wide> size_of(const FieldRule& rule, const Selection& selection,
                              const SchemaField* field);
  [[nodiscard]] Wide argument_weights(const Selection& selection, const SchemaField& field) const;
  [[nodiscard]] Wide weight_under(const Conditions& chain) const;

  const ReferenceCall& call_;
  const Document& document_;
  const Operation& operation_;
  GivenVariables variables_;
  ReferenceRules rules_;
  ReferenceEstimate estimate_;
  bool invalid_ = false;
  std::uint64_t looks_ = 0;
};

std::optional<bool> Reference::condition_of(const Selection& selection,
                                            std::string_view directive) {
  for (std::uint32_t k = 0; k < selection.directive_count; ++k) {
    const Directive& found = document_.directives[selection.first_directive + k];
    if (found.name.text() != directive) continue;
    for (std::uint32_t a = 0; a < found.argument_count; ++a) {
      const Argument& argument = document_.arguments[found.first_argument + a];
      if (argument.name.text() != "if") continue;
      const Value* value = &document_.values[argument.value];
      if (value->kind == Value::Kind::kVariable) {
        const std::string_view name = value->name.text();
        const VariableDefinition* definition = variables_.definition_of(name);
        if (definition == nullptr) return std::nullopt;
        if (const JsonValue* sent = variables_.sent(name)) {
          if (sent->kind == JsonValue::Kind::kTrue) return true;
          if (sent->kind == JsonValue::Kind::kFalse) return false;
          return std::nullopt;
        }
        if (definition->default_value == kNone) return std::nullopt;
        value = &document_.values[definition->default_value];
      }
      if (value->kind == Value::Kind::kTrue) return true;
      if (value->kind == Value::Kind::kFalse) return false;
      return std::nullopt;
    }
    return std::nullopt;
  }
  return std::nullopt;
}

bool Reference::left_out(const Selection& selection) {
  return condition_of(selection, "skip") == true || condition_of(selection, "include") == false;
}

bool Reference::enters(const std::string& condition, const Place& place) const {
  if (place.type == kNone) return place.root || has(place.chain, condition);
  const std::uint32_t wanted = call_.schema->find_type(Name(condition));
  return wanted == kNone || rules_.is_of(place.type, wanted);
}

// Empty: there is none.
std::string Reference::name_of_condition(const Selection& selection) const {
  std::uint32_t condition = selection.target;
  if (selection.kind == Selection::Kind::kSpread) {
    condition = document_.fragments[selection.target].condition;
  }
  return condition == kNone ? "" : std::string(document_.conditions[condition].text());
}

void Reference::collect(Range range, const Place& place, const Conditions& under,
                        std::set<std::uint32_t>& entered, std::vector<CollectedField>& fields) {
  for (std::uint32_t at = range.begin; at < range.end; at = document_.selections[at].end) {
    const Selection& selection = document_.selections[at];
    if (++looks_ > call_.patience) return;
    if (left_out(selection)) continue;
    const Range inside{at + 1, selection.end};
    if (selection.kind == Selection::Kind::kField) {
      auto same = std::find_if(fields.begin(), fields.end(), [&](const CollectedField& field) {
        return document_.selections[field.first].response.text() == selection.response.text();
      });
      if (same == fields.end()) same = fields.insert(same, CollectedField{at, under, {}});
      if (inside.begin != inside.end) same->selected.push_back(inside);
      continue;
    }
    const bool spread = selection.kind == Selection::Kind::kSpread;
    if (spread && selection.target == kNone) continue;
    if (spread && !entered.insert(selection.target).second) continue;
    const std::string condition = name_of_condition(selection);
    if (!condition.empty() && !enters(condition, place)) continue;
    Conditions further = under;
    if (!condition.empty() && !has(under, condition)) further.push_back(condition);
    collect(spread ? document_.fragments[selection.target].selections : inside, place, further,
            entered, fields);
  }
}

void Reference::find_chains(Range range, const Conditions& chain, std::vector<Conditions>& chains) {
  if (std::find(chains.begin(), chains.end(), chain) == chains.end()) chains.push_back(chain);
  for (std::uint32_t at = range.begin; at < range.end; at = document_.selections[at].end) {
    const Selection& selection = document_.selections[at];
    if (++looks_ > call_.patience) return;
    if (selection.kind == Selection::Kind::kField || left_out(selection)) continue;
    const bool spread = selection.kind == Selection::Kind::kSpread;
    if (spread && selection.target == kNone) continue;
    Conditions further = chain;
    const std::string condition = name_of_condition(selection);
    if (!condition.empty() && !has(chain, condition)) further.push_back(condition);
    find_chains(
        spread ? document_.fragments[selection.target].selections : Range{at + 1, selection.end},
        further, chains);
  }
}

std::vector<CollectedField> Reference::collected(const Ranges& ranges, const Place& place) {
  std::vector<CollectedField> fields;
  std::set<std::uint32_t> entered;
  for (const Range range : ranges) collect(range, place, {}, entered, fields);
  return fields;
}

std::vector<Conditions> Reference::alternatives(const CollectedField& field, bool& edges) {
  std::vector<Conditions> chains = {{}};
  for (const Range range : field.selected) find_chains(range, {}, chains);
  edges = false;
  for (const Conditions& chain : chains) {
    Place below;
    below.chain = chain;
    for (const CollectedField& each : collected(field.selected, below)) {
      const std::string_view name = document_.selections[each.first].name.text();
      edges = edges || name == "edges" || name == "nodes";
    }
  }
  return chains;
}

Data Reference::arguments_of(const Selection& selection) const {
  Data all;
  all.kind = Data::Kind::kObject;
  for (std::uint32_t k = 0; k < selection.argument_count; ++k) {
    const Argument& argument = document_.arguments[selection.first_argument + k];
    all.members[std::string(argument.name.text())] = data_of(document_, argument.value, variables_);
  }
  return all;
}

// The slicing arguments' greatest, else what is assumed.
std::optional<Wide> Reference::size_of(const FieldRule& rule, const Selection& selection,
                                       const SchemaField* field) {
  const Data arguments = arguments_of(selection);
  std::optional<Wide> greatest;
  int given = 0;
  for (const Path& path : rule.slicing) {
    const Sliced sliced = rules_.sliced(arguments, path, field);
    if (sliced.kind == Sliced::Kind::kInvalid) invalid_ = true;
    if (sliced.kind == Sliced::Kind::kGiven) ++given;
    const bool size = sliced.kind == Sliced::Kind::kGiven || sliced.kind == Sliced::Kind::kDefault;
    if (size && (!greatest || sliced.size > *greatest)) greatest = sliced.size;
  }
  if (rule.require_one && (given > 1 || (given == 0 && !greatest))) invalid_ = true;
  return greatest ? greatest : rule.assumed;
}

Wide Reference::argument_weights(const Selection& selection, const SchemaField& field) const {
  Wide sum = 0;
  for (const auto& [name, value] : arguments_of(selection).members) {
    const std::uint32_t input = call_.schema->find_input(field.arguments, Name(name));
    if (input == kNone) continue;
    sum = held_points(sum + rules_.argument_weight(call_.schema->inputs()[input], value));
  }
  return sum;
}

Wide Reference::weight_under(const Conditions& chain) const {
  for (auto condition = chain.rbegin(); condition != chain.rend(); ++condition) {
    if (const auto weight = rules_.configured_type(*condition)) return *weight;
  }
  return thousandths(call_.cost.object);
}

Cost Reference::items(Wide arguments, Wide count, Wide weight, const CollectedField& field,
                      const Place& below) {
  const Wide own = held_points(arguments + held_points(count * weight));
  const Cost selected = evaluate(field.selected, below);
  return {held_points(std::max<Wide>(own, 0) + held_points(count * selected.points)),
          1 + selected.depth};
}

// What is handed to the fields below: by the field itself first, and through it.
std::vector<Hand> hands_below(const std::vector<Path>& sized, std::optional<Wide> size,
                              bool multiplied, std::string_view name,
                              const std::vector<Hand>& above) {
  std::vector<Hand> hands;
  for (const Path& path : sized) hands.push_back({path, size, multiplied});
  for (const Hand& hand : above) {
    if (hand.path.size() < 2 || hand.path[0] != name) continue;
    hands.push_back({Path(hand.path.begin() + 1, hand.path.end()), hand.size, hand.multiplied});
  }
  return hands;
}

// What comes to a field of this name from above.
struct Handed {
  std::optional<Wide> size;
  bool in_multiplied = false;
};
Handed handed_to(std::string_view name, const std::vector<Hand>& hands) {
  Handed handed;
  for (const Hand& hand : hands) {
    if (hand.path.size() != 1 || hand.path[0] != name) continue;
    if (hand.multiplied) {
      handed.in_multiplied = true;
    } else if (!handed.size) {
      handed.size = hand.size;
    }
  }
  return handed;
}

const std::vector<Path> kConnection = {{"edges"}, {"nodes"}};

Cost Reference::of_schema(const CollectedField& field, const SchemaField& definition,
                          const Place& place) {
  const Selection& selection = document_.selections[field.first];
  const std::string_view name = selection.name.text();
  FieldRule rule = rules_.of_schema(definition);
  const Handed handed = handed_to(name, place.hands);
  const bool multiplies = call_.cost.connections == ConnectionsModel::kMultiplied;
  std::optional<Wide> size = size_of(rule, selection, &definition);
  const Wide arguments = handed.in_multiplied ? 0 : argument_weights(selection, definition);
  if (rule.connection && !size) size = call_.cost.list_size;
  if (rule.connection) rule.sized = kConnection;
  Wide count = 1;
  if (rule.connection && multiplies && !handed.in_multiplied) count = *size;
  if (definition.lists > 0 && !handed.in_multiplied) {
    const auto own = rule.sized.empty() ? size : std::nullopt;
    count = handed.size ? *handed.size : own.value_or(call_.cost.list_size);
    for (int level = 1; level < definition.lists; ++level) {
      count = held_count(count * held_count(call_.cost.list_size));
    }
  }
  count = held_count(count);
  Place below;
  below.hands = hands_below(rule.sized, size, rule.connection && multiplies, name, place.hands);
  const auto weight_of = [&](Wide otherwise) {
    return handed.in_multiplied ? 0 : rule.weight.value_or(otherwise);
  };
  const std::vector<std::uint32_t> possible = rules_.possible(definition.type);
  Cost most{-1, 0};
  const auto consider = [&](const Cost& cost) {
    most = {std::max(most.points, cost.points), std::max(most.depth, cost.depth)};
  };
  if (possible.empty() && !field.selected.empty()) {
    bool edges = false;
    for (const Conditions& chain : alternatives(field, edges)) {
      below.chain = chain;
      consider(items(arguments, count, weight_of(weight_under(chain)), field, below));
    }
    return most;
  }
  const bool in_list = definition.lists > 0;
  for (const std::uint32_t type : possible) {
    below.type = type;
    const Wide weight = weight_of(rules_.type_weight(type, definition.type, in_list));
    consider(items(arguments, count, weight, field, below));
  }
  if (possible.empty()) {
    const Wide weight = weight_of(rules_.type_weight(definition.type, definition.type, in_list));
    consider(items(arguments, count, weight, field, below));
  }
  return most;
}

Cost Reference::unlisted(const CollectedField& field, const Place& place) {
  const Selection& selection = document_.selections[field.first];
  const std::string_view name = selection.name.text();
  Conditions types;
  if (place.type != kNone) {
    types = {std::string(call_.schema->types()[place.type].name.text())};
  } else {
    types = place.root ? field.under : place.chain;
    std::reverse(types.begin(), types.end());
    static const Conditions kRoots = {"Query", "Mutation", "Subscription"};
    if (place.root) types.push_back(kRoots[static_cast<std::size_t>(operation_.kind)]);
  }
  const FieldRule rule = rules_.unlisted(types, name);
  const Handed handed = handed_to(name, place.hands);
  std::optional<Wide> size = size_of(rule, selection, nullptr);
  if (handed.in_multiplied && rule.sized.empty()) size.reset();
  bool edges = false;
  const std::vector<Conditions> chains = alternatives(field, edges);
  const bool multiplies = call_.cost.connections == ConnectionsModel::kMultiplied;
  const bool connection = rule.sized.empty() && edges && size;
  std::optional<Wide> count = handed.size;
  if (rule.sized.empty() && !count && (!connection || multiplies)) count = size;
  const Wide scalar = thousandths(count ? call_.cost.scalar_in_list : call_.cost.scalar);
  Place below;
  below.hands = hands_below(connection ? kConnection : rule.sized, size, connection && multiplies,
                            name, place.hands);
  Cost most{-1, 0};
  for (const Conditions& chain : chains) {
    below.chain = chain;
    Wide weight = field.selected.empty() ? scalar : weight_under(chain);
    if (rule.weight) weight = *rule.weight;
    if (handed.in_multiplied) weight = 0;
    const Wide number = handed.in_multiplied ? 1 : held_count(count.value_or(1));
    const Cost cost = items(0, number, weight, field, below);
    most = {std::max(most.points, cost.points), std::max(most.depth, cost.depth)};
  }
  return most;
}

Cost Reference::introspection(const CollectedField& field) {
  Cost cost{thousandths(call_.introspection), 1};
  bool edges = false;
  for (const Conditions& chain : alternatives(field, edges)) {
    Place below;
    below.chain = chain;
    cost.depth = std::max(cost.depth, 1 + evaluate(field.selected, below).depth);
  }
  return cost;
}

Cost Reference::field(const CollectedField& field, const Place& place) {
  ++estimate_.visits;
  looks_ += 20;
  const Selection& selection = document_.selections[field.first];
  const std::string_view name = selection.name.text();
  if (name == "__typename") return {0, 1};
  if (place.root && (name == "__schema" || name == "__type")) return introspection(field);
  Wide extra = 0;
  if (place.root && operation_.kind == OperationKind::kMutation && !name.starts_with("__")) {
    ++estimate_.mutations;
    extra = thousandths(call_.cost.mutation_field);
  }
  const std::uint32_t index =
      place.type == kNone ? kNone : call_.schema->find_field(place.type, Name(name));
  Cost cost = index == kNone ? unlisted(field, place)
                             : of_schema(field, call_.schema->fields()[index], place);
  cost.points = held_points(cost.points + extra);
  return cost;
}

Cost Reference::evaluate(const Ranges& ranges, const Place& place) {
  Cost sum;
  for (const CollectedField& each : collected(ranges, place)) {
    if (stopped()) break;
    const Cost cost = field(each, place);
    sum = {held_points(sum.points + cost.points), std::max(sum.depth, cost.depth)};
  }
  return sum;
}

ReferenceEstimate Reference::run() {
  Place root;
  root.root = true;
  if (call_.schema != nullptr) root.type = call_.schema->root(operation_.kind);
  const Cost cost = evaluate({operation_.selections}, root);
  const double weights[] = {call_.cost.query_weight, call_.cost.mutation_weight,
                            call_.cost.subscription_weight};
  const Wide total =
      held_points(cost.points + thousandths(weights[static_cast<std::size_t>(operation_.kind)]));
  if (total > 0) estimate_.complexity = static_cast<std::uint64_t>((total + 999) / 1000);
  estimate_.depth = cost.depth;
  using Outcome = ReferenceEstimate::Outcome;
  if (invalid_) estimate_.outcome = Outcome::kInvalid;
  if (estimate_.visits > 100'000) estimate_.outcome = Outcome::kTooMany;
  if (looks_ > call_.patience) estimate_.outcome = Outcome::kGaveUp;
  return estimate_;
}

}  // namespace

ReferenceEstimate reference_estimate(const ReferenceCall& call) { return Reference(call).run(); }

}  // namespace tollgate::graphql
