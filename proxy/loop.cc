// See loop.h.
#include "proxy/loop.h"

#include <event2/event.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cstdlib>
#include <utility>

namespace tollgate {
namespace {

event_base* make_base() {
  event_config* config = event_config_new();
  // Other threads never touch the base: they post.
  event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK);
  event_base* base = event_base_new_with_config(config);
  event_config_free(config);
  if (base == nullptr) std::abort();  // no memory or no descriptors at the very start
  return base;
}

}  // namespace

void Loop::FreeBase::operator()(event_base* base) const { event_base_free(base); }

Loop::Loop(const Clock& clock)
    : clock_(clock),
      base_(make_base()),
      deadlines_(std::make_unique<Deadlines>(*this)),
      mailbox_(std::make_shared<Mailbox>()),
      wake_event_(event_new(
          base_.get(), mailbox_->wake_fd_, EV_READ | EV_PERSIST,
          [](evutil_socket_t, short, void* self) { static_cast<Loop*>(self)->take_posted(); },
          this)) {
  if (mailbox_->wake_fd_ < 0 || wake_event_ == nullptr) std::abort();
  event_add(wake_event_, nullptr);
}

Loop::~Loop() {
  mailbox_->close();
  dying_.clear();
  event_free(wake_event_);
}

void Loop::run() {
  while (!stopped_) run_turn();
}

void Loop::run_turn() {
  clock_read_ = false;
  ++turn_;
  for (event* sleeper : std::exchange(woken_, {})) event_active(sleeper, EV_READ, 0);
  event_base_loop(base_.get(), EVLOOP_ONCE);
  if (turn_end_) turn_end_();
  bury();
}

void Loop::bury() {
  while (!dying_.empty()) {
    // A destructor may dispose of more.
    auto dying = std::exchange(dying_, {});
    dying.clear();
  }
}

void Loop::dispose(std::unique_ptr<Disposable> object) { dying_.push_back(std::move(object)); }

void Loop::stop() {
  post([this] { stopped_ = true; });
}

void Loop::take_posted() {
  for (const auto& work : mailbox_->take()) {
    // Whoever posts from another thread may just have moved the clock.
    clock_read_ = false;
    work();
  }
}

Mailbox::Mailbox() : wake_fd_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {}
Mailbox::~Mailbox() { ::close(wake_fd_); }

bool Mailbox::post(std::function<void()> work) {
  bool wake = false;
  {
    const std::lock_guard lock(mu_);
    if (!open_) return false;
    wake = posted_.empty();
    posted_.push_back(std::move(work));
  }
  if (!wake) return true;
  const std::uint64_t one = 1;
  // Fails only when the counter is full, and then the loop is awake anyway.
  [[maybe_unused]] const ssize_t written = write(wake_fd_, &one, sizeof one);
  return true;
}

std::vector<std::function<void()>> Mailbox::take() {
  std::uint64_t count = 0;
  [[maybe_unused]] const ssize_t got = read(wake_fd_, &count, sizeof count);
  const std::lock_guard lock(mu_);
  return std::exchange(posted_, {});
}

void Mailbox::close() {
  const std::lock_guard lock(mu_);
  open_ = false;
  posted_.clear();
}

}  // namespace tollgate
