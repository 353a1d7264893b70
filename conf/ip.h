// IP addresses and ranges. An IPv4-mapped IPv6 address is IPv4 throughout.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

namespace tollgate {

class IpAddress {
 public:
  IpAddress() = default;  // ::, which no client has
  [[nodiscard]] static IpAddress v4(std::uint32_t host_order);
  [[nodiscard]] static IpAddress v6(const std::array<std::uint8_t, 16>& network_order);
  // "203.0.113.7", "2001:db8::1", "::ffff:203.0.113.7"; no port, no brackets, no zone.
  [[nodiscard]] static tl::expected<IpAddress, std::string> parse(std::string_view text);

  [[nodiscard]] bool is_v4() const;
  [[nodiscard]] std::string text() const;
  // The address itself for IPv4, the /64 that it lies in for IPv6: what one client can hold.
  [[nodiscard]] IpAddress counted_as() const;
  // Network order, IPv4 as ::ffff:a.b.c.d.
  [[nodiscard]] const std::array<std::uint8_t, 16>& bytes() const { return bytes_; }

  friend bool operator==(const IpAddress&, const IpAddress&) = default;
  friend auto operator<=>(const IpAddress&, const IpAddress&) = default;

 private:
  std::array<std::uint8_t, 16> bytes_{};
};

class IpRange {
 public:
  // An address, or an address and a prefix length: "10.0.0.0/8", "2001:db8::/32". Bits set beyond
  // the prefix are an error that shows the range that was probably meant.
  [[nodiscard]] static tl::expected<IpRange, std::string> parse(std::string_view text);
  [[nodiscard]] bool contains(const IpAddress& address) const;
  [[nodiscard]] std::string text() const;
  friend bool operator==(const IpRange&, const IpRange&) = default;

 private:
  IpAddress first_;
  int prefix_bits_ = 128;  // counted over the 128-bit form
};

// Whether any of the ranges contains the address; false for no ranges.
[[nodiscard]] bool contains(const std::vector<IpRange>& ranges, const IpAddress& address);

struct IpAddressHash {
  std::size_t operator()(const IpAddress& address) const;
};

}  // namespace tollgate
