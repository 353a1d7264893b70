// Any bytes as a snapshot of windows, also with a right checksum: what is read counts, is in order,
// and comes back when it is written again.
#include <openssl/sha.h>

#include "filters/windows/window_snapshot.h"
#include "tests/fuzz/properties.h"

namespace {

using namespace tollgate;
using namespace std::chrono_literals;

const SnapshotMoment kMoment{{SteadyTime(1000h), std::chrono::system_clock::time_point(500'000h)},
                             "boot"};

std::string with_right_checksum(std::string_view body) {
  std::string file = "tollgate-windows 1\n";
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(body.data()), body.size(), digest);
  file.append(reinterpret_cast<const char*>(digest), sizeof digest);
  return file.append(body);
}

std::string written(const std::vector<ScopeRecord>& records) {
  WindowSnapshotWriter writer(kMoment);
  for (const ScopeRecord& record : records) writer.add(record);
  return std::move(writer).finish();
}

void check_records(const std::vector<ScopeRecord>& records) {
  const auto store = MemoryWindows::make({});
  for (const ScopeRecord& record : records) {
    for (const ScopeRecord::Window& window : record.windows) {
      must(window.length > 0ns && !window.past.empty(),
           "a window has a length and holds something");
      SteadyTime last = SteadyTime::min();
      for (const PastCharge& charge : window.past) {
        must(charge.at >= last, "charges are in the order of time");
        must(kMoment.now.steady - charge.at < window.length, "what is kept still counts");
        last = charge.at;
      }
    }
    store->restore(record, kMoment.now.steady);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes = text_of(data, size);
  (void)read_window_snapshot(bytes, kMoment);
  const auto read = read_window_snapshot(with_right_checksum(bytes), kMoment);
  if (!read) return 0;
  check_records(*read);
  const std::string file = written(*read);
  const auto again = read_window_snapshot(file, kMoment);
  must(again.has_value() && written(*again) == file, "what is written comes back");
  return 0;
}
