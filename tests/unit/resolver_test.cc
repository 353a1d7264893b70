#include "proxy/resolver.h"

#include <gtest/gtest.h>

#include <future>

#include "tests/support/manual_clock.h"

namespace tollgate {
namespace {

TEST(Resolver, answers_on_the_loop_that_asked) {
  ManualClock clock;
  Loop loop(clock);
  Resolver resolver([](const std::string& host, std::uint16_t port) -> Resolver::Answer {
    return tl::unexpected(host + " " + std::to_string(port));
  });
  std::string answer;
  resolver.resolve("name", 80, loop, [&](const Resolver::Answer& found) {
    answer = found.error();
    loop.stop();
  });
  loop.run();
  EXPECT_EQ(answer, "name 80");
}

TEST(Resolver, a_look_up_that_hangs_does_not_hold_the_end) {
  ManualClock clock;
  std::promise<void> asked;
  const auto answered = std::make_shared<std::promise<void>>();
  std::promise<void> released;
  {
    Loop loop(clock);
    Resolver resolver(
        [&asked, &released, answered](const std::string&, std::uint16_t) -> Resolver::Answer {
          asked.set_value();
          released.get_future().wait();
          answered->set_value();
          return tl::unexpected(std::string("too late"));
        });
    resolver.resolve("name", 80, loop, [](const Resolver::Answer&) { FAIL(); });
    asked.get_future().wait();
  }
  released.set_value();
  answered->get_future().wait();
}

}  // namespace
}  // namespace tollgate
