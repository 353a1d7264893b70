// Prices an operation while it is read, in a single pass over the text: what it comes to for one
// set of variables, and nothing that is kept. It takes a third of the time of reading a Document
// and compiling a Plan, and so is the first to look at a text that has not come before. It knows
// what most texts are made of. What is unusual, or wrong in any way, it leaves to the others, who
// come to the same price or say what is wrong.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "filters/graphql/cost_model.h"
#include "filters/graphql/plan.h"
#include "filters/graphql/price_table.h"
#include "filters/graphql/scan.h"
#include "filters/graphql/token_index.h"
#include "filters/graphql/variables.h"

namespace tollgate::graphql {

// Not thread-safe: one per worker. In the steady state it allocates nothing.
class SinglePass {
 public:
  // Of a text. Longer ones are left to others.
  static constexpr std::size_t kMostBytes = std::size_t{20} * 1024;

  // As Estimator::estimate, but without bounds. None: the text is to be read by others. The name is
  // valid until the next call.
  [[nodiscard]] std::optional<OperationCost> price(const CostModel& model, std::string_view text,
                                                   std::string_view operation_name,
                                                   const JsonValue* variables);
  // Of the text that was priced last: no fewer than it has. Those of a fragment count wherever it
  // is spread.
  [[nodiscard]] std::size_t aliases() const { return alias_count_; }

 private:
  static constexpr std::size_t kMostSets = 64;
  static constexpr std::size_t kMostAliases = 64;
  static constexpr std::size_t kMostFew = 16;  // arguments of a field, variables, fragments

  using Place = TokenIndex::Place;
  // The selection set of a field that is being read, for values of one type. They stand in a stack,
  // where the operation's own is the second.
  struct Set {
    const PriceTable::Type* type = nullptr;
    Points points = 0;
    // The response names so far: a bit each for those that are names of fields, the others from
    // here on in aliases_.
    std::uint64_t names = 0;
    std::uint64_t more_names = 0;
    std::size_t first_alias = 0;
    std::uint32_t fields = 0;     // that it has collected
    std::uint32_t fragments = 0;  // of open_fragments_, that are open in it
    // What its field costs:
    Count count = 1;
    Points own = 0;  // without the selections; of a field of several types: the dearest so far
    // Of a field of several types:
    std::uint32_t field = kNone;  // in the schema; kNone: it is of one
    std::uint32_t next = 0;       // the possible type to be read for next
    Place begin = nullptr;        // of the set
    Place end = nullptr;          // as the first type has it
    // What its field hands down:
    std::uint64_t hands_to = 0;  // the bits of the fields that get the size
    Count size = kNoSize;        // kNoSize: they are counted with the whole, as parts of it
  };
  // A fragment whose selections are being read.
  struct OpenFragment {
    std::uint32_t spread = kNone;  // index of the fragment; kNone: it stands where it is
    Place back = nullptr;          // behind the spread
  };
  struct Fragment {
    std::string_view name;
    std::uint32_t condition = kNone;  // type in the schema
    Place begin = nullptr;            // after its "{"
    Place end = nullptr;              // after its "}"
    bool entered = false;
    std::uint32_t spreads = 0;  // a bit for each that is spread in it
  };
  struct Variable {
    std::string_view name;
    bool non_null = false;
    bool has_default = false;
  };
  struct Literal {
    enum class Kind : std::uint8_t { kInt, kVariable, kNull, kOther };
    Kind kind = Kind::kOther;
    std::string_view text;  // of an integer; the name of a variable
  };
  struct Argument {
    std::string_view name;
    Literal value;
  };

  [[nodiscard]] const char* text_at(Place at) const { return begin_ + *at; }
  [[nodiscard]] bool is(Place at, char punctuator) const { return *text_at(at) == punctuator; }
  [[nodiscard]] bool is_word(Place at, std::string_view word) const {
    return scan::is_word(text_at(at), word);
  }
  [[nodiscard]] scan::Class class_at(Place at) const { return scan::class_of(text_at(at)); }
  // Among the first `count`; null: it is not there. They are few.
  template <class Named>
  [[nodiscard]] static Named* find(std::array<Named, kMostFew>& all, std::size_t count,
                                   std::string_view name) {
    for (std::size_t i = 0; i < count; ++i) {
      if (same_text(all[i].name, name)) return &all[i];
    }
    return nullptr;
  }

  // Those that take a place go from there to the one behind what they read; null: that is not to be
  // read here. What most fields do not need is out of line, so that the others stay in registers.

  // single_pass.cc
  [[nodiscard]] bool operation(Place at, std::string_view wanted, OperationCost& cost);
  Place head(Place at, OperationCost& cost);
  Place walk(Place at);
  [[gnu::always_inline]] Place fields(Place at, Set& set);
  [[gnu::always_inline]] Place close(Place at, Set& set);
  [[nodiscard, gnu::always_inline]] const PriceTable::Slot& slot_at(
      Place at, const PriceTable::Type& type) const;
  [[nodiscard, gnu::noinline]] const PriceTable::Slot& long_slot(
      Place at, const PriceTable::Type& type) const;
  [[gnu::noinline]] Place field_handed(Place at, Set& set);
  [[gnu::noinline]] Place more_of_field(Place at, const PriceTable::Slot& first, Set& set);
  // Whether the set has not had this response name, which it has from now on.
  [[gnu::always_inline]] static bool is_first(const PriceTable::Slot& slot, Set& set);
  [[nodiscard]] bool is_first(std::string_view alias, const Set& set);
  Place price_field(Place at, const PriceTable::Slot& slot, Set& set);
  // How many there are of a field, and what they cost without their selections.
  struct Counted {
    Count count = 1;
    Points own = 0;
    Count size = kNoSize;  // that it hands down
  };
  [[nodiscard]] bool count_field(const PriceTable::Slot& slot, const Set& set, Counted& counted);
  [[gnu::noinline]] Place close_abstract(Place at, Set& set);
  [[nodiscard]] const std::vector<std::uint32_t>& possible(const PriceTable::Field& field) const;
  // On top of the stack, behind a "{"; null: there is no room.
  [[gnu::always_inline]] Set* open_set(Place at, const PriceTable::Type& type);
  void begin_set(Set& set, const PriceTable::Type& type);
  [[nodiscard]] bool reads_again(Place from, Place to);
  static bool sum(Points& to, Points more);
  static bool sum(Points& to, Count count, Points each);

  // single_pass_fragments.cc
  [[gnu::noinline]] Place fragment(Place at, Set& set);
  Place inline_fragment(Place at, Set& set, std::uint32_t condition);
  Place spread(Place at, Set& set);
  [[nodiscard]] bool open_fragment(Set& set, OpenFragment fragment);
  [[gnu::noinline]] Place close_fragment(Place at, Set& set);
  [[nodiscard]] bool add_rest(Place at);
  Place add_fragments(Place at);
  Place skip_set(Place at, std::size_t depth);
  Place condition(Place at, std::uint32_t& type) const;
  [[nodiscard]] Fragment* spread_around();
  [[nodiscard]] bool has_cycle();
  // Whether all of the text was read, and not only passed by.
  [[nodiscard]] bool all_entered();

  // single_pass_values.cc
  [[nodiscard]] std::string_view name_at(Place at) const;
  Place variables(Place at);
  Place type(Place at, bool& non_null) const;
  Place arguments(Place at);
  Place value(Place at, Literal& value, unsigned depth);
  Place fields_of_object(Place at, unsigned depth);
  Place number(Place at, Literal& value);
  Place number_or_string(Place at, Literal& value);
  // What the arguments of a field say of its size.
  [[nodiscard]] bool sliced(const FieldPrice& price, Count& size);
  [[nodiscard]] bool sliced_by_variable(const SlicingArgument& slicing, std::string_view variable,
                                        Count& size, unsigned& given);

  const CostModel* model_ = nullptr;
  const PriceTable* prices_ = nullptr;
  const JsonValue* json_ = nullptr;
  Variables json_variables_;
  bool json_indexed_ = false;

  std::string text_;  // with padding behind it
  const char* begin_ = nullptr;
  std::size_t size_ = 0;
  TokenIndex tokens_;
  bool is_utf8_ = false;   // it was looked at, and is
  bool constant_ = false;  // no variable may stand here

  std::array<Set, kMostSets> sets_;
  Set* top_ = nullptr;      // of them
  Set* deepest_ = nullptr;  // likewise, that has had a field
  std::size_t open_count_ = 0;
  std::array<OpenFragment, kMostFew> open_fragments_;
  std::size_t again_ = 0;  // bytes that are read once more, for other types and elsewhere
  std::array<std::string_view, kMostAliases> aliases_;  // of the open sets
  std::size_t aliases_open_ = 0;
  std::size_t alias_count_ = 0;

  Place operation_begin_ = nullptr;  // after its "{"
  Place operation_end_ = nullptr;    // after its "}", once the fragments behind it are known
  std::size_t fragment_count_ = 0;
  std::array<Fragment, kMostFew> fragments_;
  std::vector<Place> entered_;  // inline fragments, after their "{"
  std::vector<Place> passed_;   // likewise, whose conditions do not hold for the type
  std::size_t variable_count_ = 0;
  std::array<Variable, kMostFew> variables_;
  std::size_t argument_count_ = 0;
  std::array<Argument, kMostFew> arguments_;
};

}  // namespace tollgate::graphql
