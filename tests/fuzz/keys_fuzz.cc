// Any bytes as keys file: names and secrets are unlike, and no problem shows a secret.
#include <set>

#include "conf/keys.h"
#include "tests/fuzz/properties.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tollgate;
  const auto lookup = [](const std::string&) {
    return std::optional<std::string>("TOPSECRETVALUE");
  };
  const std::string_view text = text_of(data, size);
  if (text.find("file:") != std::string_view::npos) return 0;  // would read this machine's files
  if (text.find("TOPSECRETVALUE") != std::string_view::npos) return 0;  // in the clear already
  const auto keys = parse_keys(text, "keys.yaml", lookup);
  if (!keys) {
    must(!keys.error().empty(), "a refusal has a reason");
    for (const Diagnostic& problem : keys.error()) {
      must(problem.text().find("TOPSECRETVALUE") == std::string::npos, "no problem shows a secret");
    }
    return 0;
  }
  std::set<std::string> names;
  std::set<SecretHash> secrets;
  for (const Key& key : *keys) {
    must(names.insert(key.name).second, "names are unlike");
    must(!key.secrets.empty(), "a key has a secret");
    for (const SecretHash& secret : key.secrets)
      must(secrets.insert(secret).second, "secrets are unlike");
  }
  return 0;
}
