#include "filters/graphql/persisted.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "conf/secret.h"

namespace tollgate::graphql {
namespace {

std::string hash_of(std::string_view text) {
  return format_secret_hash(hash_secret(text)).substr(std::string_view("sha256:").size());
}

std::string error_of(std::string_view manifest) {
  const auto documents = PersistedDocuments::read(manifest);
  return documents ? "was read" : documents.error();
}

TEST(PersistedDocuments, finds_the_text_of_an_identifier) {
  const auto documents =
      PersistedDocuments::read(R"({"abc": "{ a }", "sha256:def": "query Q { \"b\" }"})");
  ASSERT_TRUE(documents);
  EXPECT_EQ(documents->find("abc"), "{ a }");
  EXPECT_EQ(documents->find("def"), "query Q { \"b\" }");
  EXPECT_EQ(documents->find("ghi"), "");
  EXPECT_EQ(documents->size(), 2U);
}

TEST(PersistedDocuments, reads_apollos_manifest) {
  const auto documents = PersistedDocuments::read(
      R"({"format":"apollo-persisted-query-manifest","version":1,"operations":[
          {"id":"abc","name":"A","type":"query","body":"query A { a }"},
          {"id":"def","name":"B","type":"mutation","body":"mutation B { b }"}]})");
  ASSERT_TRUE(documents) << documents.error();
  EXPECT_EQ(documents->find("abc"), "query A { a }");
  EXPECT_EQ(documents->find("def"), "mutation B { b }");
}

TEST(PersistedDocuments, a_document_may_be_called_operations) {
  const auto documents = PersistedDocuments::read(R"({"operations": "{ a }"})");
  ASSERT_TRUE(documents);
  EXPECT_EQ(documents->find("operations"), "{ a }");
}

TEST(PersistedDocuments, an_empty_manifest_lists_nothing) {
  const auto documents = PersistedDocuments::read("{}");
  ASSERT_TRUE(documents);
  EXPECT_EQ(documents->size(), 0U);
}

TEST(PersistedDocuments, an_error_says_where_and_what) {
  EXPECT_EQ(error_of("{"), "At byte 1 it is not JSON yet: its end is missing.");
  EXPECT_EQ(error_of("[]"), "It must be a JSON object of identifiers and texts.");
  EXPECT_EQ(error_of(R"({"abc": 5})"),
            "\"abc\", at byte 8: it must be an identifier with the text of an operation. What can "
            "be read is an object of those, or Apollo's manifest.");
  EXPECT_EQ(error_of(R"({"operations":[]})"),
            "It has a list \"operations\", but its \"format\" is not "
            "\"apollo-persisted-query-manifest\".");
  EXPECT_EQ(error_of(R"({"format":"apollo-persisted-query-manifest","version":2,"operations":[]})"),
            "Its \"version\" is not 1, the only one that can be read.");
  EXPECT_EQ(
      error_of(
          R"({"format":"apollo-persisted-query-manifest","version":1,"operations":[{"id":"a"}]})"),
      "operations[0], at byte 70: it must be an object with the texts \"id\" and \"body\".");
  EXPECT_EQ(error_of(R"({"a":"{ x }","sha256:a":"{ y }"})"),
            "\"a\" occurs twice, with different texts.");
  EXPECT_EQ(error_of(R"({"a":"{ x }","a":"{ x }"})"),
            "At byte 13 an object has the member \"a\" a second time.");
}

TEST(MatchesSha256, is_true_for_the_right_lower_case_digits_only) {
  const std::string hash = "ecf4edb46db40b5132295c0291d62fb65d6759a9eedfa4d5d612dd5ec54a6b38";
  EXPECT_TRUE(matches_sha256("{__typename}", hash));
  EXPECT_FALSE(matches_sha256("{__typename} ", hash));
  EXPECT_FALSE(matches_sha256("{__typename}", hash.substr(1)));
  EXPECT_FALSE(matches_sha256("{__typename}", ""));
  std::string upper = hash;
  upper[0] = 'E';
  EXPECT_FALSE(matches_sha256("{__typename}", upper));
}

TEST(PersistedQueries, a_text_that_has_passed_is_found_by_its_hash) {
  PersistedQueries queries;
  std::string text = "before";
  EXPECT_EQ(queries.find(hash_of("{ a }"), text), PersistedQueries::Found::kNo);
  EXPECT_EQ(text, "before");
  queries.remember(hash_of("{ a }"), "{ a }");
  EXPECT_EQ(queries.find(hash_of("{ a }"), text), PersistedQueries::Found::kYes);
  EXPECT_EQ(text, "{ a }");
}

TEST(PersistedQueries, a_text_is_kept_once) {
  PersistedQueries queries;
  queries.remember(hash_of("{ a }"), "{ a }");
  const std::size_t bytes = queries.bytes();
  queries.remember(hash_of("{ a }"), "{ a }");
  EXPECT_EQ(queries.bytes(), bytes);
}

TEST(PersistedQueries, the_least_recently_used_goes_first_and_the_bound_holds) {
  PersistedQueries queries;
  const std::string used = "{ used }";
  const std::string unused = "{ unused }";
  queries.remember(hash_of(used), used);
  queries.remember(hash_of(unused), unused);
  std::string text;
  for (std::size_t i = 0; i < 200; ++i) {
    text = std::to_string(i) + std::string(100'000, ' ');
    queries.remember(hash_of(text), text);
    ASSERT_LE(queries.bytes(), PersistedQueries::kMostBytes);
    ASSERT_EQ(queries.find(hash_of(used), text), PersistedQueries::Found::kYes);
  }
  EXPECT_EQ(queries.find(hash_of(unused), text), PersistedQueries::Found::kNo);
  EXPECT_GT(queries.bytes(), PersistedQueries::kMostBytes / 2);
}

TEST(PersistedQueries, a_text_that_is_too_long_is_not_kept) {
  PersistedQueries queries;
  std::string text(PersistedQueries::kMostTextBytes + 1, ' ');
  const std::string hash = hash_of(text);
  queries.remember(hash, text);
  EXPECT_EQ(queries.find(hash, text), PersistedQueries::Found::kNo);
  EXPECT_EQ(queries.bytes(), 0U);
}

TEST(PersistedQueries, many_threads_share_one) {
  PersistedQueries queries;
  const auto work = [&queries] {
    std::string found;
    for (int i = 0; i < 200; ++i) {
      const std::string text = "{ f" + std::to_string(i % 50) + std::string(5'000, ' ') + "}";
      const std::string hash = hash_of(text);
      queries.remember(hash, text);
      EXPECT_EQ(queries.find(hash, found), PersistedQueries::Found::kYes);
      EXPECT_EQ(found, text);
    }
  };
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) threads.emplace_back(work);
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace tollgate::graphql
