// Connections before their first call: within their PROXY header, within their TLS handshake.
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include <sstream>
#include <vector>

#include "tests/support/certificate.h"
#include "tests/support/conversation.h"

namespace tollgate {
namespace {

using namespace std::chrono_literals;

class Arrival : public Conversation {
 protected:
  Arrival() {
    const CertificateConfig files = write_certificate(folder_, "server");
    begin(
        "connections: {header_timeout: 10s}\n"
        "listen:\n"
        "  - {address: \"127.0.0.1:0\", proxy_protocol: true}\n"
        "  - {address: \"127.0.0.1:0\", tls: {certificate: " +
        files.certificate + ", private_key: " + files.private_key + "}}\n");
  }
  Peer connect_for_header() { return Peer::connect(proxy_->port(0)); }
  Peer connect_for_tls() { return Peer::connect(proxy_->port(1)); }

  // Whether the metrics come to say so.
  bool shows(const std::string& line) {
    for (int tries = 0; tries < 1000; ++tries) {
      if (has(proxy_->admin("/metrics"), "\n" + line + "\n")) return true;
    }
    return false;
  }

  TempFolder folder_;
};

TEST_F(Arrival, counts_as_a_connection_from_its_first_moment_to_its_end) {
  std::vector<Peer> clients;
  clients.push_back(connect_for_header());
  clients.push_back(connect_for_tls());
  EXPECT_TRUE(shows("tollgate_client_connections 2"));
  clients.push_back(connect_for_header());
  clients.back().send("PROXY TCP4 ");
  clients.push_back(connect_for_tls());
  clients.back().send("\x16\x03\x01");
  EXPECT_TRUE(shows("tollgate_client_connections 4"));
  proxy_->advance(11s);
  for (Peer& each : clients) EXPECT_NE(each.wait_for_end(), Peer::End::kOpen);
  EXPECT_TRUE(shows("tollgate_client_connections 0"));
  EXPECT_TRUE(shows("tollgate_overload_total{bound=\"header_timeout\"} 4"));
}

// What the program says, until this is gone.
class CapturedLog {
 public:
  CapturedLog() {
    auto sink = std::make_shared<spdlog::sinks::ostream_sink_mt>(text_);
    spdlog::set_default_logger(std::make_shared<spdlog::logger>("test", std::move(sink)));
  }
  ~CapturedLog() { spdlog::set_default_logger(before_); }
  CapturedLog(const CapturedLog&) = delete;
  CapturedLog& operator=(const CapturedLog&) = delete;
  // Once nobody writes any more.
  [[nodiscard]] std::string text() const { return text_.str(); }

 private:
  std::ostringstream text_;
  const std::shared_ptr<spdlog::logger> before_ = spdlog::default_logger();
};

TEST_F(Arrival, that_ends_without_a_byte_is_a_probe_and_no_failure) {
  const CapturedLog log;
  const auto probe = [this](Peer client, void (Peer::*end)()) {
    EXPECT_TRUE(shows("tollgate_client_connections 1"));
    (client.*end)();
    EXPECT_TRUE(shows("tollgate_client_connections 0"));
  };
  for (const auto end : {&Peer::close, &Peer::shut_down_writing, &Peer::reset}) {
    probe(connect_for_header(), end);
    probe(connect_for_tls(), end);
  }
  for (const std::string protocol : {"tls", "proxy"}) {
    for (const std::string result : {"success", "failure"}) {
      EXPECT_TRUE(shows("tollgate_handshakes_total{protocol=\"" + protocol + "\",result=\"" +
                        result + "\"} 0"));
    }
  }
  connect_for_header().send("P");
  EXPECT_TRUE(shows("tollgate_handshakes_total{protocol=\"proxy\",result=\"failure\"} 1"));
  proxy_.reset();
  EXPECT_TRUE(has(log.text(), "ended before their first call: 1; ")) << log.text();
}

}  // namespace
}  // namespace tollgate
