// See json_check.h. simdjson decides, quickly; only where it says no, nlohmann's parser finds the
// place.
#include "filters/json_check.h"

#include <simdjson.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace tollgate {
namespace {

// Throws everything away but the place of the first error.
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
                   const nlohmann::detail::exception&) override {
    offset_ = position == 0 ? 0 : position - 1;
    return false;
  }
  [[nodiscard]] std::size_t offset() const { return offset_; }

 private:
  std::size_t offset_ = 0;
};

// A parser keeps what its largest document needed; large ones come with their own.
constexpr std::size_t kKeptParserBytes = 64 * 1024;

bool is_json_quickly(std::string_view bytes) {
  if (bytes.size() > kKeptParserBytes) {
    simdjson::dom::parser parser;
    return parser.parse(bytes.data(), bytes.size()).error() == simdjson::SUCCESS;
  }
  static thread_local simdjson::dom::parser parser;
  return parser.parse(bytes.data(), bytes.size()).error() == simdjson::SUCCESS;
}

}  // namespace

std::optional<std::size_t> json_error_offset(std::string_view bytes) {
  if (is_json_quickly(bytes)) return std::nullopt;
  // simdjson also refuses what is JSON but no double or too deep for it; the grammar is what counts
  // here.
  ErrorFinder finder;
  if (!nlohmann::json::sax_parse(bytes.begin(), bytes.end(), &finder)) {
    return std::min(finder.offset(), bytes.size());
  }
  // nlohmann's parser takes a NUL for the end of the text.
  const std::size_t nul = bytes.find('\0');
  if (nul != std::string_view::npos) return nul;
  return std::nullopt;
}

}  // namespace tollgate
