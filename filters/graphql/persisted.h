// Queries that are named by a hash in place of their text: documents that the operator lists, and
// texts that clients have sent before (Apollo's automatic persisted queries).
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include <tl/expected.hpp>

namespace tollgate::graphql {

// Whether `hex`, 64 lower-case digits, is the SHA-256 of the text.
[[nodiscard]] bool matches_sha256(std::string_view text, std::string_view hex);

// The operator's manifest, immutable: a part of the snapshot.
class PersistedDocuments {
 public:
  // `json` is an object of identifiers and texts, as Relay's compiler and graphql-codegen write it,
  // or {"format": "apollo-persisted-query-manifest", "version": 1, "operations": [{"id", "body"}]}.
  // "sha256:" in front of an identifier is cut off. The error says where and what, without the
  // file's name.
  [[nodiscard]] static tl::expected<PersistedDocuments, std::string> read(std::string_view json);

  // The view lives as long as this object; empty: not listed.
  [[nodiscard]] std::string_view find(std::string_view identifier) const;
  [[nodiscard]] std::size_t size() const { return texts_.size(); }

 private:
  struct Hash : std::hash<std::string_view> {
    using is_transparent = void;
  };
  std::unordered_map<std::string, std::string, Hash, std::equal_to<>> texts_;
};

// Texts that have passed, by their SHA-256. Thread-safe; shared by all workers. Lives outside the
// snapshot, so a reload forgets nothing. Bounded: the least recently used goes first.
class PersistedQueries {
 public:
  static constexpr std::size_t kMostBytes = std::size_t{16} * 1024 * 1024;  // bookkeeping included
  static constexpr std::size_t kMostTextBytes = std::size_t{128} * 1024;    // longer: not kept

  PersistedQueries();
  ~PersistedQueries();
  PersistedQueries(const PersistedQueries&) = delete;
  PersistedQueries& operator=(const PersistedQueries&) = delete;

  // `hash` must match the text, see matches_sha256.
  void remember(std::string_view hash, std::string_view text);
  enum class Found { kYes, kNo };
  // Copies the text, because another worker may push it out at any time; a reused string makes that
  // cheaper than counting references.
  [[nodiscard]] Found find(std::string_view hash, std::string& text);
  [[nodiscard]] std::size_t bytes() const;

 private:
  struct Table;
  std::unique_ptr<Table> table_;
};

}  // namespace tollgate::graphql
