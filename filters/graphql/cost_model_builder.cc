// See cost_model_builder.h. Any thread.
#include "filters/graphql/cost_model_builder.h"

#include <algorithm>

#include "conf/suggestion.h"
#include "filters/graphql/sizes.h"

namespace tollgate::graphql {
namespace {

constexpr std::string_view kConnectionLists[] = {"edges", "nodes"};

// The parts of "input.first".
std::vector<std::string_view> split(std::string_view path) {
  std::vector<std::string_view> parts;
  for (;;) {
    const std::size_t dot = path.find('.');
    parts.push_back(path.substr(0, dot));
    if (dot == std::string_view::npos) return parts;
    path.remove_prefix(dot + 1);
  }
}

SlicingArgument unlisted_slicing(std::string_view path) {
  SlicingArgument argument;
  for (const std::string_view part : split(path)) argument.steps.push_back({Name(part), kNoSize});
  return argument;
}

std::vector<SizedPath> sized_paths(const std::vector<std::string>& texts) {
  std::vector<SizedPath> all;
  for (const std::string& text : texts) {
    for (SizedPath& path : graphql::sized_paths(text)) all.push_back(std::move(path));
  }
  return all;
}

// "cost.fields.Query.orders.slicing_arguments[0]"
std::string item_of(const std::string& field, std::string_view list, std::size_t index) {
  return "cost.fields." + field + "." + std::string(list) + "[" + std::to_string(index) + "]";
}

std::vector<std::string> input_names(const Schema& schema, Span inputs) {
  std::vector<std::string> names;
  for (std::uint32_t i = inputs.first; i < inputs.first + inputs.count; ++i) {
    names.emplace_back(schema.inputs()[i].name.text());
  }
  return names;
}

std::vector<SizedPath> connection_paths() {
  std::vector<SizedPath> paths;
  for (const std::string_view list : kConnectionLists) paths.push_back({Name(list)});
  return paths;
}

}  // namespace

std::vector<SizedPath> sized_paths(std::string_view text) {
  std::vector<SizedPath> paths;
  std::vector<std::size_t> open;  // lengths of `path` at each "{"
  SizedPath path;
  bool leaf = false;  // the last name of `path` has nothing below it so far
  const auto end_leaf = [&] {
    if (leaf) paths.push_back(path);
    leaf = false;
  };
  for (std::size_t at = 0; at < text.size();) {
    const char c = text[at];
    const auto is_name = [](char d) {
      return (d >= 'a' && d <= 'z') || (d >= 'A' && d <= 'Z') || (d >= '0' && d <= '9') || d == '_';
    };
    if (is_name(c)) {
      const bool below = at > 0 && text[at - 1] == '.';
      if (!below) {
        end_leaf();
        path.resize(open.empty() ? 0 : open.back());
      }
      std::size_t end = at;
      while (end < text.size() && is_name(text[end])) ++end;
      path.emplace_back(text.substr(at, end - at));
      leaf = true;
      at = end;
      continue;
    }
    if (c == '{') {
      leaf = false;
      open.push_back(path.size());
    } else if (c == '}') {
      end_leaf();
      if (!open.empty()) open.pop_back();
    }
    ++at;
  }
  end_leaf();
  return paths;
}

std::vector<ModelProblem> CostModelBuilder::build() {
  const CostConfig& cost = model_.cost_;
  model_.operation_weights_[0] = points_of(cost.query_weight);
  model_.operation_weights_[1] = points_of(cost.mutation_weight);
  model_.operation_weights_[2] = points_of(cost.subscription_weight);
  model_.mutation_field_ = points_of(cost.mutation_field);
  model_.object_ = points_of(cost.object);
  model_.scalar_ = points_of(cost.scalar);
  model_.scalar_in_list_ = points_of(cost.scalar_in_list);
  price_unlisted();
  if (model_.schema_ != nullptr) {
    check_settings();
    weigh_types();
    find_costly_inputs();
    price_fields();
  }
  return std::move(problems_);
}

// Fields that no schema knows are lists only if they are sliced, or if the settings say a size.
void CostModelBuilder::price_unlisted() {
  const CostConfig& cost = model_.cost_;
  for (const auto& [type, weight] : cost.types) model_.unlisted_types_[type] = points_of(weight);
  for (const std::string& name : cost.slicing_arguments) {
    model_.unlisted_.slicing.push_back(unlisted_slicing(name));
  }
  for (const auto& [name, settings] : cost.fields) {
    const std::string_view whole = name;
    const std::size_t dot = whole.find('.');
    FieldPrice price = model_.unlisted_;
    if (settings.weight) price.weight = points_of(*settings.weight);
    if (settings.assumed_size) {
      price.size = held_to(static_cast<Count>(*settings.assumed_size), kMostCount);
    }
    if (settings.slicing_arguments) {
      price.slicing.clear();
      for (const std::string& path : *settings.slicing_arguments) {
        price.slicing.push_back(unlisted_slicing(path));
      }
    }
    if (settings.sized_fields) price.sized = sized_paths(*settings.sized_fields);
    model_.unlisted_fields_[whole.substr(0, dot)][whole.substr(dot + 1)] = std::move(price);
  }
}

void CostModelBuilder::check_settings() {
  check_types();
  check_fields();
}

void CostModelBuilder::check_types() {
  for (const auto& [type, weight] : model_.cost_.types) {
    if (model_.schema_->find_type(Name(type)) != kNone) continue;
    problems_.push_back(
        {"the schema has no type " + type + hint(type, type_names()), {}, "cost.types." + type});
  }
}

void CostModelBuilder::check_fields() {
  const Schema& schema = *model_.schema_;
  for (const auto& [name, settings] : model_.cost_.fields) {
    const std::size_t dot = name.find('.');
    const std::string owner = name.substr(0, dot);
    const std::string field = name.substr(dot + 1);
    const std::uint32_t type = schema.find_type(Name(owner));
    std::string message;
    if (type == kNone) {
      message = "the schema has no type " + owner + hint(owner, type_names());
    } else if (!field.starts_with('_') && schema.find_field(type, Name(field)) == kNone) {
      // A subgraph has fields beside its schema's: _entities and _service.
      message =
          "the schema's type " + owner + " has no field " + field + hint(field, field_names(type));
    }
    if (!message.empty()) problems_.push_back({std::move(message), {}, "cost.fields." + name});
  }
}

std::vector<std::string> CostModelBuilder::type_names() const {
  std::vector<std::string> names;
  if (!gives_hints()) return names;
  for (const SchemaType& type : model_.schema_->types()) names.emplace_back(type.name.text());
  return names;
}

std::vector<std::string> CostModelBuilder::field_names(std::uint32_t type) const {
  std::vector<std::string> names;
  if (!gives_hints()) return names;
  const Span fields = model_.schema_->types()[type].fields;
  for (std::uint32_t i = fields.first; i < fields.first + fields.count; ++i) {
    names.emplace_back(model_.schema_->fields()[i].name.text());
  }
  return names;
}

std::string CostModelBuilder::hint(std::string_view wrong,
                                   const std::vector<std::string>& names) const {
  return gives_hints() ? suggestion_or_names(wrong, names) : std::string();
}

void CostModelBuilder::weigh_types() {
  for (const SchemaType& type : model_.schema_->types()) {
    std::optional<Points> weight = model_.type_weight(type.name);
    model_.type_weights_.push_back(weight ? weight : type.weight);
  }
}

// An input object costs if one of its fields has a weight, or is of a type that costs.
void CostModelBuilder::find_costly_inputs() {
  const Schema& schema = *model_.schema_;
  model_.input_costs_.assign(schema.types().size(), false);
  std::vector<std::vector<std::uint32_t>> holders(schema.types().size());
  std::vector<std::uint32_t> open;
  for (std::uint32_t i = 0; i < schema.types().size(); ++i) {
    const Span inputs = schema.types()[i].inputs;
    bool costs = false;
    for (std::uint32_t k = inputs.first; k < inputs.first + inputs.count; ++k) {
      costs = costs || schema.inputs()[k].weight != 0;
      if (schema.inputs()[k].type != kNone) holders[schema.inputs()[k].type].push_back(i);
    }
    if (costs) open.push_back(i);
  }
  while (!open.empty()) {
    const std::uint32_t type = open.back();
    open.pop_back();
    if (model_.input_costs_[type]) continue;
    model_.input_costs_[type] = true;
    open.insert(open.end(), holders[type].begin(), holders[type].end());
  }
}

void CostModelBuilder::price_fields() {
  model_.fields_.reserve(model_.schema_->fields().size());
  for (std::uint32_t i = 0; i < model_.schema_->fields().size(); ++i) {
    model_.fields_.push_back(price(i));
    const FieldPrice& made = model_.fields_.back();
    const bool plain =
        made.simple && made.only_type == kNone && !made.is_list && made.slicing.empty();
    model_.plain_points_.push_back(plain ? std::max<Points>(0, made.only_weight)
                                         : CostModel::kNotPlain);
  }
}

template <class Wanted>
const SchemaField* CostModelBuilder::own_or_inherited(const SchemaField& field,
                                                      const Wanted& wanted) const {
  if (wanted(field)) return &field;
  const Schema& schema = *model_.schema_;
  for (const std::uint32_t interface : schema.types()[field.owner].interfaces) {
    const std::uint32_t same = schema.find_field(interface, field.name);
    if (same != kNone && wanted(schema.fields()[same])) return &schema.fields()[same];
  }
  return nullptr;
}

CostModelBuilder::FieldSettings CostModelBuilder::settings_of(const SchemaField& field) const {
  const auto& all = model_.cost_.fields;
  if (all.empty()) return {};
  const SchemaField* from =
      own_or_inherited(field, [&](const SchemaField& f) { return all.contains(name_of(f)); });
  if (from == nullptr) return {};
  const auto found = all.find(name_of(*from));
  return {&found->second, found->first};
}

std::optional<Points> CostModelBuilder::cost_of(const SchemaField& field) const {
  const SchemaField* from =
      own_or_inherited(field, [](const SchemaField& f) { return f.weight.has_value(); });
  return from == nullptr ? std::nullopt : from->weight;
}

const ListSize* CostModelBuilder::list_size_of(const SchemaField& field) const {
  const SchemaField* from =
      own_or_inherited(field, [](const SchemaField& f) { return f.list_size.has_value(); });
  return from == nullptr ? nullptr : &*from->list_size;
}

FieldPrice CostModelBuilder::price(std::uint32_t index) {
  const Schema& schema = *model_.schema_;
  const SchemaField& field = schema.fields()[index];
  const FieldSettings found = settings_of(field);
  const FieldCostConfig* settings = found.config;
  const ListSize* list_size = list_size_of(field);
  const auto default_size = static_cast<Count>(model_.cost_.list_size);
  FieldPrice price;
  price.weight = settings != nullptr && settings->weight
                     ? std::optional(points_of(*settings->weight))
                     : cost_of(field);
  price.is_list = field.lists > 0;
  for (int level = 1; level < field.lists; ++level) {
    price.inner = times_count(price.inner, default_size);
  }
  slice(field, found, list_size, price);
  if (settings != nullptr && settings->assumed_size) {
    price.size = held_to(static_cast<Count>(*settings->assumed_size), kMostCount);
  } else if (list_size != nullptr && list_size->assumed_size) {
    price.size = *list_size->assumed_size;
  }
  if (settings != nullptr && settings->sized_fields) {
    for (std::size_t i = 0; i < settings->sized_fields->size(); ++i) {
      hand_down(field, (*settings->sized_fields)[i], item_of(found.name, "sized_fields", i), price);
    }
  } else if (list_size != nullptr) {
    for (const std::string_view path : list_size->sized_fields) hand_down(field, path, "", price);
  } else if (is_connection(field) && (!price.slicing.empty() || price.size != kNoSize)) {
    price.connection = model_.cost_.connections == ConnectionsModel::kMultiplied
                           ? FieldPrice::Connection::kMultiplied
                           : FieldPrice::Connection::kHandsDown;
    price.sized = connection_paths();
    if (price.size == kNoSize) price.size = default_size;
  }
  if (price.sized.empty() && price.size == kNoSize) price.size = default_size;
  for (std::uint32_t k = 0; k < field.arguments.count; ++k) {
    const SchemaInput& input = schema.inputs()[field.arguments.first + k];
    if (input.weight != 0 || model_.input_costs(input.type)) price.arguments_cost = true;
  }
  find_only_type(field, price);
  return price;
}

void CostModelBuilder::find_only_type(const SchemaField& field, FieldPrice& price) const {
  const auto& possible = model_.schema_->types()[field.type].possible;
  price.simple = possible.size() <= 1 && price.sized.empty() && !price.arguments_cost;
  if (possible.size() > 1) return;
  if (!possible.empty()) price.only_type = possible.front();
  const std::uint32_t type = possible.empty() ? field.type : price.only_type;
  price.only_weight = price.weight ? *price.weight : model_.weight(type, field.type, price.is_list);
}

void CostModelBuilder::slice(const SchemaField& field, const FieldSettings& settings,
                             const ListSize* list_size, FieldPrice& price) {
  const Schema& schema = *model_.schema_;
  if (settings.config != nullptr && settings.config->slicing_arguments) {
    const std::vector<std::string>& paths = *settings.config->slicing_arguments;
    for (std::size_t i = 0; i < paths.size(); ++i) {
      add_slicing(field, paths[i], item_of(settings.name, "slicing_arguments", i), price);
    }
    return;
  }
  if (list_size != nullptr) {
    for (const std::string_view path : list_size->slicing_arguments) {
      add_slicing(field, path, "", price);
    }
    price.require_one = list_size->require_one_slicing_argument && !price.slicing.empty();
    return;
  }
  if (field.lists == 0 && !is_connection(field)) return;
  for (const std::string& name : model_.cost_.slicing_arguments) {
    const std::uint32_t input = schema.find_input(field.arguments, Name(name));
    if (input == kNone || schema.inputs()[input].lists > 0) continue;
    if (schema.types()[schema.inputs()[input].type].name.text() != "Int") continue;
    add_slicing(field, name, "", price);
  }
}

void CostModelBuilder::add_slicing(const SchemaField& field, std::string_view path,
                                   const std::string& setting, FieldPrice& price) {
  const Schema& schema = *model_.schema_;
  SlicingArgument argument;
  std::vector<std::uint32_t> defaults;
  Span inputs = field.arguments;
  for (const std::string_view part : split(path)) {
    const std::uint32_t input = schema.find_input(inputs, Name(part));
    if (input == kNone) {
      return problem(field, setting,
                     "is sliced by \"" + std::string(path) + "\", but there is no \"" +
                         std::string(part) + "\"" + hint(part, input_names(schema, inputs)));
    }
    argument.steps.push_back({Name(part), kNoSize});
    argument.takes_list = schema.inputs()[input].lists > 0;
    defaults.push_back(schema.inputs()[input].default_value);
    inputs = schema.types()[schema.inputs()[input].type].inputs;
  }
  // From the innermost outwards: a default of an object may leave the rest to its fields' defaults.
  for (std::size_t step = argument.steps.size(); step-- > 0;) {
    argument.steps[step].if_absent =
        default_size(argument, static_cast<std::uint32_t>(step), defaults[step]);
  }
  price.slicing.push_back(std::move(argument));
}

// A default that is no size, such as -1 for "all", says nothing.
Count CostModelBuilder::default_size(const SlicingArgument& argument, std::uint32_t step,
                                     std::uint32_t default_value) const {
  if (default_value == kNone) return kNoSize;
  const SizeFound found = size_in_document(model_.schema_->values(), default_value, argument, step);
  return found.size;
}

bool CostModelBuilder::is_connection(const SchemaField& field) const {
  const Schema& schema = *model_.schema_;
  if (field.lists > 0 || field.type == kNone) return false;
  return std::any_of(std::begin(kConnectionLists), std::end(kConnectionLists),
                     [&](std::string_view name) {
                       const std::uint32_t list = schema.find_field(field.type, Name(name));
                       return list != kNone && schema.fields()[list].lists > 0;
                     });
}

void CostModelBuilder::hand_down(const SchemaField& field, std::string_view text,
                                 const std::string& setting, FieldPrice& price) {
  const Schema& schema = *model_.schema_;
  for (SizedPath& path : sized_paths(text)) {
    std::uint32_t type = field.type;
    for (const Name& name : path) {
      // A union has no fields of its own: its members' are not looked for here.
      if (schema.types()[type].kind == TypeKind::kUnion) break;
      const std::uint32_t below = schema.find_field(type, name);
      if (below == kNone) {
        problem(field, setting,
                "hands its size to \"" + std::string(name.text()) +
                    "\", but there is no such field in the type " +
                    std::string(schema.types()[type].name.text()) +
                    hint(name.text(), field_names(type)));
        break;
      }
      type = schema.fields()[below].type;
    }
    price.sized.push_back(std::move(path));
  }
}

std::string CostModelBuilder::name_of(const SchemaField& field) const {
  const SchemaType& owner = model_.schema_->types()[field.owner];
  return std::string(owner.name.text()) + "." + std::string(field.name.text());
}

void CostModelBuilder::problem(const SchemaField& field, const std::string& setting,
                               std::string message) {
  const Document& values = model_.schema_->values();
  const auto position = static_cast<std::uint32_t>(field.name.data - values.text.data());
  problems_.push_back({name_of(field) + " " + std::move(message), values.place(position), setting});
}

}  // namespace tollgate::graphql
