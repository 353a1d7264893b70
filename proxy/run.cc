// See run.h. Everything here runs on the main thread, which becomes the control loop's.
#include "proxy/run.h"

#include <fmt/format.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <mutex>
#include <string_view>
#include <thread>

#include "proxy/server.h"
#include "proxy/version.h"

namespace tollgate {
namespace {

// Standard error. Where nobody reads it, messages are dropped: no call and no end waits for them.
class StandardError final : public spdlog::sinks::base_sink<std::mutex> {
 private:
  void sink_it_(const spdlog::details::log_msg& message) override {
    spdlog::memory_buf_t text;
    formatter_->format(message, text);
    std::string_view rest(text.data(), text.size());
    while (!rest.empty()) {
      pollfd room{STDERR_FILENO, POLLOUT, 0};
      if (poll(&room, 1, 0) != 1) return;
      // A pipe that has room takes that much without blocking.
      const ssize_t written =
          write(STDERR_FILENO, rest.data(), std::min<std::size_t>(rest.size(), PIPE_BUF));
      if (written <= 0) return;
      rest.remove_prefix(static_cast<std::size_t>(written));
    }
  }
  void flush_() override {}
};

void set_up_application_log() {
  auto logger = std::make_shared<spdlog::logger>("tollgate", std::make_shared<StandardError>());
  logger->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %l %v", spdlog::pattern_time_type::utc);
  spdlog::set_default_logger(std::move(logger));
}

// Blocks the signals in this thread, and so in all that it starts: one thread reads them, so that
// no handler interrupts.
sigset_t block_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int number : {SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2}) sigaddset(&signals, number);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  // A closed peer and a file at its limit are errors of write, not ends of the process.
  for (const int number : {SIGPIPE, SIGXFSZ}) signal(number, SIG_IGN);  // NOLINT
  return signals;
}

// Hands each signal to the server; SIGUSR2 wakes it for the end.
void serve_signals(const sigset_t& signals, Server& server, const std::atomic<bool>& ended) {
  int number = 0;
  while (sigwait(&signals, &number) == 0 && !ended) {
    if (number == SIGTERM || number == SIGINT) server.drain();
    if (number == SIGHUP) server.reload([](bool) {});
    if (number == SIGUSR1) server.reopen_log();
  }
}

}  // namespace

int run_proxy(const std::string& config_file) {
  set_up_application_log();
  const sigset_t signals = block_signals();
  auto server = Server::start({config_file, system_clock(), process_environment()});
  if (!server) {
    for (const Diagnostic& problem : server.error()) {
      fmt::print(stderr, "{}\n", problem.text());
    }
    return 1;
  }
  spdlog::info("tollgate {} ({}) is ready", kVersion, kCommit);
  std::atomic<bool> ended = false;
  std::thread signal_thread([&] { serve_signals(signals, **server, ended); });
  (*server)->run();
  ended = true;
  pthread_kill(signal_thread.native_handle(), SIGUSR2);
  signal_thread.join();
  spdlog::info("tollgate has ended");
  return 0;
}

}  // namespace tollgate
