// Tells when one of a few files has other content than before. Watches their folders (Kubernetes
// swaps the "..data" link, which a watch on the file itself never sees) and, as a net, compares
// contents every ten seconds.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

struct event_base;

namespace tollgate {

class FileWatch {
 public:
  // `changed` runs on the loop of `base`, once per burst of changes (50 ms of quiet, 500 ms at the
  // latest), and only if the contents differ from those at the last call. Files that do not exist
  // yet are watched for.
  [[nodiscard]] static std::unique_ptr<FileWatch> start(event_base* base,
                                                        std::vector<std::string> files,
                                                        std::function<void()> changed);
  virtual ~FileWatch() = default;
  // Other files from now on: a reload may name others.
  virtual void watch(std::vector<std::string> files) = 0;
};

}  // namespace tollgate
