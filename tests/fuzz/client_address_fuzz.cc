// Any X-Forwarded-For and Forwarded: a stranger's is never believed, and a client is trusted only
// if all were.
#include "filters/client_address.h"
#include "filters/media_type.h"
#include "tests/fuzz/properties.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tollgate;
  const std::string_view text = text_of(data, size);
  const std::size_t half = size / 2;
  Header headers[3];
  const auto fill = [&](HeaderId id) {
    headers[0] = {{"h", text.substr(0, half)}, id};
    headers[1] = {{"other", "x"}, HeaderId::kOther};
    headers[2] = {{"h", text.substr(half)}, id};
  };
  RequestHead head;
  head.headers = headers;
  const IpAddress proxy = *IpAddress::parse("10.0.0.1");
  const IpAddress stranger = *IpAddress::parse("192.0.2.1");
  for (const bool forwarded : {false, true}) {
    fill(forwarded ? HeaderId::kForwarded : HeaderId::kXForwardedFor);
    const ClientAddressConfig config{
        {*IpRange::parse("10.0.0.0/8")},
        forwarded ? ClientAddressHeader::kForwarded : ClientAddressHeader::kXForwardedFor};
    must(client_address(config, stranger, head) == stranger, "a stranger speaks for nobody");
    const auto client = client_address(config, proxy, head);
    const ClientAddressConfig nobody{{}, config.header};
    must(client_address(nobody, proxy, head) == proxy, "no peer is trusted without being listed");
    if (client && *client != proxy && !contains(config.trusted_proxies, *client)) {
      // Trusting the client too can only lead further to the left.
      const ClientAddressConfig wider{{config.trusted_proxies[0], *IpRange::parse(client->text())},
                                      config.header};
      const auto further = client_address(wider, proxy, head);
      must(!further || *further == *client || !contains(wider.trusted_proxies, *further) ||
               contains(config.trusted_proxies, *further),
           "walking goes on to the left");
    }
  }
  (void)is_json(text);
  const int quality = named_quality(text, "application/json");
  must(quality >= -1 && quality <= 1000, "a quality is from 0 to 1000");
  return 0;
}
