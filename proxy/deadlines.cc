// See deadlines.h. Invariant: while any deadline runs, the timer is armed for no later than the
// earliest of them; it may be armed too early, since a moved deadline leaves it alone.
#include "proxy/deadlines.h"

#include <event2/event.h>

#include <algorithm>
#include <optional>

#include "proxy/loop.h"

namespace tollgate {

struct Deadlines::Lane {
  Lane(Deadlines& owner, Duration of) : length(of), ring(owner, nullptr, nullptr) {
    ring.next_ = ring.previous_ = &ring;
  }
  ~Lane() { ring.next_ = ring.previous_ = nullptr; }
  Lane(const Lane&) = delete;
  Lane& operator=(const Lane&) = delete;

  const Duration length;
  Deadline ring;  // sentinel: next_ is the earliest
};

void Deadline::start(Duration after) {
  stop();
  when_ = deadlines_.loop_.now().steady + after;
  Deadline& ring = deadlines_.lane(after).ring;
  previous_ = ring.previous_;
  next_ = &ring;
  previous_->next_ = this;
  ring.previous_ = this;
  deadlines_.arm(when_);
}

void Deadline::stop() {
  if (next_ == nullptr) return;
  previous_->next_ = next_;
  next_->previous_ = previous_;
  previous_ = next_ = nullptr;
}

Deadlines::Deadlines(Loop& loop)
    : loop_(loop),
      timer_(event_new(
          loop.base(), -1, 0,
          [](evutil_socket_t, short, void* self) {
            auto* deadlines = static_cast<Deadlines*>(self);
            deadlines->armed_ = false;
            deadlines->expire();
          },
          this)) {}

Deadlines::~Deadlines() { event_free(timer_); }

Deadlines::Lane& Deadlines::lane(Duration length) {
  for (const auto& lane : lanes_) {
    if (lane->length == length) return *lane;
  }
  // Lengths come from the configuration, so there are a few of them.
  return *lanes_.emplace_back(std::make_unique<Lane>(*this, length));
}

void Deadlines::arm(std::chrono::steady_clock::time_point when) {
  if (armed_ && armed_for_ <= when) return;
  armed_ = true;
  armed_for_ = when;
  const auto wait =
      std::max(std::chrono::microseconds(0),
               std::chrono::ceil<std::chrono::microseconds>(when - loop_.now().steady));
  const timeval after{wait.count() / 1'000'000, wait.count() % 1'000'000};
  event_add(timer_, &after);
}

void Deadlines::expire() {
  const auto now = loop_.now().steady;
  std::optional<std::chrono::steady_clock::time_point> earliest;
  for (std::size_t i = 0; i < lanes_.size(); ++i) {  // a handler may add a lane
    Deadline& ring = lanes_[i]->ring;
    while (ring.next_ != &ring && ring.next_->when_ <= now) {
      Deadline* due = ring.next_;
      due->stop();
      due->handler_(due->owner_);
    }
    if (ring.next_ != &ring) {
      earliest = earliest ? std::min(*earliest, ring.next_->when_) : ring.next_->when_;
    }
  }
  if (earliest) arm(*earliest);
}

}  // namespace tollgate
