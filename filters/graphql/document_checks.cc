// See document_checks.h. Any thread.
#include "filters/graphql/document_checks.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace tollgate::graphql {
namespace {

tl::unexpected<Problem> invalid(const Document& document, std::uint32_t position,
                                std::string message) {
  return tl::unexpected(Problem{.message = std::move(message), .place = document.place(position)});
}

std::uint32_t position_of(const Document& document, Name name) {
  return static_cast<std::uint32_t>(name.data - document.text.data());
}

std::string_view shown(Name name) { return name.text().substr(0, 100); }

// The first of two equal names, of those that name_of(i) gives for i < count.
// Leaves them in `seen`.
template <class NameOf>
std::optional<Name> first_repeated(std::size_t count, NameIndex& seen, const NameOf& name_of) {
  seen.clear();
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint32_t index = seen.add(name_of(i));
    if (index != i) return seen[index];
  }
  return std::nullopt;
}

// The same. Few names, as there mostly are, are compared with each other.
template <class NameOf>
std::optional<Name> repeated(std::size_t count, NameIndex& seen, const NameOf& name_of) {
  constexpr std::size_t kFew = 8;
  if (count > kFew) return first_repeated(count, seen, name_of);
  for (std::size_t i = 1; i < count; ++i) {
    for (std::size_t k = 0; k < i; ++k) {
      if (name_of(k) == name_of(i)) return name_of(k);
    }
  }
  return std::nullopt;
}

// The fields of each input object, which is a value that is followed by its fields.
tl::expected<void, Problem> check_objects(Document& document) {
  const auto& values = document.values;
  std::vector<Name>& fields = document.scratch.names;
  NameIndex& seen = document.scratch.seen;
  for (std::uint32_t i = 0; i < values.size(); ++i) {
    if (values[i].kind != Value::Kind::kObject) continue;
    fields.clear();
    for (std::uint32_t at = i + 1; at < values[i].end; at = values[at].end) {
      fields.push_back(values[at].field);
    }
    const auto twice = repeated(fields.size(), seen, [&](std::size_t k) { return fields[k]; });
    if (twice) {
      return invalid(document, position_of(document, *twice),
                     fmt::format("There can be only one input field named \"{}\".", shown(*twice)));
    }
  }
  return {};
}

tl::expected<void, Problem> check_arguments(const Document& document, std::uint32_t first,
                                            std::uint32_t count, NameIndex& seen) {
  const auto twice =
      repeated(count, seen, [&](std::size_t k) { return document.arguments[first + k].name; });
  if (!twice) return {};
  return invalid(document, position_of(document, *twice),
                 fmt::format("There can be only one argument named \"{}\".", shown(*twice)));
}

tl::expected<void, Problem> check_all_arguments(const Document& document, NameIndex& seen) {
  for (const std::uint32_t index : document.scratch.with_arguments) {
    const Selection& selection = document.selections[index];
    auto checked =
        check_arguments(document, selection.first_argument, selection.argument_count, seen);
    if (!checked) return checked;
  }
  for (const Directive& directive : document.directives) {
    if (directive.argument_count < 2) continue;
    auto checked =
        check_arguments(document, directive.first_argument, directive.argument_count, seen);
    if (!checked) return checked;
  }
  return {};
}

tl::expected<void, Problem> check_operations(Document& document) {
  std::vector<Name>& names = document.scratch.names;
  NameIndex& seen = document.scratch.seen;
  names.clear();
  for (const Operation& operation : document.operations) {
    if (!operation.name.empty()) names.push_back(operation.name);
    const auto twice = repeated(operation.variable_count, seen, [&](std::size_t k) {
      return document.variables[operation.first_variable + k].name;
    });
    if (twice) {
      return invalid(document, position_of(document, *twice),
                     fmt::format("There can be only one variable named \"${}\".", shown(*twice)));
    }
  }
  const auto twice = repeated(names.size(), seen, [&](std::size_t k) { return names[k]; });
  if (twice) {
    return invalid(document, position_of(document, *twice),
                   fmt::format("There can be only one operation named \"{}\".", shown(*twice)));
  }
  return {};
}

tl::expected<void, Problem> check_fragment_names(const Document& document, NameIndex& seen) {
  // Leaves the names of the fragments in `seen`, at the fragments' own indices.
  const auto& fragments = document.fragments;
  const auto twice =
      first_repeated(fragments.size(), seen, [&](std::size_t k) { return fragments[k].name; });
  if (!twice) return {};
  return invalid(document, position_of(document, *twice),
                 fmt::format("There can be only one fragment named \"{}\".", shown(*twice)));
}

void resolve_spreads(Document& document, const NameIndex& fragments) {
  for (const std::uint32_t index : document.scratch.spreads) {
    Selection& spread = document.selections[index];
    spread.target = fragments.find(spread.name);
  }
}

// Walks from each fragment to those that it spreads. A fragment that is met again while it is still
// open leads to itself.
class CycleSearch {
 public:
  explicit CycleSearch(Document& document)
      : document_(document), states_(document.scratch.states), path_(document.scratch.path) {
    states_.assign(document.fragments.size(), kNew);
  }

  // The spread that leads back; kNone: there is none.
  std::uint32_t find() {
    for (std::uint32_t i = 0; i < document_.fragments.size(); ++i) {
      if (states_[i] == kNew) {
        const std::uint32_t found = from(i);
        if (found != kNone) return found;
      }
    }
    return kNone;
  }

 private:
  enum State : std::uint8_t { kNew, kOpen, kDone };
  using Step = Document::Scratch::Step;

  void open(std::uint32_t fragment) {
    states_[fragment] = kOpen;
    path_.push_back({fragment, document_.fragments[fragment].selections.begin});
  }

  // The first spread of the circle: in the fragment that is met again, the one that the path took.
  std::uint32_t entry(std::uint32_t fragment) const {
    const auto step = std::find_if(path_.begin(), path_.end(),
                                   [&](const Step& s) { return s.fragment == fragment; });
    return step->at - 1;
  }

  std::uint32_t from(std::uint32_t first) {
    path_.clear();
    open(first);
    while (!path_.empty()) {
      Step& step = path_.back();
      if (step.at == document_.fragments[step.fragment].selections.end) {
        states_[step.fragment] = kDone;
        path_.pop_back();
        continue;
      }
      const Selection& selection = document_.selections[step.at++];
      if (selection.kind != Selection::Kind::kSpread || selection.target == kNone) continue;
      if (states_[selection.target] == kOpen) return entry(selection.target);
      if (states_[selection.target] == kNew) open(selection.target);
    }
    return kNone;
  }

  const Document& document_;
  std::vector<std::uint8_t>& states_;  // of each fragment
  std::vector<Step>& path_;
};

tl::expected<void, Problem> check_cycles(Document& document) {
  const std::uint32_t spread = CycleSearch(document).find();
  if (spread == kNone) return {};
  const Selection& selection = document.selections[spread];
  return invalid(document, selection.position,
                 fmt::format("Cannot spread fragment \"{}\" here: it leads back to this place.",
                             shown(selection.name)));
}

}  // namespace

tl::expected<void, Problem> check_document(Document& document) {
  NameIndex& seen = document.scratch.seen;
  if (auto checked = check_operations(document); !checked) return checked;
  if (auto checked = check_all_arguments(document, seen); !checked) return checked;
  if (auto checked = check_objects(document); !checked) return checked;
  if (document.fragments.empty()) return {};
  if (auto checked = check_fragment_names(document, seen); !checked) return checked;
  if (document.scratch.spreads.empty()) return {};
  resolve_spreads(document, seen);
  return check_cycles(document);
}

}  // namespace tollgate::graphql
