// See ip.h. Any thread.
#include "conf/ip.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstring>

namespace tollgate {
namespace {

constexpr std::array<std::uint8_t, 12> kMappedPrefix = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
constexpr int kMappedBits = 96;

// The address with all bits behind the prefix cleared.
IpAddress masked(const IpAddress& address, int prefix_bits) {
  std::array<std::uint8_t, 16> bytes = address.bytes();
  for (int i = 0; i < 16; ++i) {
    const int kept = std::clamp(prefix_bits - i * 8, 0, 8);
    bytes[static_cast<std::size_t>(i)] &= static_cast<std::uint8_t>(0xff00 >> kept);
  }
  return IpAddress::v6(bytes);
}

}  // namespace

IpAddress IpAddress::v4(std::uint32_t host_order) {
  IpAddress address;
  std::copy(kMappedPrefix.begin(), kMappedPrefix.end(), address.bytes_.begin());
  for (std::size_t i = 0; i < 4; ++i) {
    address.bytes_[12 + i] = static_cast<std::uint8_t>(host_order >> (24 - 8 * i));
  }
  return address;
}

IpAddress IpAddress::v6(const std::array<std::uint8_t, 16>& network_order) {
  IpAddress address;
  address.bytes_ = network_order;
  return address;
}

tl::expected<IpAddress, std::string> IpAddress::parse(std::string_view text) {
  const std::string terminated(text);
  const bool whole = terminated.find('\0') == std::string::npos;  // inet_pton stops at a NUL
  in_addr v4_bytes{};
  if (whole && inet_pton(AF_INET, terminated.c_str(), &v4_bytes) == 1) {
    return v4(ntohl(v4_bytes.s_addr));
  }
  std::array<std::uint8_t, 16> bytes{};
  if (whole && inet_pton(AF_INET6, terminated.c_str(), bytes.data()) == 1) return v6(bytes);
  return tl::unexpected(fmt::format(
      "\"{}\" is not an IP address: write for example 203.0.113.7 or 2001:db8::1", text));
}

bool IpAddress::is_v4() const {
  return std::equal(kMappedPrefix.begin(), kMappedPrefix.end(), bytes_.begin());
}

std::string IpAddress::text() const {
  char out[INET6_ADDRSTRLEN];
  if (is_v4()) {
    inet_ntop(AF_INET, bytes_.data() + 12, out, sizeof out);
  } else {
    inet_ntop(AF_INET6, bytes_.data(), out, sizeof out);
  }
  return out;
}

IpAddress IpAddress::counted_as() const { return is_v4() ? *this : masked(*this, 64); }

tl::expected<IpRange, std::string> IpRange::parse(std::string_view text) {
  const std::size_t slash = text.find('/');
  const auto address = IpAddress::parse(text.substr(0, slash));
  if (!address) {
    return tl::unexpected(fmt::format(
        "\"{}\" is not an address or a range: write for example 203.0.113.7, 10.0.0.0/8 or "
        "2001:db8::/32",
        text));
  }
  IpRange range;
  range.first_ = *address;
  if (slash == std::string_view::npos) return range;
  // Written as IPv4: the prefix counts its 32 bits; a mapped address is written as IPv6.
  const bool written_v4 = text.substr(0, slash).find(':') == std::string_view::npos;
  const int most = written_v4 ? 32 : 128;
  const std::string_view digits = text.substr(slash + 1);
  int bits = 0;
  for (const char c : digits) {
    if (c < '0' || c > '9' || digits.size() > 3) bits = most + 1;
    if (bits <= most) bits = bits * 10 + (c - '0');
  }
  if (digits.empty() || bits > most) {
    return tl::unexpected(
        fmt::format("\"{}\": the prefix length after \"/\" is a number from 0 to {}", text, most));
  }
  range.prefix_bits_ = written_v4 ? bits + kMappedBits : bits;
  const IpAddress first = masked(*address, range.prefix_bits_);
  if (first != *address) {
    return tl::unexpected(fmt::format("\"{}\" has bits set behind its prefix: did you mean {}/{}?",
                                      text, first.text(), bits));
  }
  return range;
}

bool IpRange::contains(const IpAddress& address) const {
  // A range of IPv6 holds no IPv4 address, although the mapped form lies within ::/0.
  if (address.is_v4() && prefix_bits_ < kMappedBits) return false;
  const auto whole = static_cast<std::size_t>(prefix_bits_ / 8);
  const auto& a = first_.bytes();
  const auto& b = address.bytes();
  if (!std::equal(a.begin(), a.begin() + static_cast<std::ptrdiff_t>(whole), b.begin()))
    return false;
  const int rest = prefix_bits_ % 8;
  if (rest == 0) return true;
  return ((a[whole] ^ b[whole]) & static_cast<std::uint8_t>(0xff00 >> rest)) == 0;
}

std::string IpRange::text() const {
  if (prefix_bits_ == 128) return first_.text();
  const bool v4 = first_.is_v4() && prefix_bits_ >= kMappedBits;
  return fmt::format("{}/{}", first_.text(), v4 ? prefix_bits_ - kMappedBits : prefix_bits_);
}

bool contains(const std::vector<IpRange>& ranges, const IpAddress& address) {
  return std::any_of(ranges.begin(), ranges.end(),
                     [&](const IpRange& range) { return range.contains(address); });
}

std::size_t IpAddressHash::operator()(const IpAddress& address) const {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  std::memcpy(&high, address.bytes().data(), 8);
  std::memcpy(&low, address.bytes().data() + 8, 8);
  // Neighbours differ in the last byte alone, which has to reach every bit (the finalizer of
  // MurmurHash3).
  std::uint64_t mixed = high * 0x9e3779b97f4a7c15U ^ low;
  mixed = (mixed ^ (mixed >> 33)) * 0xff51afd7ed558ccdU;
  mixed = (mixed ^ (mixed >> 33)) * 0xc4ceb9fe1a85ec53U;
  return static_cast<std::size_t>(mixed ^ (mixed >> 33));
}

}  // namespace tollgate
