// See persisted.h.
#include "filters/graphql/persisted.h"

#include <fmt/format.h>

#include <cassert>
#include <list>
#include <mutex>
#include <vector>

#include "conf/secret.h"
#include "filters/graphql/json_reader.h"

namespace tollgate::graphql {
namespace {

using Kind = JsonValue::Kind;

const JsonValue* member(const JsonValue& object, std::string_view name) {
  const JsonValue* found = object.first;
  while (found != nullptr && found->name != name) found = found->next;
  return found;
}

bool is_text(const JsonValue* value) {
  return value != nullptr && value->kind == Kind::kString && !value->text.empty();
}

std::string_view without_prefix(std::string_view identifier) {
  constexpr std::string_view kPrefix = "sha256:";
  return identifier.substr(identifier.starts_with(kPrefix) ? kPrefix.size() : 0);
}

// Files of other tools are objects too; their shape decides, not a name alone.
bool is_apollo(const JsonValue& root) {
  const JsonValue* operations = member(root, "operations");
  return operations != nullptr && operations->kind == Kind::kList;
}

struct Document {
  std::string_view identifier;
  std::string_view text;
};
using Documents = std::vector<Document>;

tl::expected<Documents, std::string> read_apollo(const JsonValue& root) {
  const JsonValue* format = member(root, "format");
  const JsonValue* version = member(root, "version");
  if (!is_text(format) || format->text != "apollo-persisted-query-manifest") {
    return tl::unexpected(
        std::string("It has a list \"operations\", but its \"format\" is not "
                    "\"apollo-persisted-query-manifest\"."));
  }
  if (version == nullptr || version->kind != Kind::kInteger || version->integer != 1) {
    return tl::unexpected(std::string("Its \"version\" is not 1, the only one that can be read."));
  }
  Documents documents;
  const JsonValue* operation = member(root, "operations")->first;
  for (; operation != nullptr; operation = operation->next) {
    const bool object = operation->kind == Kind::kObject;
    const JsonValue* id = object ? member(*operation, "id") : nullptr;
    const JsonValue* body = object ? member(*operation, "body") : nullptr;
    if (!is_text(id) || !is_text(body)) {
      return tl::unexpected(fmt::format(
          "operations[{}], at byte {}: it must be an object with the texts \"id\" and \"body\".",
          documents.size(), operation->offset));
    }
    documents.push_back({id->text, body->text});
  }
  return documents;
}

tl::expected<Documents, std::string> read_pairs(const JsonValue& root) {
  Documents documents;
  for (const JsonValue* pair = root.first; pair != nullptr; pair = pair->next) {
    if (pair->name.empty() || !is_text(pair)) {
      return tl::unexpected(fmt::format(
          "\"{}\", at byte {}: it must be an identifier with the text of an operation. What can be "
          "read is an object of those, or Apollo's manifest.",
          pair->name, pair->offset));
    }
    documents.push_back({pair->name, pair->text});
  }
  return documents;
}

}  // namespace

bool matches_sha256(std::string_view text, std::string_view hex) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  const SecretHash hash = hash_secret(text);
  if (hex.size() != hash.size() * 2) return false;
  for (std::size_t i = 0; i < hash.size(); ++i) {
    if (hex[2 * i] != kDigits[hash[i] >> 4U] || hex[2 * i + 1] != kDigits[hash[i] & 15U]) {
      return false;
    }
  }
  return true;
}

tl::expected<PersistedDocuments, std::string> PersistedDocuments::read(std::string_view json) {
  JsonReader reader;
  const auto root = reader.read(json);
  if (!root) return tl::unexpected(root.error().message);
  if ((*root)->kind != Kind::kObject) {
    return tl::unexpected(std::string("It must be a JSON object of identifiers and texts."));
  }
  const auto documents = is_apollo(**root) ? read_apollo(**root) : read_pairs(**root);
  if (!documents) return tl::unexpected(documents.error());
  PersistedDocuments persisted;
  for (const auto& [identifier, text] : *documents) {
    const std::string_view bare = without_prefix(identifier);
    const auto [place, added] = persisted.texts_.try_emplace(std::string(bare), text);
    if (!added && place->second != text) {
      return tl::unexpected(fmt::format("\"{}\" occurs twice, with different texts.", bare));
    }
  }
  return persisted;
}

std::string_view PersistedDocuments::find(std::string_view identifier) const {
  const auto found = texts_.find(identifier);
  return found == texts_.end() ? std::string_view() : found->second;
}

struct PersistedQueries::Table {
  struct Entry {
    std::string hash;
    std::string text;
  };
  using Entries = std::list<Entry>;
  // Of one entry beside its text: list node, table node, hash, bucket.
  static constexpr std::size_t kBookkeeping = 256;

  static std::size_t bytes_of(const Entry& entry) { return entry.text.size() + kBookkeeping; }

  void drop_oldest() {
    bytes -= bytes_of(entries.back());
    by_hash.erase(entries.back().hash);
    entries.pop_back();
  }

  // guarded by mu
  mutable std::mutex mu;
  Entries entries;                                                  // the most recently used first
  std::unordered_map<std::string_view, Entries::iterator> by_hash;  // keys lie in entries
  std::size_t bytes = 0;
};

PersistedQueries::PersistedQueries() : table_(std::make_unique<Table>()) {}
PersistedQueries::~PersistedQueries() = default;

void PersistedQueries::remember(std::string_view hash, std::string_view text) {
  assert(matches_sha256(text, hash));
  if (text.size() > kMostTextBytes) return;
  Table& table = *table_;
  const std::lock_guard lock(table.mu);
  const auto found = table.by_hash.find(hash);
  if (found != table.by_hash.end()) {
    table.entries.splice(table.entries.begin(), table.entries, found->second);
    return;
  }
  table.entries.push_front({std::string(hash), std::string(text)});
  table.by_hash.emplace(table.entries.front().hash, table.entries.begin());
  table.bytes += Table::bytes_of(table.entries.front());
  while (table.bytes > kMostBytes) table.drop_oldest();
}

PersistedQueries::Found PersistedQueries::find(std::string_view hash, std::string& text) {
  Table& table = *table_;
  const std::lock_guard lock(table.mu);
  const auto found = table.by_hash.find(hash);
  if (found == table.by_hash.end()) return Found::kNo;
  table.entries.splice(table.entries.begin(), table.entries, found->second);
  text = found->second->text;
  return Found::kYes;
}

std::size_t PersistedQueries::bytes() const {
  const std::lock_guard lock(table_->mu);
  return table_->bytes;
}

}  // namespace tollgate::graphql
