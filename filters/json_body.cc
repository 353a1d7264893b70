// A body that claims to be JSON must be JSON: the service behind never sees a broken one. Any
// thread.
#include <fmt/format.h>

#include <algorithm>

#include "filters/filters.h"
#include "filters/json_check.h"
#include "filters/media_type.h"

namespace tollgate {
namespace {

// Which of several lines the service goes by is not known, so any of them claims for all.
bool has_json_type(const RequestHead& request) {
  return std::any_of(request.headers.begin(), request.headers.end(), [](const Header& header) {
    return header.id == HeaderId::kContentType && is_json(header.value);
  });
}

// What is compressed claims nothing that could be checked here.
bool is_encoded(const RequestHead& request) {
  return std::any_of(request.headers.begin(), request.headers.end(), [](const Header& header) {
    return header.id == HeaderId::kContentEncoding &&
           !equals_ignoring_case(header.value, "identity");
  });
}

bool claims_json(const Exchange& exchange) {
  if (exchange.open || exchange.own_path) return false;
  const RequestHead& request = *exchange.request;
  if (request.method != Method::kPost && request.method != Method::kPut &&
      request.method != Method::kPatch) {
    return false;
  }
  return has_json_type(request) && !is_encoded(request) && has_body(request);
}

class JsonBody final : public Filter {
 public:
  BodyNeed needs_body(const Exchange& exchange) const override {
    if (!claims_json(exchange)) return {};
    return {BodyNeed::Kind::kWhole, 0};
  }

  Verdict check(Exchange& exchange) const override {
    if (!claims_json(exchange)) return Verdict::pass();
    const auto offset = json_error_offset(exchange.body);
    if (!offset) return Verdict::pass();
    Note note;
    note.offset = *offset;
    const std::size_t size = exchange.body.size();
    note.detail =
        fmt::format("The body says that it is JSON, but {}. Correct the body, or its Content-Type.",
                    *offset < size ? fmt::format("at byte {} of {} it is not", *offset, size)
                                   : fmt::format("its end is missing after {} bytes", size));
    return Verdict::deny(Reason::kJsonInvalid, std::move(note));
  }
};

}  // namespace

FilterPtr make_json_body(const ApiConfig&) { return std::make_unique<JsonBody>(); }

}  // namespace tollgate
