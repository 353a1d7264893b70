// TLS sessions over a pair of sockets, made by the contexts that listeners and upstreams have.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <array>
#include <csignal>

#include "proxy/socket.h"
#include "proxy/tls/context.h"
#include "tests/support/certificate.h"

namespace tollgate {
namespace {

using namespace std::chrono_literals;

class TlsTest : public testing::Test {
 protected:
  TlsTest() {
    signal(SIGPIPE, SIG_IGN);  // as the program has it: OpenSSL writes with no flag against it
    std::array<int, 2> fds{};
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds.data()), 0);
    server_.fd = Fd(fds[0]);
    client_.fd = Fd(fds[1]);
    listen_.certificate = write_certificate(folder_, "server");
    upstream_.endpoint.host = "localhost";
    upstream_.tls.ca = listen_.certificate.certificate;
  }
  // Makes both contexts, and takes the handshake as far as it goes: the fault of the client.
  std::string connect() {
    const auto server = ServerTls::make(listen_);
    const auto client = ClientTls::make(upstream_);
    EXPECT_TRUE(server && client);
    server_tls_ = *server;
    server_.tls = server_tls_->accept(server_.fd.get());
    client_.tls = (*client)->connect(client_.fd.get());
    tls::Result asked;
    for (int steps = 0; steps < 10; ++steps) {
      asked = tls::handshake(*client_.tls);
      if (asked.status == tls::Status::kFault) return tls::fault_of(*client_.tls);
      (void)tls::handshake(*server_.tls);
    }
    EXPECT_EQ(asked.status, tls::Status::kDone);
    (void)tls::is_silent(*client_.tls);  // the ticket
    return "";
  }
  std::string problem_of_server() {
    const auto made = ServerTls::make(listen_);
    return made ? "" : made.error().front().text();
  }

  TempFolder folder_;
  ListenTlsConfig listen_;
  UpstreamConfig upstream_;
  std::shared_ptr<const ServerTls> server_tls_;
  Socket server_;
  Socket client_;
  std::array<char, 100> room_{};
};

TEST_F(TlsTest, bytes_go_both_ways) {
  ASSERT_EQ(connect(), "");
  EXPECT_TRUE(tls::is_silent(*client_.tls));
  EXPECT_EQ(tls::write(*server_.tls, "hello").bytes, 5U);
  EXPECT_FALSE(tls::is_silent(*client_.tls));
  const tls::Result read = tls::read(*client_.tls, room_);
  EXPECT_EQ(std::string(room_.data(), read.bytes), "hello");
  EXPECT_FALSE(read.more);
  EXPECT_TRUE(tls::is_silent(*client_.tls));
}

// The socket tells of the end no more: it was read with the bytes.
TEST_F(TlsTest, an_end_right_behind_bytes_is_told) {
  ASSERT_EQ(connect(), "");
  EXPECT_EQ(tls::write(*server_.tls, "last").bytes, 4U);
  tls::say_end(*server_.tls);
  const tls::Result read = tls::read(*client_.tls, room_);
  EXPECT_EQ(read.bytes, 4U);
  EXPECT_TRUE(read.more);
  EXPECT_EQ(tls::read(*client_.tls, room_).status, tls::Status::kEnd);
}

TEST_F(TlsTest, what_does_not_fit_is_told) {
  ASSERT_EQ(connect(), "");
  EXPECT_EQ(tls::write(*server_.tls, std::string(150, 'x')).bytes, 150U);
  const tls::Result first = tls::read(*client_.tls, room_);
  EXPECT_EQ(first.bytes, 100U);
  EXPECT_TRUE(first.more);
  const tls::Result second = tls::read(*client_.tls, room_);
  EXPECT_EQ(second.bytes, 50U);
  EXPECT_FALSE(second.more);
}

TEST_F(TlsTest, a_part_of_a_record_is_not_silence) {
  ASSERT_EQ(connect(), "");
  const std::string part("\x17\x03\x03\x01\x00half", 9);
  EXPECT_EQ(send(server_.fd.get(), part.data(), part.size(), 0), 9);
  EXPECT_FALSE(tls::is_silent(*client_.tls));
}

TEST_F(TlsTest, who_is_gone_without_a_word_has_not_ended) {
  ASSERT_EQ(connect(), "");
  server_.tls.reset();
  server_.fd.reset();
  EXPECT_EQ(tls::read(*client_.tls, room_).status, tls::Status::kFault);
}

TEST_F(TlsTest, an_upstream_is_checked_by_its_authority_and_its_name) {
  upstream_.tls.server_name = "other";
  EXPECT_EQ(connect(), "the certificate is not trusted: hostname mismatch");
}

TEST_F(TlsTest, another_authority_is_not_trusted) {
  upstream_.tls.ca = write_certificate(folder_, "stranger").certificate;
  EXPECT_EQ(connect(), "the certificate is not trusted: self-signed certificate");
}

TEST_F(TlsTest, the_client_is_named_by_its_subject_or_else_by_its_first_name) {
  struct Case {
    CertificateWish wish;
    std::string shown;
  };
  const std::vector<Case> cases = {
      {{.common_name = "erp, of Acme"}, R"(CN=erp\, of Acme)"},
      {{.common_name = "a\r\nX: y"}, R"(CN=a\0D\0AX: y)"},
      {{.common_name = "", .alternative_name = "URI:spiffe://acme/erp"}, "URI:spiffe://acme/erp"},
      {{.common_name = "", .alternative_name = ""}, "?"},
  };
  for (const Case& each : cases) {
    std::array<int, 2> fds{};
    ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds.data()), 0);
    server_ = {Fd(fds[0]), nullptr};
    client_ = {Fd(fds[1]), nullptr};
    upstream_.tls.certificate = write_certificate(folder_, "client", each.wish);
    listen_.client_ca = upstream_.tls.certificate.certificate;
    ASSERT_EQ(connect(), "");
    EXPECT_EQ(tls::peer_subject(*server_.tls), each.shown);
  }
}

// A session that is resumed is not checked again by OpenSSL.
TEST_F(TlsTest, a_client_certificate_is_current_until_it_ends) {
  upstream_.tls.certificate = write_certificate(folder_, "client");
  listen_.client_ca = upstream_.tls.certificate.certificate;
  ASSERT_EQ(connect(), "");
  const auto now = std::chrono::system_clock::now();
  EXPECT_TRUE(tls::peer_certificate_is_current(*server_.tls, now));
  EXPECT_FALSE(tls::peer_certificate_is_current(*server_.tls, now + 2h));
  EXPECT_FALSE(tls::peer_certificate_is_current(*server_.tls, now - 2h));
}

TEST_F(TlsTest, files_that_do_not_fit_are_errors) {
  const std::string right = listen_.certificate.private_key;
  listen_.certificate.private_key = write_certificate(folder_, "other").private_key;
  EXPECT_TRUE(problem_of_server().ends_with("other.key: is not the key of the certificate in " +
                                            folder_.file("server.crt")));
  listen_.certificate.private_key =
      write_certificate(folder_, "rsa", {.key = KeyKind::kRsa}).private_key;
  EXPECT_TRUE(problem_of_server().ends_with("rsa.key: is not the key of the certificate in " +
                                            folder_.file("server.crt")));
  listen_.certificate.private_key = listen_.certificate.certificate;
  EXPECT_TRUE(problem_of_server().ends_with(
      "server.crt: holds no private key in PEM that can be used without a passphrase: it has "
      "\"-----BEGIN CERTIFICATE-----\" and no \"-----BEGIN PRIVATE KEY-----\""))
      << problem_of_server();
  listen_.certificate = {right, right};
  EXPECT_TRUE(problem_of_server().ends_with(
      "server.key: holds no certificate in PEM that can be used: it has \"-----BEGIN PRIVATE "
      "KEY-----\" and no \"-----BEGIN CERTIFICATE-----\""))
      << problem_of_server();
  folder_.write("text.crt", "a certificate\n");
  listen_.certificate = {folder_.file("text.crt"), right};
  EXPECT_TRUE(problem_of_server().ends_with(
      "text.crt: holds no certificate in PEM that can be used: it has no line \"-----BEGIN "
      "CERTIFICATE-----\""))
      << problem_of_server();
  folder_.write("der.crt", "\x30\x82\x01");
  listen_.certificate = {folder_.file("der.crt"), right};
  EXPECT_TRUE(problem_of_server().ends_with(", and looks like DER: openssl turns that into PEM"))
      << problem_of_server();
  listen_.certificate = {folder_.file("none.crt"), right};
  EXPECT_NE(problem_of_server().find("none.crt: "), std::string::npos);
}

}  // namespace
}  // namespace tollgate
