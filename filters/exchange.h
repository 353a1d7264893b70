// One call as the filters see it: a plain struct, made by the relay for each request.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

#include "conf/config.h"
#include "conf/ip.h"
#include "conf/keys.h"
#include "filters/request.h"

namespace tollgate {

// The two clocks, read once per turn of the loop. Windows and timeouts use `steady`; dates use
// `wall`.
struct Instant {
  std::chrono::steady_clock::time_point steady;
  std::chrono::system_clock::time_point wall;
};

// What the last credential on this connection was found to be, so that the same secret is hashed
// once. Owned by the connection; the key filter alone reads and writes it.
struct CredentialMemory {
  std::string secret;
  std::uint64_t index_generation = 0;  // of the KeyIndex that answered; 0: nothing is remembered
  const Key* key = nullptr;            // null: not a key
};

struct Exchange {
  const RequestHead* request = nullptr;
  Instant now;
  IpAddress peer;  // who is connected
  std::optional<IpAddress>
      client;  // who calls (client_address.h); none: the header could not be read
  CredentialMemory* credential = nullptr;

  std::string_view body;  // complete once a filter that needs it runs; empty before

  // Decided on the way:
  const Key* key = nullptr;  // the valid key; null before the key filter and where none is required
  const Key* presented = nullptr;  // the known key, valid or not: for log and metrics
  bool open = false;               // an open path or a forwarded preflight: no key and no charge
};

}  // namespace tollgate
