// See run.h. Everything here runs on the main thread, which becomes the control loop's.
#include "proxy/run.h"

#include <fmt/format.h>
#include <signal.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <atomic>
#include <cstdio>
#include <thread>

#include "proxy/server.h"
#include "proxy/version.h"

namespace tollgate {
namespace {

void set_up_application_log() {
  auto logger = std::make_shared<spdlog::logger>("tollgate",
                                                 std::make_shared<spdlog::sinks::stderr_sink_mt>());
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
  signal(SIGPIPE,
         SIG_IGN);  // NOLINT: a closed peer is an error of write, not an end of the process
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
