// The API's own address list. Any thread.
#include <fmt/format.h>

#include "filters/filters.h"
#include "filters/ip_refusal.h"

namespace tollgate {
namespace {

class AllowIps final : public Filter {
 public:
  explicit AllowIps(const ApiConfig& api) : ranges_(api.allow_ips) {}

  Verdict check(Exchange& exchange) const override {
    if (ranges_.empty()) return Verdict::pass();
    if (exchange.client && contains(ranges_, *exchange.client)) return Verdict::pass();
    return refuse_address(exchange.client, "this API");
  }

 private:
  const std::vector<IpRange> ranges_;
};

}  // namespace

Verdict refuse_address(const std::optional<IpAddress>& client, std::string_view whose) {
  Note note;
  note.detail =
      client ? fmt::format(
                   "Your address {} is not among those that {} allows. Ask its operator to add it.",
                   client->text(), whose)
             : fmt::format(
                   "Your address could not be read from the header that the proxy in front sends, "
                   "so it is "
                   "not among those that {} allows.",
                   whose);
  return Verdict::deny(Reason::kIpNotAllowed, std::move(note));
}

FilterPtr make_allow_ips(const ApiConfig& api) { return std::make_unique<AllowIps>(api); }

}  // namespace tollgate
