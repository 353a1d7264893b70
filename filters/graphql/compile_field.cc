// What a single field costs, as far as the schema, the settings and the text say. See compiler.h.
#include <algorithm>

#include "filters/graphql/compiler.h"

namespace tollgate::graphql {
namespace {

// Where a schema has nothing to say, "edges" and "nodes" make a connection by their names alone.
const std::vector<SizedPath> kConnectionPaths = {{Name("edges")}, {Name("nodes")}};

}  // namespace

void Compiler::introspection(OpenField& open, const Group& group) {
  if (plan_->introspection == kNone) plan_->introspection = selection_of(group).position;
  open.node.extra = model_->introspection();
  // Whatever is inside: it is looked at for its depth alone.
  open.node.count = 0;
  open.node.closed = true;
  find_chains(group);
  add_alternatives_of_chains(open, group, model_->unlisted(), Listed::kNo);
}

void Compiler::field_of_schema(const Frame& frame, OpenField& open, const Group& group,
                               std::uint32_t index, const Size& size) {
  const Selection& selection = selection_of(group);
  const SchemaField& field = model_->schema()->fields()[index];
  const FieldPrice& price = model_->field(index);
  open.node.field = index;
  const Handing handing = hand_to(frame, selection.name);
  if (price.arguments_cost && !handing.part_of_multiplied) {
    weigh_arguments(open, selection, index);
  }
  const bool sizes_itself = price.sized.empty();
  const Count unsized = !price.is_list ? 1
                        : sizes_itself ? price.size
                                       : static_cast<Count>(model_->cost().list_size);
  open.node.inner = price.inner;
  if (handing.part_of_multiplied) {
    open.node.inner = 1;
  } else if (price.connection == FieldPrice::Connection::kMultiplied) {
    set_count(open.node, Size{}, size, 1);
  } else if (price.is_list) {
    set_count(open.node, handing.size, sizes_itself ? size : Size{}, unsized);
  }
  if (!sizes_itself) hand_down(price.sized, size, price.connection);
  hand_through(frame, open, selection.name);
  if (field.type == kNone) return;
  const bool selectable = model_->schema()->types()[field.type].ordinal != kNone ||
                          !model_->schema()->types()[field.type].possible.empty();
  if (!selectable && group.selected != kNone) {
    find_chains(group);
    add_alternatives_of_chains(open, group, price, price.is_list ? Listed::kYes : Listed::kNo);
  } else {
    open.below.type = field.type;
    add_alternatives_of_type(open, price, field.type, price.is_list);
  }
  if (handing.part_of_multiplied) weigh_nothing(open.node);
}

void Compiler::weigh_nothing(const Node& node) {
  for (std::uint32_t k = 0; k < node.alternatives.count; ++k) {
    Alternative& alternative = plan_->alternatives[node.alternatives.first + k];
    alternative.weight = alternative.weight_unsized = 0;
  }
}

void Compiler::add_alternatives_of_type(OpenField& open, const FieldPrice& price,
                                        std::uint32_t declared, bool in_list) {
  const auto add = [&](std::uint32_t type) {
    Alternative alternative;
    alternative.weight = price.weight ? *price.weight : model_->weight(type, declared, in_list);
    alternative.weight_unsized = alternative.weight;
    alternative.type = type;
    plan_->alternatives.push_back(alternative);
  };
  const auto& possible = model_->schema()->types()[declared].possible;
  for (const std::uint32_t type : possible) add(type);
  if (possible.empty()) add(declared);
  open.node.alternatives.count =
      static_cast<std::uint32_t>(plan_->alternatives.size()) - open.node.alternatives.first;
}

const FieldPrice& Compiler::unlisted_price(const Frame& frame, const Group& group) const {
  if (!model_->names_types()) return model_->unlisted();
  const Name field = selection_of(group).name;
  if (frame.key.type != kNone) {
    const FieldPrice* price =
        model_->unlisted(model_->schema()->types()[frame.key.type].name, field);
    return price == nullptr ? model_->unlisted() : *price;
  }
  for (std::uint32_t at = group.chain; at != 0; at = collector_.chain(at).outer) {
    const Name condition = document_->conditions[collector_.chain(at).condition];
    if (const FieldPrice* price = model_->unlisted(condition, field)) return *price;
  }
  if (at_root()) {
    static constexpr std::string_view kRoots[] = {"Query", "Mutation", "Subscription"};
    const Name root(kRoots[static_cast<std::size_t>(operation_->kind)]);
    if (const FieldPrice* price = model_->unlisted(root, field)) return *price;
  }
  return model_->unlisted();
}

void Compiler::field_unlisted(const Frame& frame, OpenField& open, const Group& group) {
  const Selection& selection = selection_of(group);
  const FieldPrice& price = unlisted_price(frame, group);
  const Handing handing = hand_to(frame, selection.name);
  // What it hands down it hands down as part of a connection, too.
  const bool hands_down = !price.sized.empty();
  Size size = size_of(selection, price, hands_down ? kNone : handing.part_if);
  if (handing.part_of_multiplied && !hands_down) size = {};
  const bool names_one = find_chains(group);
  const bool connection =
      !hands_down && size.known() && names_one && collects_connection(group.selected);
  const bool multiplied = model_->cost().connections == ConnectionsModel::kMultiplied;
  Size own;  // of the field itself
  if (hands_down) {
    hand_down(price.sized, size, FieldPrice::Connection::kNotOne);
  } else if (connection) {
    hand_down(
        kConnectionPaths, size,
        multiplied ? FieldPrice::Connection::kMultiplied : FieldPrice::Connection::kHandsDown);
    if (multiplied) own = size;
  } else {
    own = size;
  }
  hand_through(frame, open, selection.name);
  open.node.part_if = handing.part_if;
  if (!handing.part_of_multiplied) set_count(open.node, handing.size, own, 1);
  const Listed listed = handing.size.certain || own.certain   ? Listed::kYes
                        : handing.size.known() || own.known() ? Listed::kIfSized
                                                              : Listed::kNo;
  add_alternatives_of_chains(open, group, price, listed);
  if (handing.part_of_multiplied) weigh_nothing(open.node);
}

Points Compiler::weight_under(std::uint32_t chain) const {
  for (; chain != 0 && model_->names_types(); chain = collector_.chain(chain).outer) {
    const Name condition = document_->conditions[collector_.chain(chain).condition];
    if (const auto weight = model_->type_weight(condition)) return *weight;
  }
  return model_->object();
}

// A field of such a name may stand under another's response name, and is not collected then.
bool Compiler::collects_connection(std::uint32_t ranges) {
  for (const std::uint32_t chain : chains_) {
    collected_.clear();
    collector_.collect_for_chain(ranges, chain, collected_);
    for (const Group& group : collected_) {
      if (Collector::names_connection(selection_of(group).name)) return true;
    }
  }
  return false;
}

bool Compiler::find_chains(const Group& group) {
  bool connection = false;
  if (group.selected == kNone) {
    chains_.assign(1, 0);
  } else {
    collector_.find_chains(group.selected, chains_, connection);
  }
  return connection;
}

void Compiler::add_alternatives_of_chains(OpenField& open, const Group& group,
                                          const FieldPrice& price, Listed listed) {
  for (const std::uint32_t chain : chains_) {
    Alternative alternative;
    if (price.weight) {
      alternative.weight = *price.weight;
    } else {
      alternative.weight =
          group.selected == kNone ? model_->scalar(listed != Listed::kNo) : weight_under(chain);
    }
    alternative.weight_unsized = alternative.weight;
    if (listed == Listed::kIfSized && group.selected == kNone && !price.weight) {
      alternative.weight_unsized = model_->scalar(false);
    }
    alternative.chain = chain;
    plan_->alternatives.push_back(alternative);
  }
  open.node.alternatives.count =
      static_cast<std::uint32_t>(plan_->alternatives.size()) - open.node.alternatives.first;
}

// ---- weights of arguments

void Compiler::weigh_arguments(OpenField& open, const Selection& selection, std::uint32_t field) {
  const Span inputs = model_->schema()->fields()[field].arguments;
  open.node.weight_terms.first = static_cast<std::uint32_t>(plan_->weight_terms.size());
  for (std::uint32_t k = 0; k < selection.argument_count; ++k) {
    const Argument& argument = document_->arguments[selection.first_argument + k];
    const std::uint32_t input = model_->schema()->find_input(inputs, argument.name);
    if (input == kNone) continue;
    const Points points =
        weight_in_document(*model_, *document_, argument.value, input, false, this);
    open.node.arguments = add(open.node.arguments, points);
  }
  open.node.weight_terms.count =
      static_cast<std::uint32_t>(plan_->weight_terms.size()) - open.node.weight_terms.first;
}

void Compiler::variable(std::uint32_t value, std::uint32_t input, bool inside) {
  const Name name = document_->values[value].name;
  WeightTerm term;
  term.variable = plan_variable(name);
  term.input = input;
  term.inside = inside;
  const VariableDefinition* definition = collector_.definition_of(name);
  if (definition != nullptr && definition->default_value != kNone) {
    term.by_default =
        weight_in_document(*model_, *document_, definition->default_value, input, inside, nullptr);
  }
  plan_->weight_terms.push_back(term);
}

std::uint32_t Compiler::plan_variable(Name name) {
  const std::uint64_t key = keyed_hash(name.data, name.size);
  const std::uint32_t known = variables_.find(key);
  if (known != IdTable::kNotFound) return known;
  const auto index = static_cast<std::uint32_t>(plan_->variables.size());
  PlanVariable variable;
  variable.name_position = static_cast<std::uint32_t>(name.data - document_->text.data());
  variable.name_size = name.size;
  if (const VariableDefinition* definition = collector_.definition_of(name)) {
    variable.declared = true;
    variable.non_null = definition->non_null;
    variable.has_default = definition->default_value != kNone;
  }
  plan_->variables.push_back(variable);
  variables_.add(key, index);
  return index;
}

}  // namespace tollgate::graphql
