// Any bytes as a schema: what is read can be asked about everything in it, and a cost model of it
// prices an operation.
#include "filters/graphql/compiler.h"
#include "tests/fuzz/properties.h"

namespace tollgate::graphql {
namespace {

void check_place(Place place, std::string_view text) {
  must(place.line >= 1 && place.column >= 1, "places count from 1");
  must(place.line <= text.size() + 1 && place.column <= text.size() + 1, "places are in the text");
}

template <class AnyProblem>
void check_problems(const std::vector<AnyProblem>& problems, std::string_view text) {
  must(!problems.empty(), "what is refused is refused for a reason");
  for (const AnyProblem& problem : problems) {
    must(!problem.message.empty(), "a problem has words");
    check_place(problem.place, text);
  }
}

void check_fields(const Schema& schema, std::uint32_t type) {
  const SchemaType& found = schema.types()[type];
  for (std::uint32_t k = 0; k < found.fields.count; ++k) {
    const std::uint32_t index = found.fields.first + k;
    const SchemaField& field = schema.fields()[index];
    must(field.owner == type, "a field belongs to the type that lists it");
    const std::uint32_t first = schema.find_field(type, field.name);
    must(first <= index, "a field is found by its name, where it is twice the first one");
    must(schema.fields()[first].type == field.type && schema.fields()[first].lists == field.lists,
         "a field that is twice is the same");
    must(field.type < schema.types().size(), "a field has a type");
    for (std::uint32_t a = 0; a < field.arguments.count; ++a) {
      const SchemaInput& input = schema.inputs()[field.arguments.first + a];
      must(input.type < schema.types().size(), "an argument has a type");
      must(schema.find_input(field.arguments, input.name) != kNone, "an argument is found");
    }
  }
}

void check_schema(const Schema& schema) {
  for (std::uint32_t i = 0; i < schema.types().size(); ++i) {
    const SchemaType& type = schema.types()[i];
    must(schema.find_type(type.name) == i, "a type is found by its name");
    for (const std::uint32_t possible : type.possible) {
      must(schema.satisfies(possible, i), "a possible type is of the type");
    }
    for (const std::uint32_t interface : type.interfaces) {
      must(interface < schema.types().size(), "an interface is a type");
    }
    check_fields(schema, i);
  }
}

void price(const CostModel& model) {
  static Document document;
  static Compiler compiler;
  static Plan plan;
  static Evaluation evaluation;
  constexpr std::string_view kQuery =
      "query ($n: Int) { a(first: $n, input: {first: 3}) { id edges { node { a(n: 2) } } ... on A "
      "{ b { c } } } b(ids: [1, 2]) { nodes { id } items { id } } ... on Query { c(limit: 5) } } ";
  static const bool kRead = read_document(kQuery, 0, document).has_value();
  must(kRead, "the fixed query is good");
  for (const auto keep : {Compiler::Keep::kAll, Compiler::Keep::kWhatVaries}) {
    if (!compiler.compile(model, document, 0, nullptr, keep, plan)) continue;
    const auto detail = keep == Compiler::Keep::kAll ? Detail::kEachNode : Detail::kTotal;
    (void)evaluate(plan, model, document.source(), nullptr, detail, evaluation);
  }
}

void check(std::string_view text) {
  const auto schema = Schema::make(text);
  if (!schema) {
    check_problems(schema.error(), text);
  } else {
    check_schema(**schema);
  }
  if (text.empty()) return;
  for (const auto connections : {ConnectionsModel::kHandedDown, ConnectionsModel::kMultiplied}) {
    CostConfig cost;
    cost.connections = connections;
    cost.list_size = 1ULL << 40;
    const auto model = CostModel::make(text, cost, 1, 1);
    if (!model) {
      check_problems(model.error(), text);
    } else {
      must(schema.has_value(), "a cost model has a good schema");
      price(**model);
    }
  }
}

}  // namespace
}  // namespace tollgate::graphql

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  tollgate::graphql::check(tollgate::text_of(data, size));
  return 0;
}
