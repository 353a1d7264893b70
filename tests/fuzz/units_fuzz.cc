// Durations, counts, sizes, dates, addresses, ranges and endpoints: what is read is written and
// read back as the same.
#include "conf/endpoint.h"
#include "conf/ip.h"
#include "conf/secret.h"
#include "conf/units.h"
#include "tests/fuzz/properties.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tollgate;
  const std::string_view text = text_of(data, size);
  constexpr std::uint64_t kMost = (std::uint64_t{1} << 53) - 1;
  if (const auto duration = parse_duration(text)) {
    must(parse_duration(format_duration(*duration)) == *duration, "a duration is read back");
  }
  if (const auto count = parse_count(text)) must(*count <= kMost, "a count is exact");
  if (const auto bytes = parse_size(text)) must(*bytes <= kMost, "a size is exact");
  if (const auto date = parse_date(text)) {
    must(parse_date(format_date(*date)) == *date, "a date is read back");
  }
  if (const auto address = IpAddress::parse(text)) {
    must(IpAddress::parse(address->text()) == *address, "an address is read back");
    must(address->counted_as().counted_as() == address->counted_as(), "counting is settled");
    if (const auto alone = IpRange::parse(text)) {
      must(alone->contains(*address), "an address lies in its own range");
    }
  }
  if (const auto range = IpRange::parse(text)) {
    const auto again = IpRange::parse(range->text());
    must(again && *again == *range, "a range is read back");
  }
  if (const auto endpoint = parse_endpoint(text)) {
    must(parse_endpoint(endpoint->text()) == *endpoint, "an endpoint is read back");
  }
  (void)parse_upstream_url(text);
  (void)secret_form(text);
  return 0;
}
