// Field names to ids by a perfect hash that the compiler finds; the lists of protected and of
// trailer-less names.
#include "proxy/http1/field_names.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "proxy/http1/characters.h"
#include "proxy/http1/message.h"

namespace tollgate::http1 {
namespace {

constexpr std::size_t kLongestName = 32;

struct KnownName {
  std::string_view name;  // in lower case
  HeaderId id;
};

constexpr auto kKnownNames = std::to_array<KnownName>({
    {"accept", HeaderId::kAccept},
    {"access-control-request-method", HeaderId::kAccessControlRequestMethod},
    {"authorization", HeaderId::kAuthorization},
    {"connection", HeaderId::kConnection},
    {"content-encoding", HeaderId::kContentEncoding},
    {"content-length", HeaderId::kContentLength},
    {"content-type", HeaderId::kContentType},
    {"cookie", HeaderId::kCookie},
    {"expect", HeaderId::kExpect},
    {"forwarded", HeaderId::kForwarded},
    {"host", HeaderId::kHost},
    {"http2-settings", HeaderId::kHttp2Settings},
    {"keep-alive", HeaderId::kKeepAlive},
    {"origin", HeaderId::kOrigin},
    {"proxy-authenticate", HeaderId::kProxyAuthenticate},
    {"proxy-authorization", HeaderId::kProxyAuthorization},
    {"proxy-connection", HeaderId::kProxyConnection},
    {"te", HeaderId::kTe},
    {"tollgate-client-certificate", HeaderId::kTollgateClientCertificate},
    {"tollgate-complexity", HeaderId::kTollgateComplexity},
    {"tollgate-environment", HeaderId::kTollgateEnvironment},
    {"tollgate-key", HeaderId::kTollgateKey},
    {"traceparent", HeaderId::kTraceparent},
    {"trailer", HeaderId::kTrailer},
    {"transfer-encoding", HeaderId::kTransferEncoding},
    {"upgrade", HeaderId::kUpgrade},
    {"user-agent", HeaderId::kUserAgent},
    {"x-forwarded-for", HeaderId::kXForwardedFor},
    {"x-forwarded-host", HeaderId::kXForwardedHost},
    {"x-forwarded-proto", HeaderId::kXForwardedProto},
    {"x-request-id", HeaderId::kXRequestId},
});

// Length, first and last letter tell all known names apart; the factors spread them over the slots.
struct Hash {
  unsigned length_factor = 0;
  unsigned first_factor = 0;

  static constexpr std::size_t kSlots = 128;
  [[nodiscard]] constexpr std::size_t operator()(std::string_view name) const {
    const auto first = static_cast<unsigned char>(name.front() | 0x20);
    const auto last = static_cast<unsigned char>(name.back() | 0x20);
    const auto length = static_cast<unsigned>(name.size());
    return (length * length_factor + first * first_factor + last) % kSlots;
  }
};

constexpr std::uint8_t kFree = 0xff;

struct Table {
  Hash hash;
  std::array<std::uint8_t, Hash::kSlots> slots{};  // indices into kKnownNames, or kFree
};

constexpr bool fill(Table& table) {
  table.slots.fill(kFree);
  for (std::size_t i = 0; i < kKnownNames.size(); ++i) {
    std::uint8_t& slot = table.slots[table.hash(kKnownNames[i].name)];
    if (slot != kFree) return false;
    slot = static_cast<std::uint8_t>(i);
  }
  return true;
}

consteval Table make_table() {
  Table table;
  for (unsigned factors = 0; factors < 64 * 64; ++factors) {
    table.hash = {factors % 64, factors / 64};
    if (fill(table)) return table;
  }
  throw "no factors tell the known names apart";  // stops the compiler
}

constexpr Table kTable = make_table();

static_assert(std::ranges::all_of(kKnownNames, [](const KnownName& k) {
  return k.name.size() <= kLongestName;
}));

// For tokens against names of lower-case letters, digits and "-": there, setting bit 0x20 maps only
// an upper-case letter onto a lower-case one.
bool equals_known(std::string_view name, std::string_view known) {
  if (name.size() != known.size()) return false;
  constexpr std::uint64_t kCaseBits = repeat_byte(0x20);
  if (name.size() < sizeof(std::uint64_t)) {
    for (std::size_t i = 0; i < name.size(); ++i) {
      if ((name[i] | 0x20) != known[i]) return false;
    }
    return true;
  }
  const std::size_t last = name.size() - sizeof(std::uint64_t);
  for (std::size_t i = 0; i < last; i += sizeof(std::uint64_t)) {
    if ((load_word(name.data() + i) | kCaseBits) != load_word(known.data() + i)) return false;
  }
  return (load_word(name.data() + last) | kCaseBits) == load_word(known.data() + last);
}

// `name` with lower-case letters and "-" for "_" and ".", in a buffer of its own; empty when it is
// too long to be of interest.
class Normalized {
 public:
  explicit Normalized(std::string_view name) {
    if (name.size() > text_.size()) return;
    std::ranges::transform(name, text_.begin(), [](char c) {
      if (is_in(c, kTwinMark)) return '-';
      return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
    });
    size_ = name.size();
  }
  [[nodiscard]] std::string_view view() const { return {text_.data(), size_}; }

 private:
  std::array<char, 64> text_{};
  std::size_t size_ = 0;
};

template <std::size_t N>
bool contains(const std::array<std::string_view, N>& names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

// Framing, forwarding and identity. Names without "-" have no twins and matter for Connection
// alone.
constexpr auto kProtected = std::to_array<std::string_view>({
    "api-authorization",
    "authorization",
    "content-encoding",
    "content-length",
    "content-type",
    "cookie",
    "forwarded",
    "host",
    "http2-settings",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "traceparent",
    "tracestate",
    "transfer-encoding",
    "x-real-ip",
    "x-request-id",
});

bool is_protected(std::string_view normalized) {
  return normalized.starts_with("x-forwarded-") || normalized.starts_with("tollgate-") ||
         contains(kProtected, normalized);
}

// Beside those that are protected, known to Tollgate, or of the content- and if- families.
constexpr auto kNotInTrailers = std::to_array<std::string_view>({
    "age",
    "cache-control",
    "date",
    "expires",
    "location",
    "max-forwards",
    "pragma",
    "range",
    "retry-after",
    "set-cookie",
    "vary",
    "warning",
    "www-authenticate",
});

}  // namespace

HeaderId find_header_id(std::string_view name) {
  if (name.empty() || name.size() > kLongestName) return HeaderId::kOther;
  const std::uint8_t slot = kTable.slots[kTable.hash(name)];
  if (slot == kFree) return HeaderId::kOther;
  const KnownName& known = kKnownNames[slot];
  return equals_known(name, known.name) ? known.id : HeaderId::kOther;
}

bool is_protected_twin(std::string_view name) {
  return std::ranges::any_of(name, [](char c) { return is_in(c, kTwinMark); }) &&
         is_protected(Normalized(name).view());
}

bool is_protected_from_connection(std::string_view name) {
  const HeaderId id = find_header_id(name);
  if (id == HeaderId::kTransferEncoding) return true;
  if (id != HeaderId::kOther) return !is_hop_by_hop(id);
  return is_protected(Normalized(name).view());
}

bool is_forbidden_in_trailer(std::string_view name) {
  if (find_header_id(name) != HeaderId::kOther) return true;
  const Normalized normalized(name);
  const std::string_view text = normalized.view();
  return is_protected(text) || text.starts_with("content-") || text.starts_with("if-") ||
         contains(kNotInTrailers, text);
}

}  // namespace tollgate::http1
