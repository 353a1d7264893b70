// See reference_rules.h.
#include "tests/support/reference_rules.h"

#include <algorithm>

namespace tollgate::graphql {
namespace {

bool is_name_byte(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

// Reads "a { b c.d }" from `at` on, up to "}" or the end.
void read_paths(std::string_view text, std::size_t& at, const Path& above,
                std::vector<Path>& paths) {
  while (at < text.size() && text[at] != '}') {
    if (!is_name_byte(text[at])) {
      ++at;
      continue;
    }
    Path path = above;
    for (;;) {
      const std::size_t begin = at;
      while (at < text.size() && is_name_byte(text[at])) ++at;
      path.emplace_back(text.substr(begin, at - begin));
      if (at == text.size() || text[at] != '.') break;
      ++at;
    }
    while (at < text.size() && text[at] == ' ') ++at;
    if (at == text.size() || text[at] != '{') {
      paths.push_back(path);
      continue;
    }
    ++at;
    read_paths(text, at, path, paths);
    ++at;
  }
}

Wide thousandths(double weight) { return static_cast<Wide>(std::llround(weight * 1000)); }

Path split(std::string_view text) {
  Path path;
  for (std::size_t dot; (dot = text.find('.')) != std::string_view::npos;
       text.remove_prefix(dot + 1)) {
    path.emplace_back(text.substr(0, dot));
  }
  path.emplace_back(text);
  return path;
}

template <class Texts>
std::vector<Path> sized_paths_of(const Texts& texts) {
  std::vector<Path> all;
  for (const auto& text : texts) {
    for (Path& path : paths_of(text)) all.push_back(std::move(path));
  }
  return all;
}

}  // namespace

Wide held_points(Wide points) {
  const Wide most = Wide{kMostCount} * 1000;
  return std::clamp(points, -most, most);
}

Wide held_count(Wide count) { return std::min(count, Wide{kMostCount}); }

std::vector<Path> paths_of(std::string_view text) {
  std::vector<Path> paths;
  std::size_t at = 0;
  read_paths(text, at, {}, paths);
  return paths;
}

// The field itself, then the same field of the interfaces.
std::vector<const SchemaField*> ReferenceRules::carriers(const SchemaField& field) const {
  std::vector<const SchemaField*> all = {&field};
  for (const std::uint32_t interface : schema_->types()[field.owner].interfaces) {
    const std::uint32_t same = schema_->find_field(interface, field.name);
    if (same != kNone) all.push_back(&schema_->fields()[same]);
  }
  return all;
}

const FieldCostConfig* ReferenceRules::configured(const SchemaField& field) const {
  for (const SchemaField* carrier : carriers(field)) {
    const std::string owner(schema_->types()[carrier->owner].name.text());
    const auto found = cost_.fields.find(owner + "." + std::string(field.name.text()));
    if (found != cost_.fields.end()) return &found->second;
  }
  return nullptr;
}

bool ReferenceRules::is_connection(const SchemaField& field) const {
  for (const std::string_view name : {"edges", "nodes"}) {
    const std::uint32_t list = schema_->find_field(field.type, Name(name));
    if (field.lists == 0 && list != kNone && schema_->fields()[list].lists > 0) return true;
  }
  return false;
}

std::vector<Path> ReferenceRules::conventional_slicing(const SchemaField& field) const {
  std::vector<Path> slicing;
  for (const std::string& name : cost_.slicing_arguments) {
    const std::uint32_t index = schema_->find_input(field.arguments, Name(name));
    if (index == kNone) continue;
    const SchemaInput& input = schema_->inputs()[index];
    const bool is_int = schema_->types()[input.type].name.text() == "Int" && input.lists == 0;
    if (is_int) slicing.push_back({name});
  }
  return slicing;
}

FieldRule ReferenceRules::of_schema(const SchemaField& field) const {
  FieldRule rule;
  const ListSize* directive = nullptr;
  for (const SchemaField* carrier : carriers(field)) {
    if (directive == nullptr && carrier->list_size) directive = &*carrier->list_size;
    if (!rule.weight && carrier->weight) rule.weight = *carrier->weight;
  }
  const FieldCostConfig* settings = configured(field);
  if (settings != nullptr && settings->weight) rule.weight = thousandths(*settings->weight);
  if (settings != nullptr && settings->slicing_arguments) {
    for (const auto& text : *settings->slicing_arguments) rule.slicing.push_back(split(text));
  } else if (directive != nullptr) {
    for (const auto text : directive->slicing_arguments) rule.slicing.push_back(split(text));
    rule.require_one = !rule.slicing.empty() && directive->require_one_slicing_argument;
  } else if (field.lists > 0 || is_connection(field)) {
    rule.slicing = conventional_slicing(field);
  }
  if (directive != nullptr && directive->assumed_size) rule.assumed = *directive->assumed_size;
  if (settings != nullptr && settings->assumed_size) rule.assumed = *settings->assumed_size;
  if (directive != nullptr) rule.sized = sized_paths_of(directive->sized_fields);
  if (settings != nullptr && settings->sized_fields) {
    rule.sized = sized_paths_of(*settings->sized_fields);
  } else if (directive == nullptr && is_connection(field)) {
    rule.connection = !rule.slicing.empty() || rule.assumed;
  }
  return rule;
}

FieldRule ReferenceRules::unlisted(const std::vector<std::string>& types,
                                   std::string_view field) const {
  FieldRule rule;
  const FieldCostConfig* settings = nullptr;
  for (const std::string& type : types) {
    const auto found = cost_.fields.find(type + "." + std::string(field));
    if (found == cost_.fields.end()) continue;
    settings = &found->second;
    break;
  }
  const auto& slicing = settings != nullptr && settings->slicing_arguments
                            ? *settings->slicing_arguments
                            : cost_.slicing_arguments;
  for (const std::string& text : slicing) rule.slicing.push_back(split(text));
  if (settings == nullptr) return rule;
  if (settings->weight) rule.weight = thousandths(*settings->weight);
  if (settings->assumed_size) rule.assumed = *settings->assumed_size;
  if (settings->sized_fields) rule.sized = sized_paths_of(*settings->sized_fields);
  return rule;
}

Sliced ReferenceRules::sliced(const Data& arguments, const Path& path,
                              const SchemaField* field) const {
  if (field != nullptr) return along(arguments, path, 0, field->arguments, false);
  const Data* value = &arguments;
  for (const std::string& name : path) {
    if (value->kind == Data::Kind::kMissing || value->kind == Data::Kind::kNull) return {};
    if (value->kind != Data::Kind::kObject) return {Sliced::Kind::kInvalid, 0};
    value = &value->member(name);
  }
  if (value->kind == Data::Kind::kMissing || value->kind == Data::Kind::kNull) return {};
  if (value->kind != Data::Kind::kInteger || value->integer < 0) {
    return {Sliced::Kind::kInvalid, 0};
  }
  return {Sliced::Kind::kGiven, value->integer};
}

// `value` holds the member that is called path[step]; `inputs` are the members' definitions.
Sliced ReferenceRules::along(const Data& value, const Path& path, std::size_t step, Span inputs,
                             bool is_default) const {
  const std::uint32_t index = schema_->find_input(inputs, Name(path[step]));
  const SchemaInput& input = schema_->inputs()[index];
  Data member = value.member(path[step]);
  if (member.kind == Data::Kind::kMissing) {
    if (input.default_value == kNone) return {};
    is_default = true;
    const GivenVariables none(schema_->values(), nullptr, nullptr);
    member = data_of(schema_->values(), input.default_value, none);
  }
  if (member.kind == Data::Kind::kNull) return {};
  const Sliced invalid{is_default ? Sliced::Kind::kNothing : Sliced::Kind::kInvalid, 0};
  if (member.kind == Data::Kind::kBad) return invalid;
  if (step + 1 < path.size()) {
    if (member.kind != Data::Kind::kObject) return invalid;
    return along(member, path, step + 1, schema_->types()[input.type].inputs, is_default);
  }
  const auto kind = is_default ? Sliced::Kind::kDefault : Sliced::Kind::kGiven;
  if (input.lists > 0) {
    if (member.kind != Data::Kind::kList) return {kind, 1};
    return {kind, static_cast<Wide>(member.elements.size())};
  }
  if (member.kind != Data::Kind::kInteger || member.integer < 0) return invalid;
  return {kind, member.integer};
}

// What the fields weigh of the input object, or of all of them in a list.
Wide ReferenceRules::fields_weight(const SchemaInput& input, const Data& value) const {
  Wide sum = 0;
  for (const Data& element : value.elements) sum = held_points(sum + fields_weight(input, element));
  for (const auto& [name, member] : value.members) {
    const std::uint32_t field =
        schema_->find_input(schema_->types()[input.type].inputs, Name(name));
    if (field == kNone) continue;
    sum = held_points(sum + argument_weight(schema_->inputs()[field], member));
  }
  return sum;
}

Wide ReferenceRules::argument_weight(const SchemaInput& input, const Data& value) const {
  if (value.kind == Data::Kind::kMissing || value.kind == Data::Kind::kBad) return 0;
  if (value.kind == Data::Kind::kNull) return 0;
  const Wide times = value.kind == Data::Kind::kList ? static_cast<Wide>(value.elements.size()) : 1;
  return held_points(held_points(times * input.weight) + fields_weight(input, value));
}

std::optional<Wide> ReferenceRules::configured_type(const std::string& type) const {
  const auto found = cost_.types.find(type);
  if (found == cost_.types.end()) return std::nullopt;
  return thousandths(found->second);
}

Wide ReferenceRules::type_weight(std::uint32_t possible, std::uint32_t declared,
                                 bool in_list) const {
  for (const std::uint32_t index : {possible, declared}) {
    const SchemaType& type = schema_->types()[index];
    if (const auto weight = configured_type(std::string(type.name.text()))) return *weight;
    if (type.weight) return *type.weight;
  }
  const TypeKind kind = schema_->types()[declared].kind;
  const bool composite =
      kind == TypeKind::kObject || kind == TypeKind::kInterface || kind == TypeKind::kUnion;
  if (composite) return thousandths(cost_.object);
  return thousandths(in_list ? cost_.scalar_in_list : cost_.scalar);
}

bool ReferenceRules::is_of(std::uint32_t type, std::uint32_t condition) const {
  if (type == condition) return true;
  const auto& interfaces = schema_->types()[type].interfaces;
  if (std::find(interfaces.begin(), interfaces.end(), condition) != interfaces.end()) return true;
  const SchemaType& wanted = schema_->types()[condition];
  if (wanted.kind != TypeKind::kUnion) return false;
  return std::find(wanted.possible.begin(), wanted.possible.end(), type) != wanted.possible.end();
}

// None: no value of the type has fields.
std::vector<std::uint32_t> ReferenceRules::possible(std::uint32_t type) const {
  const SchemaType& declared = schema_->types()[type];
  if (declared.kind == TypeKind::kObject) return {type};
  if (declared.kind != TypeKind::kInterface && declared.kind != TypeKind::kUnion) return {};
  std::vector<std::uint32_t> all;
  for (std::uint32_t i = 0; i < schema_->types().size(); ++i) {
    if (schema_->types()[i].kind == TypeKind::kObject && is_of(i, type)) all.push_back(i);
  }
  if (all.empty()) all.push_back(type);
  return all;
}

}  // namespace tollgate::graphql
