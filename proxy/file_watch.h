// Tells when one of a few files has other content than before. Watches their folders (Kubernetes
// swaps the "..data" link, which a watch on the file itself never sees) and, as a net, compares
// contents every ten seconds. A change is one when two looks, a tenth of a second apart, find the
// same: whoever writes in place is not caught in the middle. What it compares with is what the
// reader of the files has seen, so that no write is lost between reading and watching.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

struct event_base;

namespace tollgate {

// A file as it was when somebody looked.
struct SeenFile {
  std::string name;
  std::string digest;  // SHA-256 of its contents, binary; empty: it could not be read
  friend bool operator==(const SeenFile&, const SeenFile&) = default;
};
// For who is about to read the file: a write from here on is a change.
[[nodiscard]] SeenFile look_at_file(std::string name);

class FileWatch {
 public:
  // `changed` runs on the loop of `base`, once per burst of changes (150 ms of quiet, 300 ms at the
  // latest before the first look), and only if the contents differ from those seen, or from those
  // at the last call. Files that do not exist yet are watched for.
  [[nodiscard]] static std::unique_ptr<FileWatch> start(event_base* base,
                                                        std::vector<SeenFile> files,
                                                        std::function<void()> changed);
  virtual ~FileWatch() = default;
  // Other files from now on: a reload may name others.
  virtual void watch(std::vector<SeenFile> files) = 0;
};

}  // namespace tollgate
