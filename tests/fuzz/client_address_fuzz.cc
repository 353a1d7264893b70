// Any X-Forwarded-For and Forwarded: a stranger's is never believed, a client is trusted only if
// all were, and whatever a client writes, the entry that the proxy in front adds is what counts.
#include "filters/client_address.h"
#include "filters/field_text.h"
#include "filters/forwarded.h"
#include "filters/media_type.h"
#include "tests/fuzz/properties.h"

namespace tollgate {
namespace {

const IpAddress kProxy = *IpAddress::parse("10.0.0.1");
const IpAddress kStranger = *IpAddress::parse("192.0.2.1");
const IpAddress kCaller = *IpAddress::parse("203.0.113.7");

ClientAddressConfig config_of(ClientAddressHeader header) {
  return {{*IpRange::parse("10.0.0.0/8")}, header};
}

std::optional<IpAddress> client_of(ClientAddressHeader header, const IpAddress& peer,
                                   std::string_view first, std::string_view second,
                                   const ClientAddressConfig& config) {
  const HeaderId id =
      header == ClientAddressHeader::kForwarded ? HeaderId::kForwarded : HeaderId::kXForwardedFor;
  const Header headers[3] = {
      {{"h", first}, id}, {{"other", "x"}, HeaderId::kOther}, {{"h", second}, id}};
  RequestHead head;
  head.headers = headers;
  return client_address(config, peer, head);
}

void check_trust(ClientAddressHeader header, std::string_view text) {
  const std::string_view first = text.substr(0, text.size() / 2);
  const std::string_view second = text.substr(text.size() / 2);
  const ClientAddressConfig config = config_of(header);
  must(client_of(header, kStranger, first, second, config) == kStranger,
       "a stranger speaks for nobody");
  must(client_of(header, kProxy, first, second, {{}, header}) == kProxy,
       "no peer is trusted without being listed");
  const auto client = client_of(header, kProxy, first, second, config);
  if (!client || *client == kProxy || contains(config.trusted_proxies, *client)) return;
  // Trusting the client too can only lead further to the left.
  const ClientAddressConfig wider{{config.trusted_proxies[0], *IpRange::parse(client->text())},
                                  header};
  const auto further = client_of(header, kProxy, first, second, wider);
  must(!further || *further == *client || !contains(wider.trusted_proxies, *further) ||
           contains(config.trusted_proxies, *further),
       "walking goes on to the left");
}

// What no field value holds is taken out.
std::string without_controls(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte == '\t' || (byte >= 0x20 && byte != 0x7f)) out += c;
  }
  return out;
}

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

// The proxy adds its entry behind what the client sent, and writes the client's Host into it.
void check_that_the_proxys_entry_counts(std::string_view text) {
  const std::string sent = without_controls(text.substr(0, text.size() / 2));
  const std::string host = without_controls(text.substr(text.size() / 2));
  for (const std::string& entry :
       {"host=" + quoted(host) + ";for=203.0.113.7", "for=203.0.113.7;host=" + quoted(host),
        "for=\"203.0.113.7:80\"; by=_x;host=" + quoted(host)}) {
    const auto believed = [&](const std::string& first, const std::string& second) {
      return client_of(ClientAddressHeader::kForwarded, kProxy, first, second,
                       config_of(ClientAddressHeader::kForwarded)) == kCaller;
    };
    must(believed("", sent + ", " + entry), "a client cannot outweigh the entry beside it");
    must(believed(sent, entry), "a client cannot outweigh the line below it");
    must(believed(sent, entry + ",for=10.0.0.2"), "a trusted proxy is walked over");
    must(!forwarded_for(entry + ";For=198.51.100.1"), "two addresses in one entry are none");
  }
  must(client_of(ClientAddressHeader::kXForwardedFor, kProxy, sent, sent + ", 203.0.113.7",
                 config_of(ClientAddressHeader::kXForwardedFor)) == kCaller,
       "a client cannot outweigh the address beside it");
  must(forwarded_for("for=" + quoted(host)) == host, "what is quoted is read back");
}

void check_pieces(std::string_view text) {
  std::string_view rest = text;
  while (!rest.empty()) {
    const std::size_t before = rest.size();
    (void)take_last_forwarded(rest);
    must(rest.size() < before, "each element takes something off");
  }
  rest = text;
  std::size_t taken = 0;
  while (!rest.empty()) taken += take_until(rest, ',').size() + 1;
  must(taken == text.size() || taken == text.size() + 1, "elements and commas are the whole");
}

}  // namespace
}  // namespace tollgate

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tollgate;
  const std::string_view text = text_of(data, size);
  check_trust(ClientAddressHeader::kXForwardedFor, text);
  check_trust(ClientAddressHeader::kForwarded, text);
  check_that_the_proxys_entry_counts(text);
  check_pieces(text);
  (void)is_json(text);
  const Header accept[1] = {{{"Accept", text}, HeaderId::kAccept}};
  const int quality = acceptance_of(accept, "application/json").quality;
  must(quality >= 0 && quality <= 1000, "a quality is from 0 to 1000");
  return 0;
}
