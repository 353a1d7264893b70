// Durations, counts, sizes and dates as the operator writes them. Errors say what was found and
// show a right example.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include <tl/expected.hpp>

namespace tollgate {

using Duration = std::chrono::milliseconds;
// Whole seconds of Unix time; dates are 00:00 UTC of their day.
using UnixTime = std::chrono::sys_seconds;

// "250ms", "10s", "5m", "1h", "30d": a whole number and one unit; at most 3650d.
[[nodiscard]] tl::expected<Duration, std::string> parse_duration(std::string_view text);
// "10s" for 10 s: the largest unit that gives a whole number; parse_duration reads it back.
[[nodiscard]] std::string format_duration(Duration duration);

// "60", "250k", "1.5k", "30M": at most 2^53 - 1, and a whole number once the suffix is applied.
[[nodiscard]] tl::expected<std::uint64_t, std::string> parse_count(std::string_view text);

// Bytes: "512", "512B", "64KiB", "1MiB", "1GiB"; at most 2^53 - 1.
[[nodiscard]] tl::expected<std::uint64_t, std::string> parse_size(std::string_view text);

// "2027-12-31" (00:00 UTC of that day) or "2027-12-31T12:00:00Z" (RFC 3339, UTC only).
[[nodiscard]] tl::expected<UnixTime, std::string> parse_date(std::string_view text);
[[nodiscard]] std::string format_date(UnixTime time);
// Whether it is `time` or later. Nanoseconds could not hold the years that an operator may write.
[[nodiscard]] bool has_come(UnixTime time, std::chrono::system_clock::time_point now);
// "Tue, 01 Jun 2027 00:00:00 GMT" (RFC 9110, 5.6.7).
[[nodiscard]] std::string http_date(UnixTime time);

}  // namespace tollgate
