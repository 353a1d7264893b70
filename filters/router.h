// Which API a request is for: the one that has it as an open path outside its base; else the
// longest base that matches on whole path segments. Always among those whose host matches.
#pragma once

#include <string_view>
#include <vector>

#include "conf/config.h"

namespace tollgate {

class Router {
 public:
  // Borrows the APIs, which outlive the router.
  explicit Router(const std::vector<ApiConfig>& apis);
  // `path` is exactly what goes upstream, `host` the request's authority: compared without regard
  // to case, port and a trailing dot. Of two APIs with one base or open path, the one with a host
  // wins. -1: no API; else an index into the APIs.
  [[nodiscard]] int find(std::string_view host, std::string_view method,
                         std::string_view path) const;

 private:
  struct OpenRoute {
    const OpenPath* open;
    int api;
  };
  [[nodiscard]] bool is_host(std::string_view authority, int api) const;

  const std::vector<ApiConfig>& apis_;
  std::vector<int> order_;       // longest base first, those with a host before those without
  std::vector<OpenRoute> open_;  // outside their API's base; likewise
};

}  // namespace tollgate
