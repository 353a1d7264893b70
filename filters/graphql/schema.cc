// See schema.h. Any thread.
#include "filters/graphql/schema.h"

#include <algorithm>

#include "filters/graphql/schema_builder.h"

namespace tollgate::graphql {
tl::expected<std::unique_ptr<const Schema>, std::vector<Problem>> Schema::make(
    std::string_view sdl) {
  std::unique_ptr<Schema> schema(new Schema());
  if (auto read = read_sdl(sdl, schema->sdl_); !read) {
    return tl::unexpected(std::vector<Problem>{std::move(read.error())});
  }
  std::vector<Problem> problems = SchemaBuilder(*schema).build();
  if (!problems.empty()) return tl::unexpected(std::move(problems));
  return schema;
}

void Schema::add_slot(std::uint32_t index) {
  const SchemaField& field = fields_[index];
  const std::uint64_t key = FieldSlot::key_of(field.owner, field.name);
  std::size_t at = slot_of(field.owner, field.name);
  while (field_slots_[at & slots_mask_].field != kNone) ++at;
  FieldSlot& slot = field_slots_[at & slots_mask_];
  slot.key = key;
  slot.size = field.name.size;
  slot.field = index;
  if (slot.size <= FieldSlot::kMostBytes) {
    std::copy_n(field.name.data, slot.size, slot.name.begin());
  }
}

std::uint32_t Schema::find_input(Span inputs, Name name) const {
  for (std::uint32_t i = inputs.first; i < inputs.first + inputs.count; ++i) {
    if (inputs_[i].name == name) return i;
  }
  return kNone;
}

// ---- from the definitions to the tables

std::vector<Problem> SchemaBuilder::build() {
  add_types();
  for (const TypeDefinition& type : schema_.sdl_.types) check_kind(type);
  merge();
  if (problems_.empty()) connect();
  return std::move(problems_);
}

void SchemaBuilder::problem(Name at, std::string message) {
  const std::string& text = schema_.sdl_.values.text;
  problems_.push_back(Problem{
      .message = std::move(message),
      .place = schema_.sdl_.values.place(static_cast<std::uint32_t>(at.data - text.data()))});
}

void SchemaBuilder::add_types() {
  static constexpr std::string_view kBuiltIn[] = {"Int", "Float", "String", "Boolean", "ID"};
  for (const std::string_view name : kBuiltIn) {
    schema_.names_.add(Name(name));
    schema_.types_.emplace_back().name = Name(name);
  }
  for (const TypeDefinition& definition : schema_.sdl_.types) {
    const std::uint32_t index = schema_.names_.add(definition.name);
    if (index < schema_.types_.size()) continue;
    SchemaType& type = schema_.types_.emplace_back();
    type.name = definition.name;
    type.kind = definition.kind;
  }
}

void SchemaBuilder::check_kind(const TypeDefinition& definition) {
  const SchemaType& type = schema_.types_[schema_.names_.find(definition.name)];
  if (type.kind == definition.kind) return;
  problem(definition.name, "the type " + std::string(definition.name.text()) +
                               " is defined a second time, as another kind");
}

std::uint32_t SchemaBuilder::type_of(Name name) {
  const std::uint32_t type = schema_.names_.find(name);
  if (type == kNone) problem(name, "there is no type " + std::string(name.text()));
  return type;
}

// The fields of a type stand together, those of its extensions too.
void SchemaBuilder::merge() {
  std::vector<std::vector<const TypeDefinition*>> definitions(schema_.types_.size());
  for (const TypeDefinition& definition : schema_.sdl_.types) {
    definitions[schema_.names_.find(definition.name)].push_back(&definition);
  }
  for (std::uint32_t i = 0; i < definitions.size(); ++i) {
    SchemaType& type = schema_.types_[i];
    type.fields.first = static_cast<std::uint32_t>(schema_.fields_.size());
    for (const TypeDefinition* definition : definitions[i]) add_fields(i, *definition);
    type.fields.count = static_cast<std::uint32_t>(schema_.fields_.size()) - type.fields.first;
    type.inputs.first = static_cast<std::uint32_t>(schema_.inputs_.size());
    for (const TypeDefinition* definition : definitions[i]) add_inputs(definition->inputs);
    type.inputs.count = static_cast<std::uint32_t>(schema_.inputs_.size()) - type.inputs.first;
    for (const TypeDefinition* definition : definitions[i]) add_to_type(type, *definition);
  }
  for (const RootDefinition& root : schema_.sdl_.roots) {
    schema_.roots_[static_cast<std::size_t>(root.kind)] = type_of(root.type);
  }
  default_roots();
  // A subgraph may have no query type of its own: its server adds one.
  const auto& directives = schema_.sdl_.values.directives;
  const bool subgraph = std::ranges::any_of(
      directives, [](const Directive& each) { return each.name.text() == "key"; });
  if (problems_.empty() && schema_.root(OperationKind::kQuery) == kNone && !subgraph) {
    problems_.push_back({.message = "there is no query type: name it Query, or say which it is by "
                                    "\"schema { query: … }\"",
                         .place = {1, 1}});
  }
}

void SchemaBuilder::default_roots() {
  if (!schema_.sdl_.roots.empty()) return;
  static constexpr std::string_view kNames[] = {"Query", "Mutation", "Subscription"};
  for (std::size_t i = 0; i < 3; ++i) schema_.roots_[i] = schema_.names_.find(Name(kNames[i]));
}

void SchemaBuilder::add_to_type(SchemaType& type, const TypeDefinition& definition) {
  const Sdl& sdl = schema_.sdl_;
  if (auto weight = cost_of(definition.directives)) type.weight = weight;
  for (std::uint32_t k = 0; k < definition.interfaces.count; ++k) {
    const Name name = sdl.names[definition.interfaces.first + k];
    const std::uint32_t interface = type_of(name);
    if (interface == kNone) continue;
    if (schema_.types_[interface].kind == TypeKind::kInterface) {
      type.interfaces.push_back(interface);
    } else {
      problem(name, "only interfaces can be implemented, and " + std::string(name.text()) +
                        " is another kind of type");
    }
  }
  for (std::uint32_t k = 0; k < definition.members.count; ++k) {
    const Name name = sdl.names[definition.members.first + k];
    const std::uint32_t member = type_of(name);
    if (member == kNone) continue;
    if (schema_.types_[member].kind == TypeKind::kObject) {
      type.possible.push_back(member);
    } else {
      problem(name, "a union has only object types as members, and " + std::string(name.text()) +
                        " is another kind of type");
    }
  }
}

void SchemaBuilder::add_fields(std::uint32_t owner, const TypeDefinition& definition) {
  for (std::uint32_t k = 0; k < definition.fields.count; ++k) {
    const FieldDefinition& written = schema_.sdl_.fields[definition.fields.first + k];
    SchemaField field;
    field.name = written.name;
    field.owner = owner;
    field.type = type_of(written.type.name);
    field.lists = written.type.lists;
    field.arguments.first = static_cast<std::uint32_t>(schema_.inputs_.size());
    add_inputs(written.arguments);
    field.arguments.count = written.arguments.count;
    field.weight = cost_of(written.directives);
    field.list_size = list_size_of(written);
    schema_.fields_.push_back(std::move(field));
  }
}

void SchemaBuilder::add_inputs(Span span) {
  for (std::uint32_t k = 0; k < span.count; ++k) {
    const InputDefinition& written = schema_.sdl_.inputs[span.first + k];
    SchemaInput input;
    input.name = written.name;
    input.type = type_of(written.type.name);
    input.lists = written.type.lists;
    input.default_value = written.default_value;
    input.weight = cost_of(written.directives).value_or(0);
    schema_.inputs_.push_back(input);
  }
}

// What refers to types by their indices, once all are there.
void SchemaBuilder::connect() {
  index_fields();
  auto& types = schema_.types_;
  for (SchemaType& type : types) close_interfaces(type);
  for (std::uint32_t i = 0; i < types.size(); ++i) {
    if (types[i].kind != TypeKind::kObject) continue;
    types[i].possible = {i};
    for (const std::uint32_t interface : types[i].interfaces)
      types[interface].possible.push_back(i);
  }
  std::uint32_t ordinals = 0;
  for (std::uint32_t i = 0; i < types.size(); ++i) {
    const bool abstract =
        types[i].kind == TypeKind::kInterface || types[i].kind == TypeKind::kUnion;
    if (abstract && types[i].possible.empty()) types[i].possible = {i};
    if (types[i].possible.size() == 1 && types[i].possible[0] == i) types[i].ordinal = ordinals++;
  }
  schema_.satisfied_by_.resize(types.size());
  for (std::uint32_t i = 0; i < types.size(); ++i) {
    const auto hold = [&](std::uint32_t condition) {
      auto& row = schema_.satisfied_by_[condition];
      row.resize(ordinals);
      row[types[i].ordinal] = true;
    };
    if (types[i].ordinal == kNone) continue;
    for (const std::uint32_t interface : types[i].interfaces) hold(interface);
  }
  for (std::uint32_t i = 0; i < types.size(); ++i) {
    if (types[i].kind != TypeKind::kUnion) continue;
    auto& row = schema_.satisfied_by_[i];
    row.resize(ordinals);
    for (const std::uint32_t member : types[i].possible) {
      if (types[member].ordinal != kNone) row[types[member].ordinal] = true;
    }
  }
}

void SchemaBuilder::close_interfaces(SchemaType& type) {
  std::vector<std::uint32_t> all;
  std::vector<bool> seen(schema_.types_.size());
  std::vector<std::uint32_t> open(type.interfaces.rbegin(), type.interfaces.rend());
  while (!open.empty()) {
    const std::uint32_t interface = open.back();
    open.pop_back();
    if (seen[interface]) continue;
    seen[interface] = true;
    all.push_back(interface);
    const auto& further = schema_.types_[interface].interfaces;
    open.insert(open.end(), further.rbegin(), further.rend());
  }
  type.interfaces = std::move(all);
}

void SchemaBuilder::index_fields() {
  std::size_t size = 16;
  while (size < 4 * schema_.fields_.size()) size *= 2;
  schema_.field_slots_.assign(size, {});
  schema_.slots_mask_ = size - 1;
  for (std::uint32_t i = 0; i < schema_.fields_.size(); ++i) {
    const SchemaField& field = schema_.fields_[i];
    const std::uint32_t twin = schema_.find_field(field.owner, field.name);
    if (twin != kNone) {
      // Published schemas have fields twice in the same words: the first one counts.
      const SchemaField& first = schema_.fields_[twin];
      if (first.type == field.type && first.lists == field.lists &&
          first.arguments.count == field.arguments.count) {
        continue;
      }
      problem(field.name,
              "the field " + std::string(field.name.text()) + " is there twice, and not the same");
      continue;
    }
    schema_.add_slot(i);
  }
}

}  // namespace tollgate::graphql
