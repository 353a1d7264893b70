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
  std::unique_ptr<const graphql::CostModel> model;
  std::unique_ptr<const graphql::PersistedDocuments> documents;  // null: no manifest
};

// Does nothing for APIs of another kind. `index` is the API's in the configuration, `generation`
// the model's. Mistakes are added to `problems`, files to `read`.
void load_graphql_files(const std::string& config_file, std::size_t index, const ApiConfig& api,
                        std::uint64_t generation, GraphqlFiles& files, std::vector<SeenFile>& read,
                        Diagnostics& problems);

}  // namespace tollgate
