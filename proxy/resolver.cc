// See resolver.h.
#include "proxy/resolver.h"

#include <utility>

namespace tollgate {

Resolver::~Resolver() {
  {
    const std::lock_guard lock(mu_);
    stopping_ = true;
  }
  asked_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void Resolver::resolve(std::string host, std::uint16_t port, Loop& loop,
                       std::function<void(Answer)> done) {
  const std::lock_guard lock(mu_);
  questions_.push_back({std::move(host), port, loop.mailbox(), std::move(done)});
  if (!thread_.joinable()) thread_ = std::thread([this] { answer_questions(); });
  asked_.notify_one();
}

void Resolver::answer_questions() {
  while (true) {
    Question question;
    {
      std::unique_lock lock(mu_);
      asked_.wait(lock, [this] { return stopping_ || !questions_.empty(); });
      if (stopping_) return;
      question = std::move(questions_.front());
      questions_.pop_front();
    }
    Answer answer = look_up(question.host, question.port);
    question.loop->post(
        [done = std::move(question.done), answer = std::move(answer)] { done(answer); });
  }
}

}  // namespace tollgate
