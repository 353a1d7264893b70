// The files of a GraphQL API, read and made ready: its schema, and the manifest of persisted
// documents. Control thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "conf/config.h"
#include "conf/diagnostic.h"
#include "filters/graphql/cost_model.h"
#include "filters/graphql/persisted.h"
#include "proxy/file_watch.h"

namespace tollgate {

struct GraphqlFiles {
  std::shared_ptr<const graphql::CostModel> model;  // of several snapshots while it stays the same
  std::unique_ptr<const graphql::PersistedDocuments> documents;  // null: no manifest
};

using KnownModels = std::vector<std::shared_ptr<const graphql::CostModel>>;

// Where a model comes from.
struct ModelSource {
  std::uint64_t generation = 1;  // of one that is made
  // Models in force: one of the same schema and settings is taken, and with it go the plans that
  // the workers know.
  KnownModels known;
};

// Does nothing for APIs of another kind. `index` is the API's in the configuration. Mistakes are
// added to `problems`, files to `read`.
void load_graphql_files(const std::string& config_file, std::size_t index, const ApiConfig& api,
                        const ModelSource& models, GraphqlFiles& files, std::vector<SeenFile>& read,
                        Diagnostics& problems);

// What an operator whose GraphQL APIs have no schema is warned of; empty: all have one.
[[nodiscard]] std::string prices_without_schema(const Config& config);

}  // namespace tollgate
