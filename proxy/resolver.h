// Names of upstreams to addresses, off the loops: getaddrinfo may block for seconds.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <tl/expected.hpp>

#include "proxy/loop.h"
#include "proxy/socket.h"

namespace tollgate {

// Thread-safe; one helper thread for the process, started with the first question.
class Resolver {
 public:
  using Answer = tl::expected<std::vector<SocketAddress>, std::string>;

  Resolver() = default;
  ~Resolver();
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  // `done` runs on `loop`, or not at all if that is gone by then. Whether the asker still lives is
  // for `done` to know.
  void resolve(std::string host, std::uint16_t port, Loop& loop, std::function<void(Answer)> done);

 private:
  struct Question {
    std::string host;
    std::uint16_t port;
    std::shared_ptr<Mailbox> loop;
    std::function<void(Answer)> done;
  };
  void answer_questions();

  // guarded by mu_
  std::mutex mu_;
  std::condition_variable asked_;
  std::deque<Question> questions_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace tollgate
