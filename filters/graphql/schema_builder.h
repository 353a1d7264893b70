// Makes a Schema of its definitions.
#pragma once

#include <string>
#include <vector>

#include "filters/graphql/schema.h"

namespace tollgate::graphql {

class SchemaBuilder {
 public:
  // `schema` has its sdl_ and nothing else yet.
  explicit SchemaBuilder(Schema& schema) : schema_(schema) {}
  // Empty: all went well.
  [[nodiscard]] std::vector<Problem> build();

 private:
  void add_types();
  void check_kind(const TypeDefinition& definition);
  void merge();
  void default_roots();
  void add_to_type(SchemaType& type, const TypeDefinition& definition);
  void add_fields(std::uint32_t owner, const TypeDefinition& definition);
  void add_inputs(Span span);
  void connect();
  void close_interfaces(SchemaType& type);
  void index_fields();
  [[nodiscard]] std::uint32_t type_of(Name name);

  // schema_directives.cc
  [[nodiscard]] const Directive* find_directive(Span directives, std::string_view name) const;
  [[nodiscard]] const Value* find_argument(const Directive& directive, std::string_view name) const;
  [[nodiscard]] std::optional<Points> cost_of(Span directives);
  [[nodiscard]] std::optional<ListSize> list_size_of(const FieldDefinition& field);
  [[nodiscard]] std::vector<std::string_view> texts_of(const Directive& directive,
                                                       std::string_view argument);

  void problem(Name at, std::string message);

  Schema& schema_;
  std::vector<Problem> problems_;
};

}  // namespace tollgate::graphql
