// Makes a Plan of an operation: collects its fields as execution does, for every type that a value
// may be of, looks up what each costs, and works out at once all that no variable decides.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include <tl/expected.hpp>

#include "filters/graphql/argument_weights.h"
#include "filters/graphql/collector.h"
#include "filters/graphql/cost_model.h"
#include "filters/graphql/plan.h"

namespace tollgate::graphql {

// However fragments are nested, an estimate takes so many visits at most: of one collected field
// for one possible type or alternative. Equal selections of one type are worked out once and
// counted each time.
inline constexpr std::uint32_t kMostVisits = 100'000;

// Not thread-safe: one per worker, so that compiling allocates nothing in the steady state.
class Compiler : VariableSink {
 public:
  enum class Keep {
    kWhatVaries,  // the fields whose costs hang on variables
    kAll          // every field, to be explained
  };
  // `variables` (an object or null) decide @skip and @include; nothing else of them is looked at.
  // Errors: too much work, and sizes in the text that are none.
  [[nodiscard]] tl::expected<void, Problem> compile(const CostModel& model,
                                                    const Document& document,
                                                    std::uint32_t operation,
                                                    const JsonValue* variables, Keep keep,
                                                    Plan& plan);

  // What it has taken so far, and keeps for what comes.
  [[nodiscard]] std::size_t bytes() const {
    return collector_.bytes() + (groups_.capacity() + collected_.capacity()) * sizeof(Group) +
           facts_.capacity() * sizeof(SetFacts) + frames_.capacity() * sizeof(Frame) +
           open_fields_.capacity() * sizeof(OpenField) + flat_sets_.capacity() * sizeof(FlatSet);
  }

 private:
  // A size, known or not: a number or an expression of the plan.
  struct Size {
    Count count = kNoSize;
    std::uint32_t expression = kNone;
    bool certain = false;  // it comes to a number, whatever the variables
    [[nodiscard]] bool known() const { return count != kNoSize || expression != kNone; }
  };
  // What the fields above hand down to the fields of a set.
  struct Handed {
    const SizedPath* path = nullptr;
    std::uint32_t step = 0;  // the name in `path` that these fields may have
    Size size;
    FieldPrice::Connection connection = FieldPrice::Connection::kNotOne;
  };
  // Which fields a selection set has: of a type of the schema, or under a chain of conditions.
  struct SetKey {
    std::uint32_t ranges = kNone;
    std::uint32_t type = kNone;  // kNone: no schema knows it
    std::uint32_t chain = 0;
    Span handed;          // in handed_
    bool recurs = false;  // the same may be asked for again
  };
  static constexpr std::uint32_t kMostCounted = 2 * kMostVisits;
  struct SetFacts {
    std::uint32_t visits = 0;  // at most kMostCounted
    std::uint32_t depth = 0;
    bool varies = false;
  };
  // A field that is FieldPrice::simple, and whose count no variable says.
  struct SimpleField {
    Count count = 1;
    Points own = 0;               // what it costs without its selections
    std::uint32_t field = kNone;  // in the schema
    std::uint32_t selection = kNone;
  };
  // Any other, whose alternatives are being priced.
  struct OpenField {
    Node node;
    std::uint32_t next_alternative = 0;
    SetKey below;  // of the alternatives
  };
  // A set that is Selection::flat, within another and being walked.
  struct FlatSet {
    Points points = 0;
    std::uint32_t type = kNone;
    std::uint32_t at = 0;  // the selection that is next
    std::uint32_t end = 0;
    std::uint32_t visits = 0;
    std::uint32_t depth = 1;
    SimpleField inner;  // whose selection set is the next one of flat_sets_
  };
  // A selection set whose fields are being priced, one after the other.
  struct Frame {
    SetKey key;
    std::uint32_t set = 0;
    std::uint32_t first_group = 0;
    std::uint32_t next_group = 0;
    Range flat;           // of a set that is Selection::flat: what is left of it, without groups
    bool simply = false;  // its fields may be passed without the general machinery
    bool open_field = false;  // the last of open_fields_ is of this set
    SimpleField simple;       // else: whose selection set is the next frame
    SetFacts facts;
  };

  // compiler.cc
  void open_set(const SetKey& key);
  Frame& add_frame(const SetKey& key);
  void collect(Frame& frame);
  void count_created(std::uint32_t fields);
  void step();
  void begin_collected_field(Frame& frame);
  void begin_field(Frame& frame, const Group& group, std::uint32_t field, const Size& size);
  OpenField& open_field(Frame& frame, const Group& group);
  void price_alternative(const Frame& frame);
  void finish_field(Frame& frame);
  static void count_below(SetFacts& field, const SetFacts& below);
  static void pass_field(Frame& frame, const SetFacts& field);
  void close_set();
  [[nodiscard]] bool recurs(const Frame& frame, std::uint32_t ranges, std::uint32_t types) const;
  // A set that was worked out before; IdTable::kNotFound: none.
  [[nodiscard]] std::uint32_t known_set(const SetKey& key) const;
  [[nodiscard]] std::optional<std::uint64_t> memo_key(const SetKey& key) const;
  [[nodiscard]] bool at_root() const { return frames_.size() == 1; }
  [[nodiscard]] const Selection& selection_of(const Group& group) const {
    return document_->selections[group.first];
  }
  [[gnu::cold]] void fail(std::uint32_t position, std::string message);
  [[gnu::noinline, gnu::cold]] void too_much_work();
  [[gnu::cold]] void fail_for_work(std::uint64_t most, std::string message);

  // compile_simple.cc
  // Whether the plain fields of a set may be passed without the general machinery.
  [[nodiscard]] bool sets_aside(const SetKey& key) const {
    return key.handed.count == 0 && keep_ == Keep::kWhatVaries && !at_root();
  }
  // And the others that are FieldPrice::simple.
  [[nodiscard]] bool prices_simply(const SetKey& key) const {
    return key.type != kNone && sets_aside(key);
  }
  [[nodiscard]] Points plain_points(const Selection& selection, std::uint32_t field) const;
  // How many fields the set has, if it is flat; 0: it is not.
  [[nodiscard]] std::uint32_t flat_fields(const SetKey& key) const {
    const RangeLink& link = collector_.link(key.ranges);
    return link.next == kNone ? document_->selections[link.range.begin - 1].flat : 0;
  }
  [[nodiscard]] SimpleField simple_field(std::uint32_t field, std::uint32_t selection,
                                         const Size& size) const;
  void walk_flat_set(const Frame& frame);
  void close_flat_set(FlatSet& set);
  void leave_flat_sets(const FlatSet& innermost, std::uint32_t field, const Size& size);
  void pass_flat(Frame& frame, const FlatSet& set);
  void set_plain_aside(Frame& frame);
  void begin_simple(Frame& frame, const Group& group, const SimpleField& simple);
  void finish_simple(Frame& frame, std::uint32_t set);

  // compile_field.cc
  void field_of_schema(const Frame& frame, OpenField& open, const Group& group, std::uint32_t field,
                       const Size& size);
  void field_unlisted(const Frame& frame, OpenField& open, const Group& group);
  void introspection(OpenField& open, const Group& group);
  void add_alternatives_of_type(OpenField& open, const FieldPrice& price, std::uint32_t declared,
                                bool in_list);
  // Whether a field is a list: kIfSized, where its sizes come to a number.
  enum class Listed { kNo, kYes, kIfSized };
  // The chains below the field, in chains_. True: one of its fields may make it a connection.
  bool find_chains(const Group& group);
  // Whether one of the fields of the chains does.
  [[nodiscard]] bool collects_connection(std::uint32_t ranges);
  void add_alternatives_of_chains(OpenField& open, const Group& group, const FieldPrice& price,
                                  Listed listed);
  void weigh_nothing(const Node& node);
  [[nodiscard]] const FieldPrice& unlisted_price(const Frame& frame, const Group& group) const;
  [[nodiscard]] Points weight_under(std::uint32_t chain) const;
  void weigh_arguments(OpenField& open, const Selection& selection, std::uint32_t field);
  void variable(std::uint32_t value, std::uint32_t input, bool inside) override;
  [[nodiscard]] std::uint32_t plan_variable(Name name);

  // compile_size.cc
  // None where the expression `unless` comes to a size.
  [[nodiscard]] Size size_of(const Selection& selection, const FieldPrice& price,
                             std::uint32_t unless) {
    if (!price.slicing.empty() || (unless != kNone && price.size != kNoSize)) {
      return sliced_size(selection, price, unless);
    }
    return {price.size, kNone, price.size != kNoSize};
  }
  [[nodiscard]] Size sliced_size(const Selection& selection, const FieldPrice& price,
                                 std::uint32_t unless);
  void add_slicing(const Selection& selection, const SlicingArgument& argument,
                   SizeExpression& expression);
  void set_count(Node& node, const Size& first, const Size& second, Count otherwise);
  // What is handed to a field of this name.
  struct Handing {
    Size size;
    bool part_of_multiplied = false;  // "edges" of a connection that is multiplied as a whole
    std::uint32_t part_if = kNone;    // so it is where this expression comes to a size
  };
  [[nodiscard]] Handing hand_to(const Frame& frame, Name field) const;
  void hand_through(const Frame& frame, OpenField& open, Name field);
  void hand_down(const std::vector<SizedPath>& paths, const Size& size,
                 FieldPrice::Connection connection);

  const CostModel* model_ = nullptr;
  const Document* document_ = nullptr;
  const Operation* operation_ = nullptr;
  Keep keep_ = Keep::kWhatVaries;
  Plan* plan_ = nullptr;
  std::optional<Problem> problem_;
  std::uint64_t created_ = 0;  // fields

  Collector collector_;
  std::vector<Frame> frames_;
  std::vector<OpenField> open_fields_;  // of the frames that have one
  std::vector<FlatSet> flat_sets_;      // around the one that is walked
  std::vector<Group> groups_;           // of the open frames
  std::vector<Group> collected_;        // to be looked at once
  std::vector<SetFacts> facts_;         // of the sets of the plan
  std::vector<Handed> handed_;
  std::vector<std::uint32_t> chains_;
  IdTable memo_;       // sets by what they select and of what type
  IdTable variables_;  // of the plan, by the hashes of their names
};

}  // namespace tollgate::graphql
