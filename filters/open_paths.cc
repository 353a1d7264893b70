// Open paths (probes) and forwarded CORS preflights: calls that need no key and are not charged.
// Any thread.
#include <algorithm>

#include "filters/filters.h"

namespace tollgate {
namespace {

// A browser asks before it calls, and cannot send a key with the question, nor a body (Fetch,
// CORS-preflight request).
bool is_preflight(const RequestHead& request) {
  return request.method == Method::kOptions && !has_body(request) &&
         request.find(HeaderId::kOrigin) != nullptr &&
         request.find(HeaderId::kAccessControlRequestMethod) != nullptr;
}

class OpenPaths final : public Filter {
 public:
  explicit OpenPaths(const ApiConfig& api)
      : own_prefix_(own_path_prefix(api)), open_(api.open), preflight_(api.auth.preflight) {}

  Verdict check(Exchange& exchange) const override {
    const RequestHead& request = *exchange.request;
    exchange.own_path = request.path.starts_with(own_prefix_);
    // What an upgrade leads to is no probe and no preflight: it goes on without end, and unseen.
    exchange.open = !exchange.own_path && !exchange.upgrade && is_open(request);
    return Verdict::pass();
  }

 private:
  [[nodiscard]] bool is_open(const RequestHead& request) const {
    return std::any_of(open_.begin(), open_.end(),
                       [&](const OpenPath& each) {
                         return each.path == request.path && each.method == request.method_name;
                       }) ||
           (preflight_ == Preflight::kForward && is_preflight(request));
  }

  const std::string own_prefix_;
  const std::vector<OpenPath> open_;
  const Preflight preflight_;
};

}  // namespace

FilterPtr make_open_paths(const ApiConfig& api) { return std::make_unique<OpenPaths>(api); }

}  // namespace tollgate
