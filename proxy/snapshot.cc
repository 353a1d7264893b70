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

tl::expected<SnapshotPtr, Diagnostics> load_snapshot(const std::string& config_file,
                                                     const EnvironmentLookup& lookup,
                                                     const LastingParts& lasting,
                                                     const Snapshot* before,
                                                     std::vector<SeenFile>& read) {
  read.clear();
  const FileVisitor look = [&read](const std::string& file) { read.push_back(look_at_file(file)); };
  look(config_file);
  auto loaded = read_config(config_file, lookup);
  if (!loaded) return tl::unexpected(loaded.error());
  Diagnostics problems = std::move(loaded->not_built);

  auto snapshot = std::make_shared<Snapshot>();
  snapshot->config = std::move(loaded->config);
  const Config& config = snapshot->config;
  std::vector<Key> keys;
  if (!config.keys_file.empty()) {
    auto loaded_keys = read_keys(config.keys_file, lookup, look);
    if (!loaded_keys) {
      problems.insert(problems.end(), loaded_keys.error().begin(), loaded_keys.error().end());
      return tl::unexpected(problems);
    }
    keys = std::move(*loaded_keys);
    const Diagnostics disagreements = check_keys_against(keys, config);
    problems.insert(problems.end(), disagreements.begin(), disagreements.end());
  }
  const std::uint64_t generation = before == nullptr ? 1 : before->generation + 1;
  ModelSource models{0, before == nullptr ? KnownModels() : before->models()};
  for (std::size_t i = 0; i < config.apis.size(); ++i) {
    ApiInForce& api = snapshot->apis.emplace_back();
    api.config = &config.apis[i];
    models.generation = generation << 20 | i;
    load_graphql_files(config_file, i, config.apis[i], models, api.graphql, read, problems);
  }
  load_tls(before, *snapshot, read, problems);
  if (!problems.empty()) return tl::unexpected(problems);

  snapshot->hash = hash_of(read);
  snapshot->generation = generation;
  snapshot->keys = std::make_unique<const KeyIndex>(std::move(keys), generation);
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
