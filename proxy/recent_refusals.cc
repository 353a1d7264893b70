// See recent_refusals.h.
#include "proxy/recent_refusals.h"

namespace tollgate {

void RecentRefusals::add(const CallRecord& call) {
  // Whoever finds another worker here leaves its refusal out: waiting would cost more than the
  // entry is worth.
  const std::unique_lock lock(mu_, std::try_to_lock);
  if (!lock.owns_lock()) return;
  if (refusals_.size() == kMost) refusals_.pop_back();
  refusals_.push_front({call.began, call.reason.value_or(Reason::kBadRequest), call.concealed,
                        std::string(call.api), std::string(call.key),
                        call.client ? call.client->text() : "",
                        std::string(call.method.substr(0, kMostText)),
                        std::string(call.path.substr(0, kMostText)), std::string(call.request_id)});
}

std::vector<RecentRefusal> RecentRefusals::latest_first() const {
  const std::lock_guard lock(mu_);
  return {refusals_.begin(), refusals_.end()};
}

}  // namespace tollgate
