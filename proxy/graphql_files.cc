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

Diagnostic diagnostic_of(const graphql::ModelProblem& problem, const std::string& config_file,
                         std::size_t index, const std::string& schema_file) {
  if (!problem.setting.empty()) {
    return {config_file, 0, 0, fmt::format("apis[{}].graphql.{}", index, problem.setting),
            problem.message};
  }
  return {schema_file, static_cast<int>(problem.place.line), static_cast<int>(problem.place.column),
          "", problem.message};
}

using Model = std::shared_ptr<const graphql::CostModel>;

tl::expected<Model, std::vector<graphql::ModelProblem>> find_model(const std::string& sdl,
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
    if (text->find_first_not_of(" \t\r\n") == std::string::npos) {
      problems.push_back({api.graphql.schema, 1, 1, "",
                          "is empty: it must hold the schema, or graphql.schema be left out"});
      return;
    }
    sdl = std::move(*text);
  }
  auto model = find_model(sdl, api.graphql, models);
  if (model) {
    files.model = std::move(*model);
  } else {
    for (const graphql::ModelProblem& problem : model.error()) {
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

std::string prices_without_schema(const Config& config) {
  std::string names;
  for (const ApiConfig& api : config.apis) {
    if (api.kind != ApiKind::kGraphql || !api.graphql.schema.empty()) continue;
    names += (names.empty() ? "" : ", ") + api.name;
  }
  if (names.empty()) return {};
  return fmt::format(
      "graphql.schema is not set, for {}: a list that is asked for without an argument that sizes "
      "it is priced as one object, so that prices may be too low",
      names);
}

}  // namespace tollgate
