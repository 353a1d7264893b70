// Names that a server acts on, and names that it could take for them.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace tollgate::graphql {

struct NameMatch {
  enum class Kind {
    kOther,
    kExact,
    kResembles,  // equal but for case: a server that ignores it would act on this one
  };
  Kind kind = Kind::kOther;
  std::size_t index = 0;  // of the known name, where there is one
};

// Case is folded as Go's JSON decoder does, which also takes U+017F for s and U+212A for k.
[[nodiscard]] NameMatch match_name(std::string_view name, std::span<const std::string_view> known);

}  // namespace tollgate::graphql
