// One call as the filters see it: a plain struct, made by the relay for each request.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <tl/expected.hpp>

#include "conf/config.h"
#include "conf/ip.h"
#include "conf/keys.h"
#include "filters/charge.h"
#include "filters/graphql/multipart.h"
#include "filters/graphql/rate_limits_query.h"
#include "filters/request.h"

namespace tollgate {

namespace graphql {
struct Workspace;
}

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

// What a call is charged: how many requests it counts as, and what they cost.
struct CallCost {
  std::uint64_t requests = 1;
  std::uint64_t complexity = 0;  // points
  std::uint64_t mutations = 0;
  // GraphQL, for the log: "query", "mutation", "subscription" or "batch", and the operation's name
  // as far as it fits; empty: none.
  std::string_view operation;
  std::array<char, 64> name{};
  std::size_t name_size = 0;
  [[nodiscard]] std::string_view operation_name() const { return {name.data(), name_size}; }
};

// Looks at the rest of a body as it streams on, after a filter has passed its beginning.
class BodyWatch {
 public:
  virtual ~BodyWatch() = default;
  // The next bytes, before they go on. The error says why neither they nor any more may.
  [[nodiscard]] virtual tl::expected<void, std::string> take(std::string_view bytes) = 0;
};

// An answer of Tollgate's own that refuses nothing.
struct OwnAnswer {
  std::string content_type;
  std::string body;
};

struct Exchange {
  const RequestHead* request = nullptr;
  bool upgrade = false;  // asks for another protocol, or is an operation within one
  Instant now;
  IpAddress peer;  // who is connected
  std::optional<IpAddress>
      client;  // who calls (client_address.h); none: the header could not be read
  CredentialMemory* credential = nullptr;

  // What a filter asked for (BodyNeed), once it runs; empty before.
  std::string_view body;
  bool body_complete = false;
  graphql::PartSearch body_search;        // of the filter that looks at a beginning again and again
  graphql::Workspace* graphql = nullptr;  // the worker's

  // Decided on the way:
  const Key* key = nullptr;  // the valid key; null before the key filter and where none is required
  const Key* presented = nullptr;  // the known key, valid or not: for log and metrics
  bool open = false;               // an open path or a forwarded preflight: no key and no charge
  bool own_path = false;           // below <base>/.tollgate/: Tollgate's own, never open
  std::optional<CallCost> cost;    // none: nobody has priced the call
  Charge charge;
  std::unique_ptr<BodyWatch> body_watch;  // null: nobody looks at the rest of the body
  // What the call is answered with once it is charged: this, or what is left of the windows then.
  std::optional<OwnAnswer> own_answer;
  std::optional<graphql::RateLimitsQuery> rate_limits;
};

}  // namespace tollgate
