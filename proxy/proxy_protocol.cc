// See proxy_protocol.h.
#include "proxy/proxy_protocol.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <vector>

namespace tollgate {
namespace {

using Parsed = tl::expected<std::optional<ProxyHeader>, std::string_view>;

constexpr std::string_view kSignature2("\r\n\r\n\0\r\nQUIT\n", 12);
constexpr std::string_view kSignature1 = "PROXY ";
constexpr std::size_t kMostBytes1 = 107;  // with its line end
constexpr std::size_t kHeadBytes2 = 16;

// Which addresses follow, and how many bytes they take.
struct Kind2 {
  unsigned char code;
  std::size_t bytes;
};
constexpr std::array<Kind2, 4> kKinds2 = {{{0x00, 0}, {0x11, 12}, {0x21, 36}, {0x31, 216}}};

tl::unexpected<std::string_view> wrong(std::string_view what) { return tl::unexpected(what); }

// Whether the bytes are `whole`, or could become it.
bool begins_like(std::string_view bytes, std::string_view whole) {
  return bytes.substr(0, whole.size()) == whole.substr(0, bytes.size());
}

bool is_port(std::string_view text) {
  unsigned port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  const bool plain = text.size() == 1 || (!text.empty() && text.front() != '0');
  return error == std::errc() && end == text.data() + text.size() && plain && port <= 65535;
}

std::vector<std::string_view> split(std::string_view text) {
  std::vector<std::string_view> words;
  while (true) {
    const std::size_t space = text.find(' ');
    words.push_back(text.substr(0, space));
    if (space == std::string_view::npos) return words;
    text.remove_prefix(space + 1);
  }
}

// An address of just this family, written without a zone.
std::optional<IpAddress> address_of(std::string_view text, bool v6) {
  if ((text.find(':') != std::string_view::npos) != v6) return std::nullopt;
  const auto address = IpAddress::parse(text);
  return address ? std::optional(*address) : std::nullopt;
}

Parsed parse_1(std::string_view bytes) {
  const std::size_t end = bytes.substr(0, kMostBytes1).find('\n');
  if (end == std::string_view::npos) {
    if (bytes.size() < kMostBytes1) return std::nullopt;
    return wrong("its line has more than 107 bytes");
  }
  if (bytes[end - 1] != '\r') return wrong("its line does not end with CR LF");
  const std::string_view line = bytes.substr(0, end - 1);
  ProxyHeader header;
  header.bytes = end + 1;
  const std::vector<std::string_view> words = split(line);
  if (words[1] == "UNKNOWN") return header;
  const bool v6 = words[1] == "TCP6";
  if (!v6 && words[1] != "TCP4") return wrong("its protocol is not TCP4, TCP6 or UNKNOWN");
  if (words.size() != 6) return wrong("it has not two addresses and two ports");
  header.client = address_of(words[2], v6);
  if (!header.client || !address_of(words[3], v6)) return wrong("an address in it is malformed");
  if (!is_port(words[4]) || !is_port(words[5])) return wrong("a port in it is malformed");
  return header;
}

std::uint32_t number_of(std::string_view bytes) {
  std::uint32_t number = 0;
  for (const char byte : bytes) number = number << 8 | static_cast<unsigned char>(byte);
  return number;
}

// The total length is what counts: what stands behind the addresses is skipped as a whole.
Parsed parse_2(std::string_view bytes) {
  if (bytes.size() < kHeadBytes2) return std::nullopt;
  const auto version_and_command = static_cast<unsigned char>(bytes[12]);
  const auto family = static_cast<unsigned char>(bytes[13]);
  const std::size_t length = number_of(bytes.substr(14, 2));
  if (version_and_command >> 4 != 2) return wrong("its version is not 2");
  const unsigned command = version_and_command & 0xf;
  if (command > 1) return wrong("its command is not LOCAL or PROXY");
  ProxyHeader header;
  header.bytes = kHeadBytes2 + length;
  if (header.bytes > kMostProxyHeaderBytes) return wrong("it has more than 4096 bytes");
  if (command == 1) {  // of a LOCAL one nothing is looked at
    const auto kind = std::ranges::find(kKinds2, family, &Kind2::code);
    if (kind == kKinds2.end()) return wrong("its addresses are not of TCP or a Unix socket");
    if (length < kind->bytes) return wrong("it is too short for its addresses");
  }
  if (bytes.size() < header.bytes) return std::nullopt;
  if (command == 0) return header;
  const std::string_view addresses = bytes.substr(kHeadBytes2, length);
  if (family == 0x11) header.client = IpAddress::v4(number_of(addresses.substr(0, 4)));
  if (family == 0x21) {
    std::array<std::uint8_t, 16> address{};
    std::ranges::transform(addresses.substr(0, 16), address.begin(),
                           [](char byte) { return static_cast<std::uint8_t>(byte); });
    header.client = IpAddress::v6(address);
  }
  return header;
}

}  // namespace

Parsed parse_proxy_header(std::string_view bytes) {
  if (begins_like(bytes, kSignature2)) {
    return bytes.size() < kSignature2.size() ? Parsed(std::nullopt) : parse_2(bytes);
  }
  if (begins_like(bytes, kSignature1)) {
    return bytes.size() < kSignature1.size() ? Parsed(std::nullopt) : parse_1(bytes);
  }
  return wrong("it does not begin with one");
}

}  // namespace tollgate
