#include "proxy/snapshot.h"

#include <gtest/gtest.h>

#include "tests/support/temp_folder.h"

namespace tollgate {
namespace {

class SnapshotTest : public testing::Test {
 protected:
  SnapshotTest() {
    write_config("{schema: a.graphql}");
    folder_.write("keys.yaml", "keys: []\n");
    folder_.write("a.graphql", "type Query { orders: [Order] } type Order { id: ID }\n");
  }
  void write_config(const std::string& graphql) {
    folder_.write("tollgate.yaml",
                  "listen: [{address: \"127.0.0.1:0\"}]\nkeys: {file: keys.yaml}\napis:\n"
                  "  - {name: a, base: /a, kind: graphql, upstream: {url: \"http://h\"},\n"
                  "     graphql: " +
                      graphql +
                      "}\n"
                      "  - {name: b, base: /b, kind: graphql, upstream: {url: \"http://h\"}}\n"
                      "  - {name: c, base: /c, upstream: {url: \"http://h\"}}\n");
  }
  SnapshotPtr load(const Snapshot* before) {
    std::vector<SeenFile> read;
    auto loaded =
        load_snapshot(folder_.file("tollgate.yaml"), process_environment(), lasting_, before, read);
    if (loaded) return *loaded;
    ADD_FAILURE() << loaded.error().front().text();
    return nullptr;
  }

  TempFolder folder_;
  FailureCounter failures_;
  graphql::PersistedQueries persisted_queries_;
  Metrics metrics_{"1", "2"};
  std::unique_ptr<MemoryWindows> windows_;
  const LastingParts lasting_{failures_, persisted_queries_, windows_, metrics_};
};

TEST_F(SnapshotTest, models_stay_while_schema_and_costs_do) {
  const SnapshotPtr first = load(nullptr);
  ASSERT_EQ(first->models().size(), 2);
  folder_.write("keys.yaml",
                "keys: [{name: k, secrets: [\"sha256:" + std::string(64, 'a') + "\"]}]\n");
  const SnapshotPtr second = load(first.get());
  EXPECT_EQ(second->generation, 2);
  EXPECT_EQ(second->keys->keys().size(), 1);
  EXPECT_EQ(second->models(), first->models());
}

TEST_F(SnapshotTest, a_changed_schema_or_cost_makes_a_new_model_and_leaves_the_others) {
  const SnapshotPtr first = load(nullptr);
  folder_.write("a.graphql", "type Query { orders: [Order] } type Order { id: Int }\n");
  const SnapshotPtr schema = load(first.get());
  EXPECT_NE(schema->models()[0], first->models()[0]);
  EXPECT_NE(schema->models()[0]->generation(), first->models()[0]->generation());
  EXPECT_EQ(schema->models()[1], first->models()[1]);
  for (const char* settings :
       {"{schema: a.graphql, cost: {fields: {\"Query.orders\": {weight: 2}}}}",
        "{schema: a.graphql, introspection: {cost: 7}}"}) {
    write_config(settings);
    const SnapshotPtr cost = load(schema.get());
    EXPECT_NE(cost->models()[0], schema->models()[0]) << settings;
    EXPECT_EQ(cost->models()[1], schema->models()[1]) << settings;
  }
}

TEST_F(SnapshotTest, an_api_that_loses_its_schema_gets_the_model_without_one) {
  const SnapshotPtr first = load(nullptr);
  write_config("{}");
  const SnapshotPtr second = load(first.get());
  EXPECT_EQ(second->models()[0], first->models()[1]);
}

// As the kubelet swaps a volume: whole, and whenever it likes. The environment is asked between the
// configuration and the keys, so that is when it happens here.
class SnapshotOfFolderTest : public SnapshotTest {
 protected:
  SnapshotOfFolderTest() {
    for (const char* name : {"tollgate.yaml", "keys.yaml"}) {
      std::filesystem::remove(folder_.file(name));
      std::filesystem::create_symlink("..data/" + std::string(name), folder_.file(name));
    }
    publish();
  }
  // A key that names the plan of its version: with the configuration of another it is a mistake.
  void publish() {
    const std::string version = std::to_string(++version_);
    const std::string folder = "..v" + version;
    std::filesystem::create_directory(folder_.file(folder));
    folder_.write(folder + "/tollgate.yaml",
                  "listen: [{address: \"127.0.0.1:0\"}]\nkeys: {file: keys.yaml}\nplans: {p" +
                      version +
                      ": {requests: {1h: 5}}}\n"
                      "apis: [{name: a, base: /, upstream: {url: \"http://${HOST}\"}}]\n");
    folder_.write(folder + "/keys.yaml", "keys: [{name: k" + version + ", plan: p" + version +
                                             ", secrets: [\"sha256:" + std::string(64, 'a') +
                                             "\"]}]\n");
    std::filesystem::create_symlink(folder, folder_.file("..data_tmp"));
    std::filesystem::rename(folder_.file("..data_tmp"), folder_.file("..data"));
  }
  // Loads while the folder is swapped so many times.
  tl::expected<SnapshotPtr, Diagnostics> load_beside(int swaps) {
    std::vector<SeenFile> read;
    const auto lookup = [&](const std::string&) {
      if (swaps-- > 0) publish();
      return "h";
    };
    return load_snapshot(folder_.file("tollgate.yaml"), lookup, lasting_, nullptr, read);
  }

 private:
  int version_ = 0;
};

TEST_F(SnapshotOfFolderTest, files_are_of_one_time) {
  const auto loaded = load_beside(2);
  ASSERT_TRUE(loaded) << loaded.error().front().text();
  EXPECT_EQ((*loaded)->config.plans.begin()->first, "p3");
  EXPECT_EQ((*loaded)->keys->keys().front().name, "k3");
}

TEST_F(SnapshotOfFolderTest, files_that_never_rest_are_not_taken) {
  const auto loaded = load_beside(1000);
  ASSERT_FALSE(loaded);
  EXPECT_NE(loaded.error().front().text().find("some of them changed each of the 10 times"),
            std::string::npos)
      << loaded.error().front().text();
}

TEST_F(SnapshotTest, settings_that_the_schema_does_not_know_are_told_where_they_stand) {
  folder_.write(
      "a.graphql",
      "type Query implements Root { orders(limit: Int): [Order] page(first: Int): Page }\n"
      "interface Root { orders(limit: Int): [Order] }\n"
      "type Page { items: [Order] } type Order { id: ID }\n"
      "extend type Order { note: String }\n");
  write_config(
      "{schema: a.graphql, cost: {types: {Ordr: 2}, fields: {\n"
      "       \"Query.order\": {weight: 1}, \"Qery.orders\": {weight: 1},\n"
      "       \"Query.orders\": {slicing_arguments: [limit, limt]},\n"
      "       \"Query.page\": {sized_fields: [item]},\n"
      "       \"Root.orders\": {weight: 2}, \"Order.note\": {weight: 1}}}}");
  std::vector<SeenFile> read;
  const auto loaded =
      load_snapshot(folder_.file("tollgate.yaml"), process_environment(), lasting_, nullptr, read);
  ASSERT_FALSE(loaded);
  std::string problems = "\n";
  for (const Diagnostic& each : loaded.error()) problems += each.text() + "\n";
  const std::string place = folder_.file("tollgate.yaml") + ":";
  for (std::size_t at = 0; (at = problems.find(place)) != std::string::npos;) {
    problems.erase(at, place.size());
  }
  EXPECT_EQ(
      problems,
      "\n5:56: apis[0].graphql.cost.types.Ordr: the schema has no type Ordr; did you mean "
      "\"Order\"?\n"
      "6:23: apis[0].graphql.cost.fields.Query.order: the schema's type Query has no field order; "
      "did you mean \"orders\"?\n"
      "6:51: apis[0].graphql.cost.fields.Qery.orders: the schema has no type Qery; did you mean "
      "\"Query\"?\n"
      "7:52: apis[0].graphql.cost.fields.Query.orders.slicing_arguments[1]: Query.orders is sliced "
      "by \"limt\", but there is no \"limt\"; did you mean \"limit\"?\n"
      "8:38: apis[0].graphql.cost.fields.Query.page.sized_fields[0]: Query.page hands its size to "
      "\"item\", but there is no such field in the type Page; did you mean \"items\"?\n");
}

}  // namespace
}  // namespace tollgate
