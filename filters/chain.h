// The filters of one API in their order.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "conf/config.h"
#include "filters/failures.h"
#include "filters/filter.h"
#include "filters/key_index.h"

namespace tollgate {

// What filters borrow; all of it outlives the chain.
struct ChainParts {
  const KeyIndex& keys;
  FailureCounter& failures;
};

class Chain {
 public:
  Chain(const ApiConfig& api, const ChainParts& parts);

  // Runs from filter number `from`. Stops at the first denial, or before a filter that needs a body
  // while `body_complete` is false.
  struct Outcome {
    Verdict verdict;   // of the last filter that ran
    std::size_t next;  // filter number to go on from once the body is complete
    bool awaits_body;  // true: gather the body, then run from `next`
  };
  enum class Body { kNotRead, kComplete };
  [[nodiscard]] Outcome run(Exchange& exchange, std::size_t from, Body body) const;

 private:
  std::vector<std::unique_ptr<const Filter>> filters_;
};

}  // namespace tollgate
