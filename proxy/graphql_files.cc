// See graphql_files.h.
#include "proxy/graphql_files.h"

#include <fmt/format.h>

#include <algorithm>

#include "conf/text_file.h"

namespace tollgate {
namespace {

// The file's text; none, and a problem, where it cannot be read.
std::optional<std::string> read_file(const std::string& file, std::vector<SeenFile>& read,
                                     Diagnostics& problems) {
  read.push_back(look_at_file(file));
  auto text = read_text_file(file);
  if (text) return std::move(*text);
  problems.push_back({file, 0, 0, "", text.error()});
  return std::nullopt;
}

Diagnostic diagnostic_of(const graphql::Problem& problem, const std::string& config_file,
                         std::size_t index, const std::string& schema_file) {
  if (problem.place.line == 0) {  // of the settings
    return {config_file, 0, 0, fmt::format("apis[{}].graphql", index), problem.message};
  }
  return {schema_file, static_cast<int>(problem.place.line), static_cast<int>(problem.place.column),
          "", problem.message};
}

using Model = std::shared_ptr<const graphql::CostModel>;

tl::expected<Model, std::vector<graphql::Problem>> find_model(const std::string& sdl,
                                                              const GraphqlConfig& settings,
                                                              const ModelSource& models) {
  const double introspection = settings.introspection.cost;
  const auto same = std::find_if(models.known.begin(), models.known.end(), [&](const Model& model) {
    return model->is_made_of(sdl, settings.cost, introspection);
  });
  if (same != models.known.end()) return *same;
  auto made = graphql::CostModel::make(sdl, settings.cost, introspection, models.generation);
  if (!made) return tl::unexpected(std::move(made.error()));
  return Model(std::move(*made));
}

}  // namespace

void load_graphql_files(const std::string& config_file, std::size_t index, const ApiConfig& api,
                        const ModelSource& models, GraphqlFiles& files, std::vector<SeenFile>& read,
                        Diagnostics& problems) {
  if (api.kind != ApiKind::kGraphql) return;
  std::string sdl;
  if (!api.graphql.schema.empty()) {
    auto text = read_file(api.graphql.schema, read, problems);
    if (!text) return;
    sdl = std::move(*text);
  }
  auto model = find_model(sdl, api.graphql, models);
  if (model) {
    files.model = std::move(*model);
  } else {
    for (const graphql::Problem& problem : model.error()) {
      problems.push_back(diagnostic_of(problem, config_file, index, api.graphql.schema));
    }
  }
  if (api.graphql.persisted_documents.empty()) return;
  const auto text = read_file(api.graphql.persisted_documents, read, problems);
  if (!text) return;
  auto documents = graphql::PersistedDocuments::read(*text);
  if (!documents) {
    problems.push_back({api.graphql.persisted_documents, 0, 0, "", documents.error()});
    return;
  }
  files.documents = std::make_unique<const graphql::PersistedDocuments>(std::move(*documents));
}

}  // namespace tollgate
