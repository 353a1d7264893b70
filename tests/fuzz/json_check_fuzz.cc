// Any bytes as JSON: an error lies within them, what stands before it could still become JSON, what
// ends with it could not, and another parser agrees.
#include <nlohmann/json.hpp>

#include "filters/json_check.h"
#include "tests/fuzz/properties.h"

namespace {

// Throws everything away but the first error.
class ErrorFinder : public nlohmann::json_sax<nlohmann::json> {
 public:
  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t) override { return true; }
  bool number_float(number_float_t, const string_t&) override { return true; }
  bool string(string_t&) override { return true; }
  bool binary(binary_t&) override { return true; }
  bool start_object(std::size_t) override { return true; }
  bool key(string_t&) override { return true; }
  bool end_object() override { return true; }
  bool start_array(std::size_t) override { return true; }
  bool end_array() override { return true; }
  bool parse_error(std::size_t position, const std::string&,
                   const nlohmann::detail::exception& error) override {
    offset = position == 0 ? 0 : position - 1;
    too_large_a_number = error.id == 406;
    return false;
  }
  std::size_t offset = 0;
  bool too_large_a_number = false;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tollgate;
  const std::string_view text = text_of(data, size);
  const auto offset = json_error_offset(text);
  if (offset) must(*offset <= text.size(), "the place lies within the body");
  ErrorFinder finder;
  const bool accepted = nlohmann::json::sax_parse(text.begin(), text.end(), &finder);
  // The other takes a NUL for the end.
  if (!finder.too_large_a_number && text.find('\0') == std::string_view::npos) {
    must(accepted == !offset, "two parsers agree");
    // The other names the end of the token that is wrong.
    if (offset) must(*offset <= finder.offset, "and the place is no later");
  }
  if (offset) {
    must(json_error_offset(text.substr(0, *offset)).value_or(*offset) == *offset,
         "what stands before the place could still become JSON");
    must(*offset == text.size() || json_error_offset(text.substr(0, *offset + 1)) == offset,
         "what ends with the place could not");
  }
  must(json_error_offset(std::string(text) + " ").has_value() == offset.has_value() ||
           offset == text.size(),
       "a blank at the end changes nothing");
  return 0;
}
