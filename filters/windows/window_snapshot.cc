// See window_snapshot.h. Any thread.
#include "filters/windows/window_snapshot.h"

#include <openssl/sha.h>

#include <algorithm>
#include <optional>

namespace tollgate {
namespace {

constexpr std::string_view kFormat = "tollgate-windows ";
constexpr std::string_view kVersion = "1\n";
constexpr std::int64_t kLongestLength = std::int64_t{3650} * 86'400 * 1'000'000'000;
constexpr std::uint64_t kMostAmount = (std::uint64_t{1} << 53) - 1;

std::string digest_of(std::string_view bytes) {
  std::string digest(SHA256_DIGEST_LENGTH, '\0');
  SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(),
         reinterpret_cast<unsigned char*>(digest.data()));
  return digest;
}

void put(std::string& out, std::uint64_t number) {
  for (; number >= 0x80; number >>= 7) out.push_back(static_cast<char>(number | 0x80));
  out.push_back(static_cast<char>(number));
}

// Of what is never below 0.
void put(std::string& out, std::chrono::nanoseconds time) {
  put(out, static_cast<std::uint64_t>(std::max<std::int64_t>(0, time.count())));
}

void put(std::string& out, std::string_view text) {
  put(out, text.size());
  out.append(text);
}

// Reads what `put` wrote; nothing once the bytes are at fault.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}

  [[nodiscard]] std::optional<std::uint64_t> number() {
    std::uint64_t number = 0;
    for (unsigned shift = 0; shift < 64 && !rest_.empty(); shift += 7) {
      const auto byte = static_cast<unsigned char>(rest_.front());
      rest_.remove_prefix(1);
      number |= std::uint64_t{byte & 0x7FU} << shift;
      if ((byte & 0x80) == 0) return number;
    }
    return std::nullopt;
  }
  [[nodiscard]] std::optional<std::chrono::nanoseconds> time() {
    const auto count = number();
    if (!count || *count > static_cast<std::uint64_t>(INT64_MAX)) return std::nullopt;
    return std::chrono::nanoseconds(static_cast<std::int64_t>(*count));
  }
  [[nodiscard]] std::optional<std::string_view> text() {
    const auto size = number();
    if (!size || *size > rest_.size()) return std::nullopt;
    const std::string_view text = rest_.substr(0, *size);
    rest_.remove_prefix(*size);
    return text;
  }
  [[nodiscard]] bool at_end() const { return rest_.empty(); }

 private:
  std::string_view rest_;
};

// How much time has passed since the snapshot was written; never less than none.
std::optional<std::chrono::nanoseconds> read_passed(Reader& reader, const SnapshotMoment& moment) {
  const auto boot = reader.text();
  const auto steady = reader.time();
  const auto wall = reader.time();
  if (!boot || !steady || !wall) return std::nullopt;
  const bool same_boot = !boot->empty() && *boot == moment.boot;
  const std::chrono::nanoseconds passed = same_boot ? moment.now.steady.time_since_epoch() - *steady
                                                    : moment.now.wall.time_since_epoch() - *wall;
  return std::max(passed, std::chrono::nanoseconds(0));
}

std::optional<PastCharge> read_charge(Reader& reader, SteadyTime written) {
  const auto age = reader.time();
  if (!age || age->count() > kLongestLength) return std::nullopt;
  PastCharge charge{written - *age, {}};
  for (const Measure measure : kMeasures) {
    const auto amount = reader.number();
    if (!amount) return std::nullopt;
    charge.amounts[measure] = std::min(*amount, kMostAmount);
  }
  return charge;
}

std::optional<ScopeRecord::Window> read_window(Reader& reader, SteadyTime written, SteadyTime now) {
  const auto length = reader.time();
  const auto charges = reader.number();
  if (!length || length->count() == 0 || length->count() > kLongestLength || !charges) {
    return std::nullopt;
  }
  ScopeRecord::Window window{*length, {}};
  SteadyTime last = SteadyTime::min();
  for (std::uint64_t i = 0; i < *charges; ++i) {
    const auto charge = read_charge(reader, written);
    if (!charge || charge->at < last) return std::nullopt;
    last = charge->at;
    if (now - charge->at < window.length) window.past.push_back(*charge);
  }
  return window;
}

std::optional<ScopeRecord> read_record(Reader& reader, SteadyTime written, SteadyTime now) {
  const auto kind = reader.number();
  const auto name = reader.text();
  const auto group = reader.text();
  const auto address = reader.text();
  const auto windows = reader.number();
  if (!kind || *kind > static_cast<std::uint64_t>(LimitScope::kAddress) || !name || !group ||
      !address || address->size() != 16 || !windows) {
    return std::nullopt;
  }
  ScopeRecord record{
      {static_cast<LimitScope>(*kind), std::string(*name), std::string(*group)}, {}, {}};
  std::array<std::uint8_t, 16> bytes{};
  std::copy(address->begin(), address->end(), reinterpret_cast<char*>(bytes.data()));
  record.address = IpAddress::v6(bytes);
  for (std::uint64_t i = 0; i < *windows; ++i) {
    auto window = read_window(reader, written, now);
    if (!window) return std::nullopt;
    if (!window->past.empty()) record.windows.push_back(std::move(*window));
  }
  return record;
}

}  // namespace

WindowSnapshotWriter::WindowSnapshotWriter(const SnapshotMoment& moment) : now_(moment.now.steady) {
  put(body_, moment.boot);
  put(body_, moment.now.steady.time_since_epoch());
  put(body_, std::chrono::nanoseconds(moment.now.wall.time_since_epoch()));
}

void WindowSnapshotWriter::add(const ScopeRecord& record) {
  put(body_, static_cast<std::uint64_t>(record.name.kind));
  put(body_, record.name.name);
  put(body_, record.name.group);
  const auto& address = record.address.bytes();
  put(body_, std::string_view(reinterpret_cast<const char*>(address.data()), address.size()));
  put(body_, record.windows.size());
  for (const ScopeRecord::Window& window : record.windows) {
    put(body_, window.length);
    put(body_, window.past.size());
    for (const PastCharge& charge : window.past) {
      put(body_, now_ - charge.at);
      for (const Measure measure : kMeasures) put(body_, charge.amounts[measure]);
    }
  }
}

std::string WindowSnapshotWriter::finish() && {
  std::string file(kFormat);
  file.append(kVersion).append(digest_of(body_)).append(body_);
  return file;
}

bool is_window_snapshot(std::string_view bytes) { return bytes.starts_with(kFormat); }

tl::expected<std::vector<ScopeRecord>, std::string> read_window_snapshot(
    std::string_view bytes, const SnapshotMoment& moment) {
  if (!bytes.starts_with(kFormat)) return tl::unexpected(std::string("is no snapshot of windows"));
  bytes.remove_prefix(kFormat.size());
  if (!bytes.starts_with(kVersion)) {
    return tl::unexpected(std::string("is a snapshot of another version of Tollgate"));
  }
  bytes.remove_prefix(kVersion.size());
  const std::string_view digest = bytes.substr(0, SHA256_DIGEST_LENGTH);
  bytes.remove_prefix(digest.size());
  if (digest != digest_of(bytes)) return tl::unexpected(std::string("is damaged or cut short"));
  Reader reader(bytes);
  const auto passed = read_passed(reader, moment);
  if (!passed) return tl::unexpected(std::string("is damaged or cut short"));
  std::vector<ScopeRecord> records;
  while (!reader.at_end()) {
    auto record = read_record(reader, moment.now.steady - *passed, moment.now.steady);
    if (!record) return tl::unexpected(std::string("is damaged or cut short"));
    if (!record->windows.empty()) records.push_back(std::move(*record));
  }
  return records;
}

}  // namespace tollgate
