// The last refusals, for /status: what the operator looks at first when somebody complains.
#pragma once

#include <chrono>
#include <deque>
#include <mutex>
#include <string>
#include <vector>

#include "proxy/call_record.h"

namespace tollgate {

struct RecentRefusal {
  std::chrono::system_clock::time_point time;
  Reason reason{};
  std::optional<Reason> concealed;
  std::string api;
  std::string key;
  std::string client;  // empty: unknown
  std::string method;
  std::string path;
  std::string request_id;
};

// Thread-safe. Bounded: the last kMost, with long texts cut. A flood is sampled, so that refusing
// stays cheap.
class RecentRefusals {
 public:
  static constexpr std::size_t kMost = 50;
  static constexpr std::size_t kMostText = 256;

  void add(const CallRecord& call);
  [[nodiscard]] std::vector<RecentRefusal> latest_first() const;

 private:
  // guarded by mu_
  mutable std::mutex mu_;
  std::deque<RecentRefusal> refusals_;
};

}  // namespace tollgate
