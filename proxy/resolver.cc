// See resolver.h.
#include "proxy/resolver.h"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>

namespace tollgate {
namespace {

struct Question {
  std::string host;
  std::uint16_t port = 0;
  std::shared_ptr<Mailbox> loop;
  std::function<void(Resolver::Answer)> done;
};

}  // namespace

// Where questions are left and fetched.
struct Resolver::Desk {
  explicit Desk(LookUp how) : look_up(std::move(how)) {}

  const LookUp look_up;

  // guarded by mu
  std::mutex mu;
  std::condition_variable asked;
  std::deque<Question> questions;
  bool looking_up = false;
  bool stopping = false;

  std::optional<Question> fetch() {
    std::unique_lock lock(mu);
    looking_up = false;
    asked.wait(lock, [this] { return stopping || !questions.empty(); });
    if (stopping) return std::nullopt;
    Question question = std::move(questions.front());
    questions.pop_front();
    looking_up = true;
    return question;
  }
  void answer_questions() {
    while (auto question = fetch()) {
      Answer answer = look_up(question->host, question->port);
      question->loop->post(
          [done = std::move(question->done), answer = std::move(answer)] { done(answer); });
    }
  }
};

Resolver::Resolver(LookUp look_up) : desk_(std::make_shared<Desk>(std::move(look_up))) {}

Resolver::~Resolver() {
  bool looking_up = false;
  {
    const std::lock_guard lock(desk_->mu);
    desk_->stopping = true;
    looking_up = desk_->looking_up;
  }
  desk_->asked.notify_one();
  if (!thread_.joinable()) return;
  if (looking_up) {
    thread_.detach();
  } else {
    thread_.join();
  }
}

void Resolver::resolve(std::string host, std::uint16_t port, Loop& loop,
                       std::function<void(Answer)> done) {
  const std::lock_guard lock(desk_->mu);
  desk_->questions.push_back({std::move(host), port, loop.mailbox(), std::move(done)});
  if (!thread_.joinable()) thread_ = std::thread([desk = desk_] { desk->answer_questions(); });
  desk_->asked.notify_one();
}

}  // namespace tollgate
