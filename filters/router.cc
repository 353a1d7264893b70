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

}  // namespace

Router::Router(const std::vector<ApiConfig>& apis) : apis_(apis), order_(apis.size()) {
  std::iota(order_.begin(), order_.end(), 0);
  std::stable_sort(order_.begin(), order_.end(), [&](int a, int b) {
    const ApiConfig& first = apis_[static_cast<std::size_t>(a)];
    const ApiConfig& second = apis_[static_cast<std::size_t>(b)];
    if (first.base.size() != second.base.size()) return first.base.size() > second.base.size();
    return !first.host.empty() && second.host.empty();
  });
  for (const int index : order_) {
    const ApiConfig& api = apis_[static_cast<std::size_t>(index)];
    for (const OpenPath& open : api.open) {
      if (!is_below(open.path, api.base)) open_.push_back({&open, index});
    }
  }
  std::stable_partition(open_.begin(), open_.end(), [&](const OpenRoute& route) {
    return !apis_[static_cast<std::size_t>(route.api)].host.empty();
  });
}

bool Router::is_host(std::string_view authority, int api) const {
  const std::string& host = apis_[static_cast<std::size_t>(api)].host;
  return host.empty() || equals_ignoring_case(name_of(authority), host);
}

int Router::find(std::string_view host, std::string_view method, std::string_view path) const {
  for (const auto& [open, api] : open_) {
    if (open->path == path && open->method == method && is_host(host, api)) return api;
  }
  for (const int api : order_) {
    if (is_below(path, apis_[static_cast<std::size_t>(api)].base) && is_host(host, api)) return api;
  }
  return -1;
}

}  // namespace tollgate
