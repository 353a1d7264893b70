// keys add, list, show, disable, enable, rotate, remove. Main thread.
#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/file.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "conf/key_name.h"
#include "conf/keys_editor.h"
#include "conf/secret.h"
#include "conf/suggestion.h"
#include "conf/text_file.h"
#include "proxy/clock.h"
#include "proxy/commands/commands.h"
#include "proxy/socket.h"

namespace tollgate {
namespace {

using Json = nlohmann::ordered_json;

// What the command line says; one for all of the keys commands.
struct KeysOptions {
  std::string file;
  std::string config;
  std::string name;
  std::string prefix;
  std::string description;
  std::string environment;
  std::string plan;
  std::vector<std::string> apis;
  std::vector<std::string> ranges;
  std::string expires;
  std::vector<std::string> notify;
  bool json = false;
  bool drop_old = false;
};

int fail(const std::string& message) {
  fmt::print(stderr, "tollgate: {}\n", message);
  return 1;
}

void warn(const std::string& text) { fmt::print(stderr, "warning: {}\n", text); }

struct KeysPlace {
  std::string file;
  std::string config_file;       // empty: none is given
  std::optional<Config> config;  // what it says
};

// The keys file as given, or the one that the configuration names.
tl::expected<KeysPlace, std::string> place_of_keys(const KeysOptions& options) {
  if (!options.file.empty()) return KeysPlace{options.file, "", std::nullopt};
  if (options.config.empty()) return KeysPlace{"keys.yaml", "", std::nullopt};
  auto loaded = read_config(options.config, process_environment());
  if (!loaded) return tl::unexpected(loaded.error().front().text());
  std::string file = loaded->config.keys_file;
  if (file.empty()) return tl::unexpected(options.config + " names no keys file");
  return KeysPlace{std::move(file), options.config, std::move(loaded->config)};
}

// A file that does not exist has no keys yet.
tl::expected<std::string, std::string> text_of(const std::string& file) {
  if (!std::filesystem::exists(file)) return std::string();
  auto text = read_text_file(file);
  if (!text) return tl::unexpected(file + " " + text.error());
  return text;
}

using Edit = std::function<tl::expected<std::string, std::string>(std::string_view text)>;

// What the configuration would refuse of the edited keys and not of those before, a line each: a
// running proxy that refuses its keys file takes no later edit of it either.
std::string made_wrong(const Config& config, std::string_view before, std::string_view after) {
  const auto problems_of = [&config](std::string_view text) {
    const auto keys = parse_keys_as_written(text, config.keys_file);
    return keys ? check_keys_against(*keys, config) : keys.error();
  };
  Diagnostics old = problems_of(before);
  std::string lines;
  for (const Diagnostic& each : problems_of(after)) {
    const auto same = std::ranges::find(old, each.message, &Diagnostic::message);
    if (same != old.end()) {
      old.erase(same);
      continue;
    }
    lines += fmt::format("\n{}: {}", each.path.substr(each.path.find('.') + 1), each.message);
  }
  return lines;
}

// Held while a keys file is read, edited and put in place: of two edits at once the later sees the
// earlier. On the folder, since the file itself is replaced.
class FolderLock {
 public:
  explicit FolderLock(const std::string& file) {
    std::error_code error;
    auto path = std::filesystem::weakly_canonical(file, error);
    if (error) path = file;
    const auto folder = path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
    folder_ = Fd(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    // Where it cannot be locked, edits are one after the other as people make them.
    if (folder_.valid()) flock(folder_.get(), LOCK_EX);
  }

 private:
  Fd folder_;
};

enum class Edited { kFailed, kUnchanged, kWritten };

Edited edit_file(const KeysPlace& place, const Edit& edit) {
  const auto failed = [](const std::string& message) {
    fail(message);
    return Edited::kFailed;
  };
  const FolderLock lock(place.file);
  const auto text = text_of(place.file);
  if (!text) return failed(text.error());
  const auto edited = edit(*text);
  if (!edited) return failed(place.file + ": " + edited.error());
  if (*edited == *text) return Edited::kUnchanged;
  if (place.config) {
    const std::string wrong = made_wrong(*place.config, *text, *edited);
    if (!wrong.empty()) {
      return failed(fmt::format("{} would refuse {} then:{}\nNothing was written.",
                                place.config_file, place.file, wrong));
    }
  }
  const auto written = write_file_atomically(place.file, *edited);
  return written ? Edited::kWritten : failed(written.error());
}

// Says what an edit has come to: "demo is disabled in keys.yaml."
int tell(Edited edited, const KeysOptions& options, const KeysPlace& place, const char* done) {
  if (edited == Edited::kFailed) return 1;
  fmt::print("{} {} {}{}.\n", options.name, done, place.file,
             edited == Edited::kUnchanged ? " already" : "");
  return 0;
}

void show_secret(const std::string& secret) {
  fmt::print("{}\n", secret);
  std::fflush(stdout);
  // Standard error may be closed, which is no reason to fail now.
  const std::string use = fmt::format(
      "The secret is shown this once; only its hash is kept. Use it like this:\n"
      "  curl -H 'API-Authorization: {}' …\n",
      secret);
  std::fputs(use.c_str(), stderr);
}

// Several names in one argument are none that any API has.
tl::expected<void, std::string> check_api_names(const std::vector<std::string>& apis) {
  for (const std::string& words : apis) {
    if (words.find_first_of(", ") == std::string::npos) continue;
    return tl::unexpected(
        fmt::format("--api \"{}\": one argument is the name of one API: write --api before each "
                    "of several\nNothing was written.",
                    words));
  }
  return {};
}

tl::expected<Key, std::string> key_of(const KeysOptions& options) {
  if (!is_key_name(options.name)) {
    return tl::unexpected(
        fmt::format("\"{}\" is not a key's name: it {}", options.name, kKeyNameForm));
  }
  if (auto right = check_api_names(options.apis); !right) return tl::unexpected(right.error());
  Key key;
  key.name = options.name;
  key.description = options.description;
  key.prefix = options.prefix.empty() ? options.name.substr(0, 32) : options.prefix;
  key.environment = options.environment;
  key.plan = options.plan;
  key.apis = options.apis;
  key.notify = options.notify;
  for (const std::string& words : options.ranges) {
    const auto range = IpRange::parse(words);
    if (!range) return tl::unexpected(range.error());
    if (!key.allow_ips) key.allow_ips.emplace();
    key.allow_ips->push_back(*range);
  }
  if (!options.expires.empty()) {
    const auto expires = parse_date(options.expires);
    if (!expires) return tl::unexpected(expires.error());
    key.expires = *expires;
  }
  if (!is_key_prefix(key.prefix)) {
    return tl::unexpected(
        fmt::format("\"{}\" cannot be the prefix: it has up to 64 letters, digits and marks of "
                    "\"-_.\"; choose one with --prefix",
                    key.prefix));
  }
  return key;
}

bool is_over(const Key& key) {
  return key.expires && has_come(*key.expires, system_clock().now().wall);
}

// What may not be meant of a key that was added.
void warn_of(const Key& key, const KeysPlace& place) {
  if (is_over(key)) {
    warn(fmt::format("{} is over: the key is refused from the start", format_date(*key.expires)));
  }
  if (place.config) {
    std::vector<std::string> listed;
    for (const auto& [name, environment] : place.config->environments) listed.push_back(name);
    if (key.environment.empty() || listed.empty() ||
        place.config->environments.contains(key.environment)) {
      return;
    }
    return warn(fmt::format("{} lists no environment \"{}\"{}", place.config_file, key.environment,
                            suggestion_or_names(key.environment, listed)));
  }
  std::vector<std::string_view> unchecked;
  if (!key.apis.empty()) unchecked.emplace_back("--api");
  if (!key.plan.empty()) unchecked.emplace_back("--plan");
  if (!key.environment.empty()) unchecked.emplace_back("--environment");
  if (unchecked.empty()) return;
  warn(
      fmt::format("{} cannot be checked without the configuration: name it with -c instead of "
                  "--file, or run \"tollgate check\"",
                  fmt::join(unchecked, " and ")));
}

int add(const KeysOptions& options, const KeysPlace& place) {
  auto key = key_of(options);
  if (!key) return fail(key.error());
  const std::string secret = make_secret(key->prefix);
  key->secrets.push_back(hash_secret(secret));
  const Edited edited =
      edit_file(place, [&](std::string_view text) { return add_key(text, *key); });
  if (edited == Edited::kFailed) return 1;
  warn_of(*key, place);
  show_secret(secret);
  return 0;
}

int drop_old(const KeysOptions& options, const KeysPlace& place) {
  const Edited edited =
      edit_file(place, [&](std::string_view text) { return drop_old_secrets(text, options.name); });
  return tell(edited, options, place, "has its newest secret alone in");
}

int rotate(const KeysOptions& options, const KeysPlace& place) {
  if (options.drop_old) return drop_old(options, place);
  std::string secret;
  Key rotated;
  const Edited edited =
      edit_file(place, [&](std::string_view text) -> tl::expected<std::string, std::string> {
        const auto keys = parse_keys_as_written(text, place.file);
        if (!keys) return tl::unexpected(keys.error().front().text());
        const auto found = std::ranges::find(*keys, options.name, &Key::name);
        if (found != keys->end()) {
          rotated = *found;
          secret = make_secret(found->prefix.empty() ? found->name : found->prefix);
        }
        return add_secret(text, options.name, hash_secret(secret));
      });
  if (edited == Edited::kFailed) return 1;
  show_secret(secret);
  if (rotated.disabled) {
    fmt::print(stderr,
               "{0} is disabled, so neither its old secrets nor this one are let in. To let them "
               "in: tollgate keys enable {0}\n",
               options.name);
  } else if (is_over(rotated)) {
    fmt::print(stderr, "{} expired on {}, so neither its old secrets nor this one are let in.\n",
               options.name, format_date(*rotated.expires));
  } else {
    fmt::print(
        stderr,
        "The old secrets still work. Once nobody uses them: tollgate keys rotate {} --drop-old\n",
        options.name);
  }
  return 0;
}

int disable(const KeysOptions& options, const KeysPlace& place) {
  const Edited edited = edit_file(
      place, [&](std::string_view text) { return set_disabled(text, options.name, true); });
  return tell(edited, options, place, "is disabled in");
}

int enable(const KeysOptions& options, const KeysPlace& place) {
  const Edited edited = edit_file(
      place, [&](std::string_view text) { return set_disabled(text, options.name, false); });
  return tell(edited, options, place, "is enabled in");
}

int remove(const KeysOptions& options, const KeysPlace& place) {
  const Edited edited =
      edit_file(place, [&](std::string_view text) { return remove_key(text, options.name); });
  return tell(edited, options, place, "is removed from");
}

Json json_of(const Key& key) {
  Json ranges = Json();
  if (key.allow_ips) {
    ranges = Json::array();
    for (const IpRange& range : *key.allow_ips) ranges.push_back(range.text());
  }
  return {{"name", key.name},
          {"description", key.description},
          {"prefix", key.prefix},
          {"secrets", key.secrets.size()},
          {"environment", key.environment},
          {"plan", key.plan},
          {"apis", key.apis},
          {"allow_ips", ranges},
          {"expires", key.expires ? Json(format_date(*key.expires)) : Json()},
          {"disabled", key.disabled},
          {"notify", key.notify}};
}

void print_row(const Key& key) {
  fmt::print("{:<24} {:<16} {:<20} {:<12} {}\n", key.name, key.prefix, key.environment,
             key.expires ? format_date(*key.expires) : "-", key.disabled ? "disabled" : "enabled");
}

// list and show: `name` is empty for all.
int show(const KeysOptions& options, const std::string& file, const std::string& name) {
  const auto text = read_text_file(file);
  if (!text) return fail(file + " " + text.error());
  const auto keys = parse_keys_as_written(*text, file);
  if (!keys) {
    for (const Diagnostic& problem : keys.error()) fmt::print(stderr, "{}\n", problem.text());
    return 1;
  }
  Json list = Json::array();
  for (const Key& key : *keys) {
    if (!name.empty() && key.name != name) continue;
    list.push_back(json_of(key));
    if (name.empty() && !options.json) {
      if (list.size() == 1) {
        fmt::print("{:<24} {:<16} {:<20} {:<12} {}\n", "NAME", "PREFIX", "ENVIRONMENT", "EXPIRES",
                   "STATE");
      }
      print_row(key);
    }
  }
  if (!name.empty() && list.empty()) {
    std::vector<std::string> names;
    for (const Key& key : *keys) names.push_back(key.name);
    return fail(
        fmt::format("{}: there is no key \"{}\"{}", file, name, suggestion_or_names(name, names)));
  }
  if (name.empty() && !options.json) return 0;
  fmt::print("{}\n", (name.empty() ? list : list.front()).dump(2));
  return 0;
}

using Action = int (*)(const KeysOptions& options, const KeysPlace& place);

CLI::App* subcommand(CLI::App& keys, int& status, const std::shared_ptr<KeysOptions>& options,
                     const char* name, const char* help, Action action) {
  CLI::App* command = keys.add_subcommand(name, help);
  CLI::Option* config =
      command->add_option("-c,--config", options->config,
                          "Take the keys file that this configuration names, and check against it");
  command->add_option("--file", options->file, "The keys file (default: keys.yaml)")
      ->excludes(config);
  command->callback([&status, options, action] {
    const auto place = place_of_keys(*options);
    status = place ? action(*options, *place) : fail(place.error());
  });
  return command;
}

}  // namespace

void add_keys_commands(CLI::App& app, int& status) {
  CLI::App* keys = app.add_subcommand("keys",
                                      "Keys and their secrets.\n\nA running proxy takes a changed "
                                      "keys file within a second. Comments and order of the "
                                      "file survive every edit.");
  keys->require_subcommand(1);
  const auto options = std::make_shared<KeysOptions>();
  const auto named = [&](const char* name, const char* help, Action action) {
    CLI::App* command = subcommand(*keys, status, options, name, help, action);
    command->add_option("NAME", options->name, "The key's name")->required();
    return command;
  };
  CLI::App* adding = named("add", "Add a key and print its secret, once, on standard output.", add);
  adding->add_option("--prefix", options->prefix,
                     "What the secret starts with (default: the name)");
  adding->add_option("--description", options->description, "What it is for");
  adding->add_option("--environment", options->environment,
                     "Keys of one environment share their windows");
  adding->add_option("--plan", options->plan, "The plan that limits it");
  adding->add_option("--api", options->apis,
                     "An API that it is for; may be repeated (default: all)");
  adding->add_option("--allow-ip", options->ranges,
                     "An address or range it may be used from; may be repeated");
  adding->add_option("--expires", options->expires,
                     "The day, 00:00 UTC, from which on it is refused: 2027-12-31");
  adding->add_option("--notify", options->notify,
                     "A mail address to tell of its use; may be repeated");

  CLI::App* listing = subcommand(
      *keys, status, options, "list", "List all keys.",
      [](const KeysOptions& given, const KeysPlace& place) { return show(given, place.file, ""); });
  listing->add_flag("--json", options->json, "As JSON");
  named("show", "Show one key as JSON; a secret is never shown again.",
        [](const KeysOptions& given, const KeysPlace& place) {
          return show(given, place.file, given.name);
        });
  named("disable", "Refuse the key, by a running proxy within a second.", disable);
  named("enable", "Let the key in again, by a running proxy within a second.", enable);
  CLI::App* rotating =
      named("rotate", "Add a secret to the key and print it; the old ones keep working.", rotate);
  rotating->add_flag("--drop-old", options->drop_old,
                     "Instead, take out all secrets but the newest");
  named("remove", "Take the key out of the file; a running proxy refuses it within a second.",
        remove);
}

}  // namespace tollgate
