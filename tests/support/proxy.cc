// See proxy.h.
#include "tests/support/proxy.h"

#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <future>

namespace tollgate {

const char* const kSimpleKeys =
    "keys:\n"
    "  - name: erp\n"
    "    secrets: [\"sha256:ea77193cc4e6f18656f3130e296203880c4b9b3772afc855211b82fdd46e9185\"]\n";

namespace {

bool has_block(const std::string& config, const std::string& name) {
  return config.starts_with(name + ":") || config.find("\n" + name + ":") != std::string::npos;
}

std::string completed(std::string config) {
  if (!has_block(config, "listen")) config += "listen: [{address: \"127.0.0.1:0\"}]\n";
  if (!has_block(config, "admin")) config += "admin: {address: \"127.0.0.1:0\"}\n";
  if (!has_block(config, "access_log")) config += "access_log: {path: access.log}\n";
  if (!has_block(config, "workers")) config += "workers: 1\n";
  if (!has_block(config, "keys")) config += "keys: {file: keys.yaml}\n";
  return config;
}

}  // namespace

Proxy::Proxy(const std::string& config, const std::string& keys) {
  write_config(config);
  write_keys(keys);
  start();
}

void Proxy::start() {
  auto server = Server::start({folder_.file("tollgate.yaml"), clock_, process_environment()});
  if (!server) {
    for (const Diagnostic& problem : server.error()) {
      fmt::print(stderr, "the proxy does not start: {}\n", problem.text());
    }
    std::abort();
  }
  server_ = std::move(*server);
  thread_ = std::thread([this] { server_->run(); });
}

std::unique_ptr<Proxy> Proxy::simple(std::uint16_t upstream_port, const std::string& more_config,
                                     const std::string& more_api) {
  return std::make_unique<Proxy>(fmt::format("apis:\n"
                                             "  - name: orders\n"
                                             "    base: /\n"
                                             "    upstream: {{url: \"http://127.0.0.1:{}\"}}\n"
                                             "{}{}",
                                             upstream_port, more_api, more_config),
                                 kSimpleKeys);
}

Proxy::~Proxy() { end(); }

void Proxy::end() {
  if (!thread_.joinable()) return;
  server_->stop();
  thread_.join();
}

void Proxy::restart() {
  end();
  server_.reset();
  start();
}

std::uint16_t Proxy::port(std::size_t listener) const { return server_->listen_port(listener); }

Message Proxy::admin_answer(const std::string& path) const {
  Peer peer = Peer::connect(server_->admin_port());
  peer.send("GET " + path + " HTTP/1.1\r\nHost: admin\r\nConnection: close\r\n\r\n");
  return peer.read_message();
}

std::string Proxy::admin(const std::string& path) const { return admin_answer(path).body; }

void Proxy::expire_deadlines() {
  std::promise<void> done;
  server_->expire_deadlines([&] { done.set_value(); });
  done.get_future().wait();
}

void Proxy::advance(std::chrono::milliseconds by) {
  // The turn whose bytes the test has just seen may not have started its deadlines yet: it ends
  // before the clock moves.
  expire_deadlines();
  clock_.advance(by);
  expire_deadlines();
}

void Proxy::write_config(const std::string& config) {
  folder_.write("tollgate.yaml", completed(config));
}

void Proxy::write_keys(const std::string& keys) { folder_.write("keys.yaml", keys); }

bool Proxy::reload() {
  std::promise<bool> done;
  server_->reload([&](bool succeeded) { done.set_value(succeeded); });
  return done.get_future().get();
}

void Proxy::drain() { server_->drain(); }

void Proxy::wait_until_ended() {
  if (thread_.joinable()) thread_.join();
}

std::string Proxy::access_log() {
  server_->stop();
  wait_until_ended();
  server_.reset();
  return folder_.read("access.log");
}

}  // namespace tollgate
