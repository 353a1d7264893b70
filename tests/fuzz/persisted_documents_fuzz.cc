// Any bytes as a manifest of persisted documents: it lists what another reader of JSON finds in it,
// each under its identifier, or says what is wrong.
#include <nlohmann/json.hpp>

#include "filters/graphql/persisted.h"
#include "tests/fuzz/properties.h"

namespace tollgate::graphql {
namespace {

using Json = nlohmann::json;

std::string_view bare(std::string_view identifier) {
  return identifier.starts_with("sha256:") ? identifier.substr(7) : identifier;
}

void check_listed(const PersistedDocuments& documents, const Json& id, const Json& text) {
  must(id.is_string() && text.is_string(), "what is listed is text");
  must(!text.get_ref<const std::string&>().empty(), "a document is not empty");
  must(documents.find(bare(id.get_ref<const std::string&>())) == text.get_ref<const std::string&>(),
       "a document is found by its identifier");
}

void check(std::string_view text) {
  const auto documents = PersistedDocuments::read(text);
  if (!documents) return must(!documents.error().empty(), "an error has words");
  const Json json = Json::parse(text, nullptr, false);
  if (json.is_discarded()) return;  // a number that only one of them can hold
  must(json.is_object(), "a manifest is an object");
  const auto operations = json.find("operations");
  if (operations == json.end() || !operations->is_array()) {
    for (const auto& [id, document] : json.items()) check_listed(*documents, id, document);
    must(documents->size() <= json.size(), "nothing else is listed");
    return;
  }
  must(json.at("version") == 1, "another version is not read");
  for (const Json& each : *operations) check_listed(*documents, each.at("id"), each.at("body"));
  must(documents->size() <= operations->size(), "nothing else is listed");
}

}  // namespace
}  // namespace tollgate::graphql

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  tollgate::graphql::check(tollgate::text_of(data, size));
  return 0;
}
