// A body that claims to be JSON must be JSON: the service behind never sees a broken one. Any
// thread.
#include <fmt/format.h>

#include "filters/filters.h"
#include "filters/json_check.h"
#include "filters/media_type.h"

namespace tollgate {
namespace {

bool claims_json(const Exchange& exchange) {
  if (exchange.open) return false;
  const RequestHead& request = *exchange.request;
  if (request.method != Method::kPost && request.method != Method::kPut &&
      request.method != Method::kPatch) {
    return false;
  }
  const Header* type = request.find(HeaderId::kContentType);
  if (type == nullptr || !is_json(type->value)) return false;
  // What is compressed claims nothing that could be checked here.
  const Header* coding = request.find(HeaderId::kContentEncoding);
  if (coding != nullptr && !equals_ignoring_case(coding->value, "identity")) return false;
  return request.has_body();
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
    note.detail = fmt::format(
        "The body says that it is JSON, but at byte {} of {} it is not. Correct the body, or its "
        "Content-Type.",
        *offset, exchange.body.size());
    return Verdict::deny(Reason::kJsonInvalid, std::move(note));
  }
};

}  // namespace

FilterPtr make_json_body(const ApiConfig&) { return std::make_unique<JsonBody>(); }

}  // namespace tollgate
