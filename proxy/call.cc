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
  // Made anew, but for the storage that the next call would have to allocate again.
  std::vector<Header> request_fields = std::move(call->request.fields);
  std::vector<Header> response_fields = std::move(call->response.fields);
  Usage usage = std::move(call->exchange.charge.usage);
  std::string gathered;
  if (call->gathered.capacity() <= kMaxGatheredKept) gathered = std::move(call->gathered);
  std::destroy_at(call.get());
  std::construct_at(call.get());
  request_fields.clear();
  response_fields.clear();
  usage.clear();
  gathered.clear();
  call->request.fields = std::move(request_fields);
  call->response.fields = std::move(response_fields);
  call->exchange.charge.usage = std::move(usage);
  call->gathered = std::move(gathered);
  free_.push_back(std::move(call));
}

}  // namespace tollgate
