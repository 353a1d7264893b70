#include "filters/client_address.h"

#include "tests/support/exchange.h"

namespace tollgate {
namespace {

class ClientAddressTest : public FilterTest {
 protected:
  // The client's address as text, or "unknown".
  std::string client(const std::string& fields, const std::string& peer = "10.0.0.1") {
    const auto address =
        client_address(config_, *IpAddress::parse(peer), *call("GET /", fields).request);
    return address ? address->text() : "unknown";
  }
  static std::string xff(const std::string& value) { return "X-Forwarded-For: " + value + "\r\n"; }
  static std::string forwarded(const std::string& value) { return "Forwarded: " + value + "\r\n"; }

  ClientAddressConfig config_{{*IpRange::parse("10.0.0.0/8")}, ClientAddressHeader::kXForwardedFor};
};

TEST_F(ClientAddressTest, the_header_of_a_peer_that_is_not_trusted_is_never_believed) {
  EXPECT_EQ(client(xff("203.0.113.7"), "192.0.2.1"), "192.0.2.1");
  config_.trusted_proxies.clear();
  EXPECT_EQ(client(xff("203.0.113.7"), "127.0.0.1"), "127.0.0.1");
}

TEST_F(ClientAddressTest, the_first_from_the_right_that_is_not_trusted_is_the_client) {
  EXPECT_EQ(client(xff("198.51.100.1, 203.0.113.7, 10.0.0.9")), "203.0.113.7");
  EXPECT_EQ(client(xff("203.0.113.7")), "203.0.113.7");
  EXPECT_EQ(client(xff("198.51.100.1") + xff("203.0.113.7") + xff("10.2.0.1")), "203.0.113.7");
}

TEST_F(ClientAddressTest, if_all_are_trusted_the_leftmost_is_the_client) {
  EXPECT_EQ(client(xff("10.0.0.7, 10.0.0.8")), "10.0.0.7");
}

TEST_F(ClientAddressTest, without_the_header_the_peer_is_the_client) {
  EXPECT_EQ(client(""), "10.0.0.1");
  EXPECT_EQ(client(xff("")), "10.0.0.1");
  EXPECT_EQ(client(xff(" , ,")), "10.0.0.1");
}

TEST_F(ClientAddressTest, an_unreadable_entry_on_the_way_leaves_the_client_unknown) {
  EXPECT_EQ(client(xff("203.0.113.7, garbage")), "unknown");
  EXPECT_EQ(client(xff("unknown")), "unknown");
  EXPECT_EQ(client(xff("1.2.3.4:x")), "unknown");
  EXPECT_EQ(client(xff("fe80::1%eth0")), "unknown");
  EXPECT_EQ(client(xff("garbage, 203.0.113.7")), "203.0.113.7");
}

TEST_F(ClientAddressTest, ports_and_brackets_are_read) {
  EXPECT_EQ(client(xff("203.0.113.7:4711")), "203.0.113.7");
  EXPECT_EQ(client(xff("[2001:db8::7]:443")), "2001:db8::7");
  EXPECT_EQ(client(xff("2001:db8::7")), "2001:db8::7");
  EXPECT_EQ(client(xff("::ffff:203.0.113.7")), "203.0.113.7");
}

TEST_F(ClientAddressTest, forwarded_is_read_as_rfc_7239_has_it) {
  config_.header = ClientAddressHeader::kForwarded;
  EXPECT_EQ(client(forwarded("for=192.0.2.60;proto=http;by=203.0.113.43")), "192.0.2.60");
  EXPECT_EQ(client(forwarded("For=\"[2001:db8:cafe::17]:4711\"")), "2001:db8:cafe::17");
  EXPECT_EQ(client(forwarded("for=192.0.2.43, for=10.0.0.2")), "192.0.2.43");
  EXPECT_EQ(client(forwarded("for=192.0.2.43;by=\"a,b\", for=10.0.0.2")), "192.0.2.43");
  EXPECT_EQ(client(forwarded("for=_hidden")), "unknown");
  EXPECT_EQ(client(forwarded("for=unknown")), "unknown");
  EXPECT_EQ(client(forwarded("proto=http")), "unknown");
  EXPECT_EQ(client(xff("203.0.113.7")), "10.0.0.1");
}

TEST_F(ClientAddressTest, a_client_cannot_name_its_own_address_within_a_quoted_string) {
  config_.header = ClientAddressHeader::kForwarded;
  // The proxy writes the Host that the client chose before the address that it saw.
  EXPECT_EQ(client(forwarded(R"(host="a;for=198.51.100.1;x=b";for=203.0.113.7)")), "203.0.113.7");
  EXPECT_EQ(client(forwarded(R"(host="a\"b, for=198.51.100.1;x=\"";for=203.0.113.7)")),
            "203.0.113.7");
  EXPECT_EQ(client(forwarded(R"(for=203.0.113.7;host="a\", for=198.51.100.1;x=\"b")")),
            "203.0.113.7");
  EXPECT_EQ(client(forwarded(R"(host="\\";for=203.0.113.7)")), "203.0.113.7");
  // What the client sent itself stands to the left, and leaves a quoted string open there.
  EXPECT_EQ(client(forwarded(R"(for=198.51.100.1;x=", for=203.0.113.7;host="h")")), "203.0.113.7");
  EXPECT_EQ(client(forwarded(R"(for=198.51.100.1;x="\, for=203.0.113.7;host="h")")), "203.0.113.7");
}

TEST_F(ClientAddressTest, escapes_in_a_quoted_string_are_undone) {
  config_.header = ClientAddressHeader::kForwarded;
  EXPECT_EQ(client(forwarded(R"(for="203\.0.113.7")")), "203.0.113.7");
  EXPECT_EQ(client(forwarded(R"(for="\[2001:db8::7\]:44\3")")), "2001:db8::7");
}

TEST_F(ClientAddressTest,
       an_entry_of_forwarded_that_is_malformed_or_says_two_things_is_unreadable) {
  config_.header = ClientAddressHeader::kForwarded;
  for (const char* entry :
       {"for=203.0.113.7;for=198.51.100.1", "for=203.0.113.7;For=203.0.113.7", "for",
        "for=", "=203.0.113.7", "for =203.0.113.7", "for= 203.0.113.7", "for=203.0.113.7;host=a b",
        "for=203.0.113.7;host=a/b", "for=203.0.113.7:80", "for=[2001:db8::7]",
        "for=\"2001:db8::7\"", "for=203.0.113.7;host=\"a", "for=203.0.113.7;host=\"a\"b",
        "for=203.0.113.7;host=a\"", "for=\"203.0.113.7\\\"", "for=\"203.0.113.7:123456\"",
        "for=\"203.0.113.7:\""}) {
    EXPECT_EQ(client(forwarded(entry)), "unknown") << entry;
  }
  EXPECT_EQ(client(forwarded(";for=203.0.113.7;")), "203.0.113.7");
  EXPECT_EQ(client(forwarded("for=203.0.113.7; proto=http")), "203.0.113.7");
  EXPECT_EQ(client(forwarded("for=\"203.0.113.7:_hidden\"")), "203.0.113.7");
}

TEST_F(ClientAddressTest, no_header_is_read_where_none_is_configured) {
  config_.header = ClientAddressHeader::kNone;
  EXPECT_EQ(client(xff("203.0.113.7")), "10.0.0.1");
}

}  // namespace
}  // namespace tollgate
