// Any keys file that is right: every edit gives a right file with exactly that change, or none at
// all, and comments survive.
#include <algorithm>

#include "conf/keys_editor.h"
#include "conf/secret.h"
#include "tests/fuzz/properties.h"

namespace {

using namespace tollgate;

std::vector<Key> keys_of(std::string_view text) {
  const auto lookup = [](const std::string& name) { return std::optional("the value of " + name); };
  auto keys = parse_keys(text, "keys.yaml", lookup);
  return keys ? *keys : std::vector<Key>();
}

std::size_t comments(std::string_view text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '#'));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = text_of(data, size);
  if (text.find("file:") != std::string_view::npos) return 0;
  const std::vector<Key> before = keys_of(text);
  Key fresh;
  fresh.name = "the-new-one";
  fresh.secrets = {hash_secret("the new secret")};
  if (const auto added = add_key(text, fresh)) {
    must(keys_of(*added).size() == before.size() + 1, "one key more");
    must(comments(*added) >= comments(text) || before.empty(), "comments survive an added key");
  }
  if (before.empty()) return 0;
  const Key& first = before.front();
  if (const auto disabled = set_disabled(text, first.name, true)) {
    must(keys_of(*disabled).front().disabled, "the key is disabled");
    must(comments(*disabled) == comments(text), "comments survive disabling");
    if (const auto enabled = set_disabled(*disabled, first.name, false)) {
      must(!keys_of(*enabled).front().disabled, "and enabled again");
    }
  }
  if (const auto rotated = add_secret(text, first.name, fresh.secrets[0])) {
    must(keys_of(*rotated).front().secrets.size() == first.secrets.size() + 1, "one secret more");
    must(comments(*rotated) == comments(text), "comments survive rotation");
    if (const auto dropped = drop_old_secrets(*rotated, first.name)) {
      must(keys_of(*dropped).front().secrets == fresh.secrets, "the newest secret stays");
    }
  }
  if (const auto removed = remove_key(text, first.name)) {
    must(keys_of(*removed).size() == before.size() - 1, "one key less");
  }
  return 0;
}
