// Everything a request is judged by: configuration, keys, chains. Built whole or not at all,
// immutable, swapped by pointer.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "conf/config_reader.h"
#include "filters/chain.h"
#include "filters/key_index.h"
#include "filters/router.h"
#include "proxy/file_watch.h"
#include "proxy/graphql_files.h"
#include "proxy/metrics.h"
#include "proxy/tls_files.h"

namespace tollgate {

struct ApiInForce {
  const ApiConfig* config = nullptr;
  UpstreamTlsMade upstream_tls;
  GraphqlFiles graphql;  // empty unless the API's kind is GraphQL
  std::unique_ptr<const Payers> payers;
  std::unique_ptr<const Chain> chain;
  std::string deprecation_fields;  // for every answer
  ApiId id = 0;
};

struct Snapshot {
  Config config;
  std::string hash;  // of the files that it was built from, hexadecimal
  std::uint64_t generation = 0;
  std::vector<ListenConfig> listen;       // in force: the addresses are those of the start
  std::vector<ListenTlsMade> listen_tls;  // in the order of listen
  std::unique_ptr<const KeyIndex> keys;
  std::unique_ptr<const Router> router;  // over config.apis
  std::vector<ApiInForce> apis;          // in the order of config.apis
  std::vector<KeyId> key_ids;            // in the order of keys->keys()

  [[nodiscard]] KnownModels models() const;
  // Of listeners and upstreams, each file once.
  [[nodiscard]] std::vector<CertificateTerm> certificates() const;
  [[nodiscard]] KeyId id_of(const Key* key) const {
    return key == nullptr ? 0 : key_ids[static_cast<std::size_t>(key - keys->keys().data())];
  }
};

// What outlives snapshots, so that a reload forgets nothing.
struct LastingParts {
  FailureCounter& failures;
  graphql::PersistedQueries& persisted_queries;
  std::unique_ptr<MemoryWindows>& windows;  // made with the first snapshot, as it says
  Metrics& metrics;
};

// What a configuration and the files that it names say; or all that is wrong in them.
struct CheckedFiles {
  Config config;
  std::vector<Key> keys;
};
[[nodiscard]] tl::expected<CheckedFiles, Diagnostics> check_files(const std::string& config_file,
                                                                  const EnvironmentLookup& lookup);

using SnapshotPtr = std::shared_ptr<const Snapshot>;

// Reads the files and builds. Features that are configured and not built are errors here. `before`
// is the snapshot in force, null at the start: what is the same in both is shared. `read` becomes
// the files that were read, also where they were at fault, each as seen just before.
[[nodiscard]] tl::expected<SnapshotPtr, Diagnostics> load_snapshot(const std::string& config_file,
                                                                   const EnvironmentLookup& lookup,
                                                                   const LastingParts& lasting,
                                                                   const Snapshot* before,
                                                                   std::vector<SeenFile>& read);

}  // namespace tollgate
