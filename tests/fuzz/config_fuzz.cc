// Any bytes as configuration: it loads, or it has problems with places within the text; never
// anything else.
#include <algorithm>

#include "conf/config_reader.h"
#include "tests/fuzz/properties.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tollgate;
  const std::string_view text = text_of(data, size);
  const auto lookup = [](const std::string& name) -> std::optional<std::string> {
    return name == "SET" ? std::optional<std::string>("1") : std::nullopt;
  };
  const auto loaded = parse_config(text, "f.yaml", lookup);
  const auto again = parse_config(text, "f.yaml", lookup);
  must(loaded.has_value() == again.has_value(), "reading twice gives the same");
  if (loaded) {
    must(!loaded->config.listen.empty() && !loaded->config.apis.empty(),
         "what must be there is there");
    for (const ApiConfig& api : loaded->config.apis) {
      must(api.base.starts_with('/'), "a base begins with a slash");
      must(api.base == "/" || !api.base.ends_with('/'), "a base does not end in a slash");
      must(!api.name.empty(), "an API has a name");
      must(std::none_of(api.base.begin(), api.base.end(),
                        [](char c) { return (c >= 0 && c <= ' ') || c == '\x7f' || c == '\\'; }),
           "a base has only what a call's path may have");
      must(!api.upstream.endpoint.host.empty() || api.upstream.endpoint.is_unix(),
           "an upstream is somewhere");
    }
    return 0;
  }
  must(!loaded.error().empty(), "a refusal has a reason");
  must(loaded.error().size() <= kMaxDiagnostics + 1, "nobody reads endless problems");
  const auto lines =
      std::count(text.begin(), text.end(), '\n') + std::count(text.begin(), text.end(), '\r') + 2;
  for (const Diagnostic& problem : loaded.error()) {
    must(problem.line >= 0 && problem.line <= lines, "a problem stands within the text");
    must(!problem.message.empty(), "a problem has words");
  }
  return 0;
}
