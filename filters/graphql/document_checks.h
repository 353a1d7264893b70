// What the names of a document say of each other.
#pragma once

#include <tl/expected.hpp>

#include "filters/graphql/document.h"

namespace tollgate::graphql {

// Resolves the spreads, and refuses what would be ambiguous or endless: two fragments, operations,
// variables, arguments or fields of an input object of one name in one place, and fragments that
// lead to themselves. Linear, whatever the document. Placed as the reference implementation does.
[[nodiscard]] tl::expected<void, Problem> check_document(Document& document);

}  // namespace tollgate::graphql
