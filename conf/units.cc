// See units.h. Any thread.
#include "conf/units.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

namespace tollgate {
namespace {

constexpr std::uint64_t kMaxExact = (std::uint64_t{1} << 53) - 1;
constexpr std::uint64_t kDayMs = 86'400'000;
constexpr std::uint64_t kMaxDurationMs = 3650 * kDayMs;

struct Unit {
  std::string_view suffix;
  std::uint64_t factor;
};

// Longest suffix first, so that "ms" is not read as "s".
constexpr std::array<Unit, 5> kDurationUnits = {
    {{"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}, {"d", kDayMs}}};
constexpr std::array<Unit, 5> kSizeUnits = {
    {{"KiB", 1U << 10}, {"MiB", 1U << 20}, {"GiB", 1U << 30}, {"B", 1}, {"", 1}}};
constexpr std::array<Unit, 3> kCountUnits = {{{"k", 1000}, {"M", 1'000'000}, {"", 1}}};

template <std::size_t N>
std::optional<std::pair<std::string_view, std::uint64_t>> split_unit(
    std::string_view text, const std::array<Unit, N>& units) {
  for (const Unit& unit : units) {
    if (text.size() > unit.suffix.size() && text.ends_with(unit.suffix)) {
      return std::pair(text.substr(0, text.size() - unit.suffix.size()), unit.factor);
    }
  }
  return std::nullopt;
}

// Digits only, without a sign.
std::optional<std::uint64_t> whole_number(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// "1.5" times the factor, where that is a whole number of at most kMaxExact.
std::optional<std::uint64_t> scaled(std::string_view number, std::uint64_t factor) {
  const std::size_t dot = number.find('.');
  const auto whole = whole_number(number.substr(0, dot));
  if (!whole || *whole > kMaxExact / factor) return std::nullopt;
  std::uint64_t total = *whole * factor;
  if (dot != std::string_view::npos) {
    const std::string_view digits = number.substr(dot + 1);
    const auto fraction = whole_number(digits);
    if (!fraction || digits.size() > 6) return std::nullopt;
    std::uint64_t divisor = 1;
    for (std::size_t i = 0; i < digits.size(); ++i) divisor *= 10;
    if (*fraction * factor % divisor != 0) return std::nullopt;
    total += *fraction * factor / divisor;
  }
  return total > kMaxExact ? std::nullopt : std::optional(total);
}

std::optional<int> digits_of(std::string_view text, std::size_t at, std::size_t count) {
  if (text.size() < at + count) return std::nullopt;
  const auto number = whole_number(text.substr(at, count));
  if (!number) return std::nullopt;
  return static_cast<int>(*number);
}

std::optional<std::chrono::sys_days> day_of(std::string_view text) {
  const auto year = digits_of(text, 0, 4);
  const auto month = digits_of(text, 5, 2);
  const auto day = digits_of(text, 8, 2);
  if (!year || !month || !day || text[4] != '-' || text[7] != '-') return std::nullopt;
  const std::chrono::year_month_day date(std::chrono::year(*year),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day)));
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days(date);
}

}  // namespace

tl::expected<Duration, std::string> parse_duration(std::string_view text) {
  const auto wrong =
      tl::unexpected(fmt::format("\"{}\" is not a duration: write a whole number and a unit, for "
                                 "example 250ms, 10s, 5m, 1h or "
                                 "30d",
                                 text));
  const auto parts = split_unit(text, kDurationUnits);
  if (!parts) return wrong;
  const auto number = whole_number(parts->first);
  if (!number) return wrong;
  if (*number > kMaxDurationMs / parts->second) {
    return tl::unexpected(fmt::format("\"{}\" is too long: at most 3650d", text));
  }
  return Duration(*number * parts->second);
}

std::string format_duration(Duration duration) {
  const auto ms = static_cast<std::uint64_t>(duration.count());
  for (auto unit = kDurationUnits.rbegin(); unit != kDurationUnits.rend(); ++unit) {
    if (ms != 0 && ms % unit->factor == 0) {
      return fmt::format("{}{}", ms / unit->factor, unit->suffix);
    }
  }
  return "0s";
}

tl::expected<std::uint64_t, std::string> parse_count(std::string_view text) {
  const auto parts = split_unit(text, kCountUnits);
  const auto count = parts ? scaled(parts->first, parts->second) : std::nullopt;
  if (count) return *count;
  return tl::unexpected(
      fmt::format("\"{}\" is not a count: write a whole number, for example 60, 1.5k, 250k or 30M, "
                  "up to 2^53 - 1",
                  text));
}

tl::expected<std::uint64_t, std::string> parse_size(std::string_view text) {
  const auto parts = split_unit(text, kSizeUnits);
  const auto number = parts ? whole_number(parts->first) : std::nullopt;
  if (number && *number <= kMaxExact / parts->second) return *number * parts->second;
  return tl::unexpected(fmt::format(
      "\"{}\" is not a size: write bytes as a whole number, for example 512, 64KiB, 1MiB or 1GiB",
      text));
}

tl::expected<UnixTime, std::string> parse_date(std::string_view text) {
  const auto day = day_of(text);
  if (day && text.size() == 10) return UnixTime(*day);
  if (day && text.size() == 20 && text[10] == 'T' && text[13] == ':' && text[16] == ':' &&
      text[19] == 'Z') {
    const auto hour = digits_of(text, 11, 2);
    const auto minute = digits_of(text, 14, 2);
    const auto second = digits_of(text, 17, 2);
    if (hour && minute && second && *hour < 24 && *minute < 60 && *second < 60) {
      return UnixTime(*day) + std::chrono::hours(*hour) + std::chrono::minutes(*minute) +
             std::chrono::seconds(*second);
    }
  }
  return tl::unexpected(
      fmt::format("\"{}\" is not a date: write a day, for example 2027-12-31 (00:00 UTC), or an "
                  "instant in UTC, for "
                  "example 2027-12-31T12:00:00Z",
                  text));
}

std::string format_date(UnixTime time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  std::string text =
      fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()),
                  static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
  const std::chrono::hh_mm_ss clock(time - day);
  if (time == day) return text;
  return fmt::format("{}T{:02}:{:02}:{:02}Z", text, clock.hours().count(), clock.minutes().count(),
                     clock.seconds().count());
}

bool has_come(UnixTime time, std::chrono::system_clock::time_point now) {
  return std::chrono::floor<std::chrono::seconds>(now) >= time;
}

std::string http_date(UnixTime time) {
  return fmt::format("{:%a, %d %b %Y %H:%M:%S} GMT",
                     fmt::gmtime(static_cast<std::time_t>(time.time_since_epoch().count())));
}

}  // namespace tollgate
