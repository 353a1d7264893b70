// keys add, list, show, disable, enable, rotate, remove. Main thread.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>

#include "conf/keys_editor.h"
#include "conf/secret.h"
#include "conf/text_file.h"
#include "proxy/commands/commands.h"

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

// The keys file: as given, or the one that the configuration names.
tl::expected<std::string, std::string> keys_file(const KeysOptions& options) {
  if (!options.file.empty()) return options.file;
  if (options.config.empty()) return "keys.yaml";
  const auto loaded = read_config(options.config, process_environment());
  if (!loaded) return tl::unexpected(loaded.error().front().text());
  if (!loaded->config.keys_file.empty()) return loaded->config.keys_file;
  return tl::unexpected(options.config + " names no keys file");
}

// A file that does not exist has no keys yet.
tl::expected<std::string, std::string> text_of(const std::string& file) {
  if (!std::filesystem::exists(file)) return std::string();
  auto text = read_text_file(file);
  if (!text) return tl::unexpected(file + " " + text.error());
  return text;
}

using Edit = std::function<tl::expected<std::string, std::string>(std::string_view text)>;

// 0: the file holds the edit.
int edit_file(const std::string& file, const Edit& edit) {
  const auto text = text_of(file);
  if (!text) return fail(text.error());
  const auto edited = edit(*text);
  if (!edited) return fail(file + ": " + edited.error());
  const auto written = write_file_atomically(file, *edited);
  return written ? 0 : fail(written.error());
}

void show_secret(const std::string& secret) {
  std::fflush(stdout);
  fmt::print(stderr, "The secret is shown this once; only its hash is kept. Use it like this:\n");
  fmt::print(stderr, "  curl -H 'API-Authorization: {}' …\n", secret);
  fmt::print("{}\n", secret);
}

tl::expected<Key, std::string> key_of(const KeysOptions& options) {
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
  const std::string marks = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
  if (key.prefix.find_first_not_of(marks) != std::string::npos) {
    return tl::unexpected("the prefix \"" + key.prefix +
                          "\" has other marks than letters, digits, \"-\", \"_\" and \".\"; choose "
                          "one with --prefix");
  }
  return key;
}

int add(const KeysOptions& options, const std::string& file) {
  auto key = key_of(options);
  if (!key) return fail(key.error());
  const std::string secret = make_secret(key->prefix);
  key->secrets.push_back(hash_secret(secret));
  const int status = edit_file(file, [&](std::string_view text) { return add_key(text, *key); });
  if (status == 0) show_secret(secret);
  return status;
}

int rotate(const KeysOptions& options, const std::string& file) {
  if (options.drop_old) {
    return edit_file(file,
                     [&](std::string_view text) { return drop_old_secrets(text, options.name); });
  }
  std::string secret;
  const int status =
      edit_file(file, [&](std::string_view text) -> tl::expected<std::string, std::string> {
        const auto keys = parse_keys_as_written(text, file);
        if (!keys) return tl::unexpected(keys.error().front().text());
        for (const Key& key : *keys) {
          if (key.name == options.name)
            secret = make_secret(key.prefix.empty() ? key.name : key.prefix);
        }
        return add_secret(text, options.name, hash_secret(secret));
      });
  if (status != 0) return status;
  show_secret(secret);
  fmt::print(
      stderr,
      "The old secrets still work. Once nobody uses them: tollgate keys rotate {} --drop-old\n",
      options.name);
  return 0;
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
  if (!name.empty() && list.empty())
    return fail(fmt::format("{}: there is no key \"{}\"", file, name));
  if (name.empty() && !options.json) return 0;
  fmt::print("{}\n", (name.empty() ? list : list.front()).dump(2));
  return 0;
}

using Action = int (*)(const KeysOptions& options, const std::string& file);

CLI::App* subcommand(CLI::App& keys, int& status, const std::shared_ptr<KeysOptions>& options,
                     const char* name, const char* help, Action action) {
  CLI::App* command = keys.add_subcommand(name, help);
  command->add_option("--file", options->file, "The keys file (default: keys.yaml)");
  command->add_option("-c,--config", options->config,
                      "Take the keys file that this configuration names");
  command->callback([&status, options, action] {
    const auto file = keys_file(*options);
    status = file ? action(*options, *file) : fail(file.error());
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
      [](const KeysOptions& given, const std::string& file) { return show(given, file, ""); });
  listing->add_flag("--json", options->json, "As JSON");
  named("show", "Show one key as JSON; a secret is never shown again.",
        [](const KeysOptions& given, const std::string& file) {
          return show(given, file, given.name);
        });
  named("disable", "Refuse the key from now on.",
        [](const KeysOptions& given, const std::string& file) {
          return edit_file(
              file, [&](std::string_view text) { return set_disabled(text, given.name, true); });
        });
  named("enable", "Let the key in again.", [](const KeysOptions& given, const std::string& file) {
    return edit_file(file,
                     [&](std::string_view text) { return set_disabled(text, given.name, false); });
  });
  CLI::App* rotating =
      named("rotate", "Add a secret to the key and print it; the old ones keep working.", rotate);
  rotating->add_flag("--drop-old", options->drop_old,
                     "Instead, take out all secrets but the newest");
  named("remove", "Take the key out of the file.",
        [](const KeysOptions& given, const std::string& file) {
          return edit_file(file,
                           [&](std::string_view text) { return remove_key(text, given.name); });
        });
}

}  // namespace tollgate
