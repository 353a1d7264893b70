// Collects fields as execution does (specification of September 2025, section 6.3.2): the fields of
// a merged selection set, each response name once, with all that is selected of it.
#pragma once

#include <cstdint>
#include <vector>

#include "filters/graphql/cost_model.h"
#include "filters/graphql/document.h"
#include "filters/graphql/id_table.h"
#include "filters/graphql/json_value.h"
#include "filters/graphql/variables.h"

namespace tollgate::graphql {

// A list of ranges whose selections are merged, in Collector::links; kNone: the empty list.
struct RangeLink {
  Range range;
  std::uint32_t next = kNone;
};

struct Group {
  std::uint32_t first = 0;         // the selection whose name and arguments count
  std::uint32_t selected = kNone;  // what is selected of it: a list of ranges
  std::uint32_t last = kNone;      // the end of that list
  std::uint32_t chain = 0;         // without a schema: the conditions that it stands under
};

// Type conditions within each other, each once. Chain 0 has none.
struct Chain {
  std::uint32_t outer = kNone;      // the chain without the innermost condition
  std::uint32_t condition = kNone;  // index in the document
};

// Works on one document at a time, with memory that is used again. Not thread-safe.
class Collector {
 public:
  static constexpr std::uint64_t kMostSteps = 4'000'000;  // looks at a selection, 2 ns or so each

  // Borrows all three, until the next start. `variables` decide @skip and @include.
  void start(const Document& document, const Operation& operation, const Schema* schema,
             const JsonValue* variables);

  // Each appends to `groups` the fields of the ranges for one kind of value:
  // of an object type of the schema;
  void collect_for_type(std::uint32_t ranges, std::uint32_t type, std::vector<Group>& groups);
  // of what no schema knows, where all the conditions of the chain hold and no others;
  void collect_for_chain(std::uint32_t ranges, std::uint32_t chain, std::vector<Group>& groups);
  // of the root of an operation without a schema, where all conditions hold.
  void collect_for_root(std::uint32_t ranges, std::vector<Group>& groups);

  // "edges" and "nodes".
  [[nodiscard]] static bool names_connection(const Name& field);
  // The chains of conditions in the ranges, chain 0 first; and whether one of their fields, be it
  // collected or not, names a connection.
  void find_chains(std::uint32_t ranges, std::vector<std::uint32_t>& chains, bool& connection);

  // Of the operation's variable of this name; null: it declares none.
  [[nodiscard]] const VariableDefinition* definition_of(Name variable) const {
    const std::uint32_t index = definitions_.find(variable);
    if (index == NameIndex::kNotFound) return nullptr;
    return &document_->variables[operation_->first_variable + index];
  }
  [[nodiscard]] const RangeLink& link(std::uint32_t index) const { return links_[index]; }
  // For who passes over selections that need no collecting.
  void count_steps(std::uint64_t steps) { steps_ += steps; }
  [[nodiscard]] const Chain& chain(std::uint32_t index) const { return chains_[index]; }
  std::uint32_t add_range(Range range);
  [[nodiscard]] std::size_t bytes() const {
    return links_.capacity() * sizeof(RangeLink) + walks_.capacity() * sizeof(Walk) +
           chains_.capacity() * sizeof(Chain);
  }
  // The work is more than any sensible document needs.
  [[nodiscard]] bool exhausted() const { return steps_ > kMostSteps; }

 private:
  template <class Enters>
  void collect(std::uint32_t ranges, std::vector<Group>& groups, const Enters& enters);
  void add_field(std::uint32_t selection, std::uint32_t chain, std::vector<Group>& groups,
                 std::size_t first_group);
  [[nodiscard]] Group* find_group(Name response, std::vector<Group>& groups,
                                  std::size_t first_group);
  void index_group(std::vector<Group>& groups, std::size_t first_group);
  [[nodiscard]] bool left_out(const Selection& selection) const;
  // What the directive's argument "if" says.
  enum class Truth { kTrue, kFalse, kNeither };
  [[nodiscard]] Truth condition_of(const Directive& directive) const;
  [[nodiscard]] Truth truth_of_variable(Name name) const;
  [[nodiscard]] std::uint32_t chain_below(std::uint32_t chain, std::uint32_t condition);
  [[nodiscard]] bool chain_has(std::uint32_t chain, std::uint32_t condition);

  const Document* document_ = nullptr;
  const Operation* operation_ = nullptr;
  const Schema* schema_ = nullptr;
  Variables variables_;
  NameIndex definitions_;  // the operation's variables
  std::uint64_t steps_ = 0;

  struct Walk {
    std::uint32_t at;
    std::uint32_t end;
    std::uint32_t chain;
  };
  // What stands inside a spread that is resolved, or an inline fragment; and its type condition.
  [[nodiscard]] Walk inside_of(std::uint32_t selection, std::uint32_t chain,
                               std::uint32_t& condition) const;
  std::vector<Walk> walks_;
  std::vector<RangeLink> links_;
  std::vector<std::uint32_t> condition_types_;  // in the schema, by condition
  std::vector<std::uint32_t> fragment_rounds_;  // the collection that entered each fragment last
  std::uint32_t round_ = 0;
  std::uint64_t hashes_ = 0;  // of the collection: a bit for the hash of each response name
  std::vector<std::uint32_t> condition_rounds_;  // the collection in whose chain each stands
  std::vector<Chain> chains_;
  IdTable chain_ids_;                       // by outer chain and condition
  IdTable walked_;                          // fragment and chain pairs, while chains are found
  IdTable chains_found_;                    // likewise
  std::vector<std::uint32_t> group_slots_;  // indices of groups by response name, where many
};

}  // namespace tollgate::graphql
