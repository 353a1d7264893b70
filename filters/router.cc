// See router.h. Any thread.
#include "filters/router.h"

#include <algorithm>
#include <numeric>

#include "filters/request.h"

namespace tollgate {
namespace {

// "API.example.com.:8080" is "API.example.com".
std::string_view name_of(std::string_view authority) {
  if (!authority.starts_with('[')) {
    authority = authority.substr(0, authority.find(':'));
  } else {
    authority = authority.substr(0, authority.find(']') + 1);
  }
  if (authority.ends_with('.')) authority.remove_suffix(1);
  return authority;
}

bool is_below(std::string_view path, std::string_view base) {
  if (base.size() == 1) return path.starts_with('/');
  return path.starts_with(base) && (path.size() == base.size() || path[base.size()] == '/');
}

}  // namespace

Router::Router(const std::vector<ApiConfig>& apis) : apis_(apis), order_(apis.size()) {
  std::iota(order_.begin(), order_.end(), 0);
  std::stable_sort(order_.begin(), order_.end(), [&](int a, int b) {
    const ApiConfig& first = apis_[static_cast<std::size_t>(a)];
    const ApiConfig& second = apis_[static_cast<std::size_t>(b)];
    if (first.base.size() != second.base.size()) return first.base.size() > second.base.size();
    return !first.host.empty() && second.host.empty();
  });
}

int Router::find(std::string_view host, std::string_view path) const {
  for (const int index : order_) {
    const ApiConfig& api = apis_[static_cast<std::size_t>(index)];
    if (!is_below(path, api.base)) continue;
    if (api.host.empty() || equals_ignoring_case(name_of(host), api.host)) return index;
  }
  return -1;
}

}  // namespace tollgate
