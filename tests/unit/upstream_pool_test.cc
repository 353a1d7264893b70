#include "proxy/upstream_pool.h"

#include <gtest/gtest.h>

#include <optional>
#include <thread>

#include "tests/support/certificate.h"
#include "tests/support/manual_clock.h"
#include "tests/support/peer.h"

namespace tollgate {
namespace {

// A call that only takes note.
struct Waiter final : UpstreamUser {
  void on_upstream_connected() override { ++connected; }
  void on_upstream_failed(UpstreamFailure, std::string_view) override { ++failed; }
  void on_upstream_readable() override {}
  void on_upstream_drained() override {}
  int connected = 0;
  int failed = 0;
};

class UpstreamPoolTest : public testing::Test {
 protected:
  UpstreamTarget one_connection() {
    UpstreamConfig config;
    config.endpoint.host = "127.0.0.1";
    config.endpoint.port = upstream_.port();
    config.max_connections = 1;
    return {config, nullptr};
  }
  void turn_until_connected(const Waiter& waiter) {
    for (int turns = 0; turns < 100 && waiter.connected == 0; ++turns) loop_.run_turn();
  }

  ScriptedUpstream upstream_;
  ManualClock clock_;
  Loop loop_{clock_};
  BufferPool buffers_;
  Resolver resolver_;
  Metrics metrics_{"1", "c"};
  UpstreamPool pool_{loop_, buffers_, resolver_, metrics_.add_worker(), one_connection(), 0};
};

TEST_F(UpstreamPoolTest, a_call_that_waited_takes_over_a_clean_connection) {
  Waiter first;
  Waiter second;
  UpstreamLease one(first);
  UpstreamLease two(second);
  pool_.acquire(one, Freshness::kReusedIsFine);
  turn_until_connected(first);
  pool_.acquire(two, Freshness::kReusedIsFine);
  EXPECT_EQ(second.connected, 0);
  one.give_back();
  EXPECT_EQ(second.connected, 1);
  EXPECT_TRUE(two.connection()->reused());
  two.drop();
  loop_.bury();
}

// What came behind an answer must not become the answer of the next call.
TEST_F(UpstreamPoolTest, a_call_that_waited_does_not_take_over_bytes_that_nobody_asked_for) {
  Waiter first;
  Waiter second;
  UpstreamLease one(first);
  UpstreamLease two(second);
  pool_.acquire(one, Freshness::kReusedIsFine);
  turn_until_connected(first);
  Peer service = upstream_.accept();
  pool_.acquire(two, Freshness::kReusedIsFine);
  service.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  for (int tries = 0; tries < 1'000'000 && one.connection()->stream().is_silent(); ++tries) {
  }
  one.give_back();
  turn_until_connected(second);
  ASSERT_EQ(second.connected, 1);
  EXPECT_FALSE(two.connection()->reused());
  EXPECT_TRUE(two.connection()->stream().is_silent());
  two.drop();
  loop_.bury();
}

class UpstreamPoolTlsTest : public testing::Test {
 protected:
  UpstreamPoolTlsTest() {
    const CertificateConfig certificate = write_certificate(folder_, "server");
    ListenTlsConfig listen;
    listen.certificate = certificate;
    server_tls_ = *ServerTls::make(listen);
    UpstreamConfig config;
    config.endpoint.host = "127.0.0.1";
    config.endpoint.port = upstream_.port();
    config.tls = {certificate.certificate, "localhost", {}};
    pool_.emplace(loop_, buffers_, resolver_, metrics_.add_worker(),
                  UpstreamTarget{config, *ClientTls::make(config)}, 0);
    pool_->acquire(lease_, Freshness::kReusedIsFine);
    std::thread server([this] {
      service_.emplace(upstream_.accept());
      session_ = server_tls_->accept(service_->fd());
      EXPECT_EQ(tls::handshake(*session_).status, tls::Status::kDone);
    });
    for (int turns = 0; turns < 100 && call_.connected == 0; ++turns) loop_.run_turn();
    server.join();
    EXPECT_EQ(call_.connected, 1);
  }
  // Whether the next call gets the connection that was given back some turns ago.
  bool is_used_again() {
    for (int turns = 0; turns < 10; ++turns) {
      loop_.post([] {});
      loop_.run_turn();
    }
    Waiter next;
    UpstreamLease lease(next);
    pool_->acquire(lease, Freshness::kReusedIsFine);
    return next.connected == 1;
  }

  TempFolder folder_;
  std::shared_ptr<const ServerTls> server_tls_;
  ScriptedUpstream upstream_;
  std::optional<Peer> service_;
  TlsSession session_;
  ManualClock clock_;
  Loop loop_{clock_};
  BufferPool buffers_;
  Resolver resolver_;
  Metrics metrics_{"1", "c"};
  std::optional<UpstreamPool> pool_;
  Waiter call_;
  UpstreamLease lease_{call_};
};

TEST_F(UpstreamPoolTlsTest, a_silent_connection_is_used_again) {
  lease_.give_back();
  EXPECT_TRUE(is_used_again());
}

TEST_F(UpstreamPoolTlsTest, bytes_that_nobody_asked_for_end_a_connection) {
  EXPECT_EQ(tls::write(*session_, "HTTP/1.1 200 OK").bytes, 15U);
  for (int tries = 0; tries < 1'000'000 && lease_.connection()->stream().is_silent(); ++tries) {
  }
  lease_.give_back();
  EXPECT_FALSE(is_used_again());
}

TEST_F(UpstreamPoolTlsTest, a_part_of_a_record_ends_a_connection) {
  lease_.give_back();
  service_->send(std::string("\x17\x03\x03\x01\x00half", 9));
  EXPECT_FALSE(is_used_again());
}

TEST_F(UpstreamPoolTlsTest, the_end_of_the_upstream_ends_a_connection) {
  lease_.give_back();
  tls::say_end(*session_);
  EXPECT_FALSE(is_used_again());
}

// A name with two addresses, and TLS at both.
class UpstreamPoolAddressesTest : public testing::Test {
 protected:
  UpstreamPoolAddressesTest() {
    listen_.certificate = write_certificate(folder_, "server");
    UpstreamConfig config;
    config.endpoint.host = "service";
    config.tls = {listen_.certificate.certificate, "localhost", {}};
    pool_.emplace(loop_, buffers_, resolver_, metrics_.add_worker(),
                  UpstreamTarget{config, *ClientTls::make(config)}, 0);
  }
  static SocketAddress address_of(const ScriptedUpstream& upstream) {
    Endpoint endpoint;
    endpoint.host = "127.0.0.1";
    endpoint.port = upstream.port();
    return *literal_address(endpoint);
  }
  // Turns until the call has a connection or none, while the services do their part.
  void call(const std::function<void()>& services) {
    std::thread thread(services);
    pool_->acquire(lease_, Freshness::kReusedIsFine);
    for (int turns = 0; turns < 1000 && call_.connected + call_.failed == 0; ++turns) {
      loop_.run_turn();
    }
    thread.join();
  }

  TempFolder folder_;
  ListenTlsConfig listen_;
  ScriptedUpstream first_;
  ScriptedUpstream second_;
  ManualClock clock_;
  Loop loop_{clock_};
  BufferPool buffers_;
  Resolver resolver_{[this](const std::string&, std::uint16_t) -> Resolver::Answer {
    return std::vector{address_of(first_), address_of(second_)};
  }};
  Metrics metrics_{"1", "c"};
  std::optional<UpstreamPool> pool_;
  Waiter call_;
  UpstreamLease lease_{call_};
};

TEST_F(UpstreamPoolAddressesTest, the_next_is_tried_where_the_handshake_breaks) {
  const auto tls = *ServerTls::make(listen_);
  call([&] {
    first_.accept().send("HTTP/1.1 400 Bad Request\r\n\r\n");
    const Peer service = second_.accept();
    const TlsSession session = tls->accept(service.fd());
    EXPECT_EQ(tls::handshake(*session).status, tls::Status::kDone);
  });
  EXPECT_EQ(call_.connected, 1);
  EXPECT_EQ(call_.failed, 0);
  lease_.drop();
  loop_.bury();
}

// Somebody else answers there: that is no fault of one address alone, and must be seen.
TEST_F(UpstreamPoolAddressesTest, no_other_is_tried_where_the_certificate_is_not_trusted) {
  listen_.certificate = write_certificate(folder_, "stranger");
  const auto tls = *ServerTls::make(listen_);
  bool tried_another = false;
  call([&] {
    const Peer service = first_.accept();
    const TlsSession session = tls->accept(service.fd());
    EXPECT_EQ(tls::handshake(*session).status, tls::Status::kFault);
    tried_another = second_.has_connection();
    if (tried_another) second_.accept().close();
  });
  EXPECT_EQ(call_.failed, 1);
  EXPECT_FALSE(tried_another);
}

}  // namespace
}  // namespace tollgate
