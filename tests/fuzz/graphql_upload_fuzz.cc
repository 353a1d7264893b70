// Any bytes as the operations of a GraphQL multipart request and, behind the first line, its map.
// Of what is accepted, a server that applies the map as graphql-yoga does, with null for each file,
// changes nothing.
#include <nlohmann/json.hpp>
#include <string>

#include "filters/graphql/upload_map.h"
#include "tests/fuzz/properties.h"

namespace tollgate::graphql {
namespace {

using nlohmann::json;

json& child(json& parent, const std::string& segment) {
  if (!parent.is_array()) {
    must(parent.is_object(), "a path leads through lists and objects");
    must(parent.contains(segment), "a path leads through members that are there");
    return parent[segment];
  }
  std::size_t used = 0;
  const std::size_t index = std::stoul(segment, &used);
  must(std::to_string(index) == segment, "an index is plain");
  must(index < parent.size(), "a path leads through entries that are there");
  return parent[index];
}

void replace(json& operations, std::string path, const json& file) {
  json* value = &operations;
  for (std::size_t dot = 0; dot != std::string::npos;) {
    dot = path.find('.');
    value = &child(*value, path.substr(0, dot));
    path.erase(0, dot == std::string::npos ? dot : dot + 1);
  }
  *value = file;
}

void check(std::string_view operations, std::string_view map) {
  static RequestReader reader;
  const auto request = reader.read_json(operations);
  if (!request) return;
  const auto names = read_upload_map(map, *request);
  if (!names) {
    must(!names.error().empty(), "an error has words");
    return;
  }
  const json before = json::parse(operations, nullptr, false);
  const json files = json::parse(map, nullptr, false);
  if (before.is_discarded() || files.is_discarded()) return;  // a number that is too large for it
  must(files.is_object(), "a map is an object");
  json after = before;
  for (const auto& [name, paths] : files.items()) {
    must(names->contains(name), "every name is held");
    for (const json& path : paths) replace(after, path.get<std::string>(), nullptr);
  }
  must(after == before, "what is replaced was null");
}

}  // namespace
}  // namespace tollgate::graphql

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 4096) return 0;
  const std::string_view text = tollgate::text_of(data, size);
  const std::size_t line = text.find('\n');
  if (line != std::string_view::npos) {
    tollgate::graphql::check(text.substr(0, line), text.substr(line + 1));
  }
  return 0;
}
