#include "proxy/proxy_protocol.h"

#include <gtest/gtest.h>

#include <string>

namespace tollgate {
namespace {

// What is read of the bytes: "29 192.0.2.7", "16 -" (the sender itself), "more", or what is wrong.
std::string parsed(const std::string& bytes) {
  const auto header = parse_proxy_header(bytes);
  if (!header) return std::string(header.error());
  if (!*header) return "more";
  return std::to_string((*header)->bytes) + " " +
         ((*header)->client ? (*header)->client->text() : "-");
}

// Version 2: command, family and length as given, then the rest.
std::string version_2(unsigned char command, unsigned char family, const std::string& rest) {
  std::string bytes("\r\n\r\n\0\r\nQUIT\n", 12);
  bytes += static_cast<char>(command);
  bytes += static_cast<char>(family);
  bytes += static_cast<char>(rest.size() >> 8);
  bytes += static_cast<char>(rest.size() & 0xff);
  return bytes + rest;
}

const std::string kV4("\xc0\x00\x02\x07\xc6\x33\x64\x01\x13\x88\x01\xbb", 12);
const std::string kV6 = "\x20\x01\x0d\xb8" + std::string(11, '\0') + "\x07" + "\x20\x01\x0d\xb8" +
                        std::string(11, '\0') + "\x01" + "\x13\x88\x01\xbb";

TEST(ProxyProtocol, version_1_names_the_client) {
  EXPECT_EQ(parsed("PROXY TCP4 192.0.2.7 198.51.100.1 5000 443\r\nGET / HTTP/1.1"), "44 192.0.2.7");
  EXPECT_EQ(parsed("PROXY TCP6 2001:db8::7 2001:db8::1 0 65535\r\n"), "44 2001:db8::7");
  EXPECT_EQ(parsed("PROXY TCP6 ::ffff:192.0.2.7 ::1 1 2\r\n"), "37 192.0.2.7");
}

TEST(ProxyProtocol, version_1_of_a_sender_that_speaks_for_itself) {
  EXPECT_EQ(parsed("PROXY UNKNOWN\r\n"), "15 -");
  EXPECT_EQ(parsed("PROXY UNKNOWN ffff::1 whatever\r\n"), "32 -");
}

TEST(ProxyProtocol, every_beginning_of_a_header_is_incomplete) {
  for (const std::string& whole : {std::string("PROXY TCP4 192.0.2.7 198.51.100.1 5000 443\r\n"),
                                   version_2(0x21, 0x11, kV4)}) {
    for (std::size_t length = 0; length < whole.size(); ++length) {
      EXPECT_EQ(parsed(whole.substr(0, length)), "more") << length;
    }
    EXPECT_EQ(parsed(whole).substr(3), "192.0.2.7");
  }
}

TEST(ProxyProtocol, version_1_is_strict) {
  const std::string protocol = "its protocol is not TCP4, TCP6 or UNKNOWN";
  const std::string count = "it has not two addresses and two ports";
  const std::string address = "an address in it is malformed";
  const std::string port = "a port in it is malformed";
  EXPECT_EQ(parsed("PROXY  TCP4 192.0.2.7 198.51.100.1 1 2\r\n"), protocol);
  EXPECT_EQ(parsed("PROXY tcp4 192.0.2.7 198.51.100.1 1 2\r\n"), protocol);
  EXPECT_EQ(parsed("PROXY \r\n"), protocol);
  EXPECT_EQ(parsed("PROXY UNKNOWNS\r\n"), protocol);
  EXPECT_EQ(parsed("PROXY TCP4 192.0.2.7 198.51.100.1 1\r\n"), count);
  EXPECT_EQ(parsed("PROXY TCP4 192.0.2.7 198.51.100.1 1 2 \r\n"), count);
  EXPECT_EQ(parsed("PROXY TCP4 192.0.2.7 2001:db8::1 1 2\r\n"), address);
  EXPECT_EQ(parsed("PROXY TCP6 192.0.2.7 198.51.100.1 1 2\r\n"), address);
  EXPECT_EQ(parsed("PROXY TCP4 192.0.2.07 198.51.100.1 1 2\r\n"), address);
  EXPECT_EQ(parsed("PROXY TCP4 192.0.2 198.51.100.1 1 2\r\n"), address);
  EXPECT_EQ(parsed("PROXY TCP6 fe80::1%eth0 ::1 1 2\r\n"), address);
  EXPECT_EQ(parsed("PROXY TCP4 192.0.2.7 198.51.100.1 65536 2\r\n"), port);
  EXPECT_EQ(parsed("PROXY TCP4 192.0.2.7 198.51.100.1 +1 2\r\n"), port);
  EXPECT_EQ(parsed("PROXY TCP4 192.0.2.7 198.51.100.1 01 2\r\n"), port);
  EXPECT_EQ(parsed("PROXY TCP4 192.0.2.7 198.51.100.1 1 \r\n"), port);
  EXPECT_EQ(parsed("PROXY TCP4 192.0.2.7 198.51.100.1 1 2\n"), "its line does not end with CR LF");
}

TEST(ProxyProtocol, version_1_has_at_most_107_bytes) {
  const std::string line = "PROXY UNKNOWN " + std::string(91, 'x');
  EXPECT_EQ(parsed(line + "\r\n"), "107 -");
  EXPECT_EQ(parsed(line), "more");
  EXPECT_EQ(parsed(line + "x\r\n"), "its line has more than 107 bytes");
}

TEST(ProxyProtocol, version_2_names_the_client) {
  EXPECT_EQ(parsed(version_2(0x21, 0x11, kV4) + "GET /"), "28 192.0.2.7");
  EXPECT_EQ(parsed(version_2(0x21, 0x21, kV6)), "52 2001:db8::7");
  EXPECT_EQ(parsed(version_2(0x21, 0x11, kV4 + std::string(1000, 'x'))), "1028 192.0.2.7");
}

TEST(ProxyProtocol, version_2_of_a_sender_that_speaks_for_itself) {
  EXPECT_EQ(parsed(version_2(0x20, 0x00, "")), "16 -");
  EXPECT_EQ(parsed(version_2(0x20, 0x11, "")), "16 -");
  EXPECT_EQ(parsed(version_2(0x20, 0x12, "any")), "19 -");
  EXPECT_EQ(parsed(version_2(0x21, 0x00, "")), "16 -");
  EXPECT_EQ(parsed(version_2(0x21, 0x31, std::string(216, '/'))), "232 -");
}

TEST(ProxyProtocol, version_2_is_strict) {
  const std::string family = "its addresses are not of TCP or a Unix socket";
  EXPECT_EQ(parsed(version_2(0x11, 0x11, kV4)), "its version is not 2");
  EXPECT_EQ(parsed(version_2(0x22, 0x11, kV4)), "its command is not LOCAL or PROXY");
  EXPECT_EQ(parsed(version_2(0x21, 0x12, kV4)), family);
  EXPECT_EQ(parsed(version_2(0x21, 0x41, kV4)), family);
  EXPECT_EQ(parsed(version_2(0x21, 0x10, kV4)), family);
  EXPECT_EQ(parsed(version_2(0x21, 0x11, kV4.substr(1))), "it is too short for its addresses");
  EXPECT_EQ(parsed(version_2(0x21, 0x21, kV4)), "it is too short for its addresses");
  EXPECT_EQ(parsed(version_2(0x21, 0x11, std::string(4080, 'x'))).substr(0, 4), "4096");
  EXPECT_EQ(parsed(version_2(0x21, 0x11, std::string(4081, 'x'))), "it has more than 4096 bytes");
}

TEST(ProxyProtocol, anything_else_is_none) {
  for (const std::string& bytes :
       {std::string("GET / HTTP/1.1\r\n"), std::string("\x16\x03\x01", 3), std::string("PROXX"),
        std::string("\r\n\r\n\r\n")}) {
    EXPECT_EQ(parsed(bytes), "it does not begin with one");
  }
}

}  // namespace
}  // namespace tollgate
