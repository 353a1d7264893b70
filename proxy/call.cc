// See call.h.
#include "proxy/call.h"

#include <utility>

namespace tollgate {

std::unique_ptr<Call> CallPool::take() {
  if (free_.empty()) return std::make_unique<Call>();
  auto call = std::move(free_.back());
  free_.pop_back();
  return call;
}

void CallPool::give(std::unique_ptr<Call> call) {
  if (free_.size() >= kMaxFree) return;
  // All but the storage that the next call would have to allocate again.
  Call fresh;
  fresh.request.fields = std::move(call->request.fields);
  fresh.request.fields.clear();
  fresh.response.fields = std::move(call->response.fields);
  fresh.response.fields.clear();
  if (call->gathered.capacity() <= kMaxGatheredKept) fresh.gathered = std::move(call->gathered);
  fresh.gathered.clear();
  fresh.exchange.charge.usage = std::move(call->exchange.charge.usage);
  fresh.exchange.charge.usage.clear();
  *call = std::move(fresh);
  free_.push_back(std::move(call));
}

}  // namespace tollgate
