// The TLS of a snapshot, made of the certificates and keys that its configuration names. Control
// thread.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "conf/config.h"
#include "conf/diagnostic.h"
#include "proxy/file_watch.h"
#include "proxy/tls/context.h"

namespace tollgate {

// What was made, and of which settings and contents: what is the same stays the same, so tickets
// hold over a reload that changes something else.
template <class Tls>
struct TlsMade {
  std::string made_of;
  std::shared_ptr<const Tls> tls;  // null: plain
};
using ListenTlsMade = TlsMade<ServerTls>;
using UpstreamTlsMade = TlsMade<ClientTls>;

// Mistakes are added to `problems`, files to `read`. `known`: in force so far.
[[nodiscard]] ListenTlsMade load_listen_tls(const ListenConfig& config,
                                            const std::vector<ListenTlsMade>& known,
                                            std::vector<SeenFile>& read, Diagnostics& problems);
[[nodiscard]] UpstreamTlsMade load_upstream_tls(const UpstreamConfig& config,
                                                const std::vector<UpstreamTlsMade>& known,
                                                std::vector<SeenFile>& read, Diagnostics& problems);

}  // namespace tollgate
