// See window_store.h.
#include "filters/windows/window_store.h"

namespace tollgate {

std::string_view word_of(LimitScope scope) {
  switch (scope) {
    case LimitScope::kKey:
      return "key";
    case LimitScope::kEnvironment:
      return "environment";
    case LimitScope::kAddress:
      return "address";
  }
  return "";
}

std::string ScopeName::label() const {
  std::string label(word_of(kind));
  if (!name.empty()) label.append(":").append(name);
  return label;
}

}  // namespace tollgate
