// See snapshot.h. Runs on the control thread.
#include "proxy/snapshot.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <map>

#include "filters/deprecation.h"
#include "proxy/fixed_at_start.h"

namespace tollgate {
namespace {

// The first 16 hexadecimal digits of a SHA-256 over what was read: enough to tell whether replicas
// agree.
std::string hash_of(const std::vector<SeenFile>& files) {
  std::string digests;
  for (const SeenFile& file : files) digests += file.digest;
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned length = 0;
  EVP_Digest(digests.data(), digests.size(), digest.data(), &length, EVP_sha256(), nullptr);
  std::string text;
  for (std::size_t i = 0; i < 8; ++i) fmt::format_to(std::back_inserter(text), "{:02x}", digest[i]);
  return text;
}

void load_tls(const Snapshot* before, Snapshot& snapshot, std::vector<SeenFile>& read,
              Diagnostics& problems) {
  const std::vector<ListenConfig>& now = snapshot.config.listen;
  std::vector<ListenTlsMade> known_listen;
  std::vector<UpstreamTlsMade> known_upstream;
  if (before != nullptr) {
    known_listen = before->listen_tls;
    for (const ApiInForce& api : before->apis) known_upstream.push_back(api.upstream_tls);
  }
  snapshot.listen = before == nullptr ? now : listen_in_force(before->listen, now);
  for (std::size_t i = 0; i < snapshot.listen.size(); ++i) {
    const ListenConfig& listen = snapshot.listen[i];
    // What the file names no more may have lost its certificate as well.
    const bool named = std::ranges::find(now, listen.address, &ListenConfig::address) != now.end();
    snapshot.listen_tls.push_back(named ? load_listen_tls(listen, known_listen, read, problems)
                                        : before->listen_tls[i]);
  }
  for (ApiInForce& api : snapshot.apis) {
    api.upstream_tls = load_upstream_tls(api.config->upstream, known_upstream, read, problems);
  }
}

// What the files say, before anything is made of it.
struct FilesRead {
  std::shared_ptr<Snapshot> snapshot;  // as far as files are in it
  std::vector<Key> keys;
};

void add(Diagnostics& problems, const Diagnostics& more) {
  problems.insert(problems.end(), more.begin(), more.end());
}

// What a key names may stand in a part of the file that could not be read.
bool knows_its_names(const Diagnostics& problems) {
  return std::ranges::none_of(problems, [](const Diagnostic& each) {
    return each.path.empty() || each.path.starts_with("apis") || each.path.starts_with("plans") ||
           each.path.starts_with("environments");
  });
}

// Each file from top to bottom, in the order in which they are first met.
Diagnostics file_by_file(const Diagnostics& problems) {
  std::vector<std::string> files;
  std::map<std::string, Diagnostics> by_file;
  for (const Diagnostic& each : problems) {
    Diagnostics& of_file = by_file[each.file];
    if (of_file.empty()) files.push_back(each.file);
    of_file.push_back(each);
  }
  Diagnostics ordered;
  for (const std::string& file : files) {
    Diagnostics& of_file = by_file[file];
    // More than that: they are in order already, and end with how many there are.
    add(ordered, of_file.size() > kMaxDiagnostics ? of_file : in_order(std::move(of_file)));
  }
  return ordered;
}

// All that is wrong, in whichever of the files.
tl::expected<FilesRead, Diagnostics> read_files(const std::string& config_file,
                                                const EnvironmentLookup& lookup,
                                                const Snapshot* before,
                                                std::vector<SeenFile>& read) {
  read.clear();
  const FileVisitor look = [&read](const std::string& file) { read.push_back(look_at_file(file)); };
  look(config_file);
  ConfigReading reading = read_what_is_right(config_file, lookup);
  Diagnostics problems = std::move(reading.problems);
  const bool names_known = knows_its_names(problems);
  add(problems, reading.loaded.not_built);

  FilesRead files{std::make_shared<Snapshot>(), {}};
  Snapshot& snapshot = *files.snapshot;
  snapshot.config = std::move(reading.loaded.config);
  const Config& config = snapshot.config;
  if (!config.keys_file.empty()) {
    auto keys = read_keys(config.keys_file, lookup, look);
    if (!keys) add(problems, keys.error());
    if (keys) files.keys = std::move(*keys);
    if (names_known) add(problems, check_keys_against(files.keys, config));
  }
  snapshot.generation = before == nullptr ? 1 : before->generation + 1;
  ModelSource models{0, before == nullptr ? KnownModels() : before->models()};
  for (std::size_t i = 0; i < config.apis.size(); ++i) {
    ApiInForce& api = snapshot.apis.emplace_back();
    api.config = &config.apis[i];
    models.generation = snapshot.generation << 20 | i;
    load_graphql_files(config_file, i, config.apis[i], models, api.graphql, read, problems);
  }
  load_tls(before, snapshot, read, problems);
  if (problems.empty()) return files;
  return tl::unexpected(file_by_file(
      at_settings(std::move(problems), reading.loaded.files, reading.loaded.settings)));
}

// Files belong together: what was read of some before a change and of others after it is none of
// what anybody wrote, whether it is right or wrong.
tl::expected<FilesRead, Diagnostics> read_files_of_one_time(const std::string& config_file,
                                                            const EnvironmentLookup& lookup,
                                                            const Snapshot* before,
                                                            std::vector<SeenFile>& read) {
  constexpr int kMostReads = 10;
  const auto unchanged = [](const SeenFile& seen) { return look_at_file(seen.name) == seen; };
  for (int reads = 0; reads < kMostReads; ++reads) {
    auto files = read_files(config_file, lookup, before, read);
    if (std::ranges::all_of(read, unchanged)) return files;
  }
  return tl::unexpected(Diagnostics{
      {config_file, 0, 0, "",
       fmt::format("is taken only together with the files that it names, and some of them changed "
                   "each of the {} times that all were read",
                   kMostReads)}});
}

}  // namespace

KnownModels Snapshot::models() const {
  KnownModels models;
  for (const ApiInForce& api : apis) {
    if (api.graphql.model != nullptr) models.push_back(api.graphql.model);
  }
  return models;
}

std::vector<CertificateTerm> Snapshot::certificates() const {
  std::map<std::string, CertificateTerm> by_file;
  const auto take = [&by_file](const auto& made) {
    if (made.tls == nullptr) return;
    for (const CertificateTerm& each : made.tls->certificates()) by_file.emplace(each.file, each);
  };
  for (const ListenTlsMade& made : listen_tls) take(made);
  for (const ApiInForce& api : apis) take(api.upstream_tls);
  std::vector<CertificateTerm> terms;
  for (auto& [file, term] : by_file) terms.push_back(std::move(term));
  return terms;
}

tl::expected<CheckedFiles, Diagnostics> check_files(const std::string& config_file,
                                                    const EnvironmentLookup& lookup) {
  std::vector<SeenFile> read;
  auto files = read_files_of_one_time(config_file, lookup, nullptr, read);
  if (!files) return tl::unexpected(std::move(files.error()));
  return CheckedFiles{std::move(files->snapshot->config), std::move(files->keys)};
}

tl::expected<SnapshotPtr, Diagnostics> load_snapshot(const std::string& config_file,
                                                     const EnvironmentLookup& lookup,
                                                     const LastingParts& lasting,
                                                     const Snapshot* before,
                                                     std::vector<SeenFile>& read) {
  auto files = read_files_of_one_time(config_file, lookup, before, read);
  if (!files) return tl::unexpected(files.error());
  const std::shared_ptr<Snapshot> snapshot = std::move(files->snapshot);
  const Config& config = snapshot->config;
  snapshot->hash = hash_of(read);
  snapshot->keys = std::make_unique<const KeyIndex>(std::move(files->keys), snapshot->generation);
  snapshot->router = std::make_unique<const Router>(config.apis);
  if (lasting.windows == nullptr) {
    lasting.windows = MemoryWindows::make({config.limits.algorithm, config.limits.max_addresses});
  }
  for (ApiInForce& api : snapshot->apis) {
    api.payers =
        std::make_unique<const Payers>(config, *api.config, *snapshot->keys, *lasting.windows);
    api.chain = std::make_unique<const Chain>(
        *api.config,
        ChainParts{*snapshot->keys, lasting.failures, api.graphql.model.get(),
                   api.graphql.documents.get(), &lasting.persisted_queries, api.payers.get(),
                   lasting.windows.get(), config.limits.retry_after});
    api.deprecation_fields = deprecation_fields(api.config->deprecation);
    api.id = lasting.metrics.api_id(api.config->name);
  }
  for (const Key& key : snapshot->keys->keys()) {
    snapshot->key_ids.push_back(lasting.metrics.key_id(key.name));
  }
  return snapshot;
}

}  // namespace tollgate
