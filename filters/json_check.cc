// See json_check.h. simdjson decides, quickly; only where it says no, the grammar is walked to find
// the place. simdjson also refuses what is JSON but no double, or too deep for it; the grammar is
// what counts here.
#include "filters/json_check.h"

#include <simdjson.h>

#include <vector>

#include "conf/utf8.h"

namespace tollgate {
namespace {

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

// Walks the grammar of RFC 8259 once, without recursion. Each function takes its piece off and says
// whether it was there; where one was not, at() is the byte that is wrong. Escaped surrogates come
// in pairs, as UTF-8 could not hold them otherwise.
class JsonWalk {
 public:
  explicit JsonWalk(std::string_view bytes) : bytes_(bytes) {}
  [[nodiscard]] std::size_t at() const { return at_; }

  bool document() {
    if (bytes_.starts_with("\xef\xbb\xbf")) at_ = 3;  // may be ignored (8.1)
    do {
      if (!begin_value()) return false;
    } while (!open_.empty());
    return at_ == bytes_.size();
  }

 private:
  enum class Block : bool { kArray, kObject };

  // A value as far as the next value within it, or else as far as the next value behind it.
  bool begin_value() {
    skip_blanks();
    if (take('{')) {
      skip_blanks();
      if (!take('}')) {
        open_.push_back(Block::kObject);
        return key();
      }
    } else if (take('[')) {
      skip_blanks();
      if (!take(']')) {
        open_.push_back(Block::kArray);
        return true;
      }
    } else if (!scalar()) {
      return false;
    }
    return after_value();
  }

  // Closes what ends here.
  bool after_value() {
    skip_blanks();
    while (!open_.empty()) {
      const bool object = open_.back() == Block::kObject;
      if (take(',')) return !object || key();
      if (!take(object ? '}' : ']')) return false;
      open_.pop_back();
      skip_blanks();
    }
    return true;
  }

  bool key() {
    skip_blanks();
    if (!string()) return false;
    skip_blanks();
    return take(':');
  }

  bool scalar() {
    switch (peek()) {
      case '"':
        return string();
      case 't':
        return word("true");
      case 'f':
        return word("false");
      case 'n':
        return word("null");
      default:
        return number();
    }
  }

  bool string() {
    if (!take('"')) return false;
    while (at_ < bytes_.size()) {
      if (take('"')) return true;
      if (take('\\')) {
        if (!escape()) return false;
        continue;
      }
      if (static_cast<unsigned char>(bytes_[at_]) < 0x20) return false;
      const Utf8Sequence character = utf8_at_front(bytes_.substr(at_));
      at_ += character.bytes;
      if (!character.whole) return false;
    }
    return false;
  }

  bool escape() {
    if (!take('u')) return take_one_of("\"\\/bfnrt");
    unsigned unit = 0;
    if (!hex(unit)) return false;
    if (unit >= 0xdc00 && unit <= 0xdfff) return step_back();
    if (unit < 0xd800 || unit > 0xdfff) return true;
    if (!take('\\') || !take('u') || !hex(unit)) return false;
    return (unit >= 0xdc00 && unit <= 0xdfff) || step_back();
  }

  bool hex(unsigned& unit) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    unit = 0;
    for (int i = 0; i < 4; ++i, ++at_) {
      const char c = peek();
      const std::size_t digit =
          kDigits.find(c >= 'A' && c <= 'F' ? static_cast<char>(c | 0x20) : c);
      if (digit == std::string_view::npos) return false;
      unit = unit * 16 + static_cast<unsigned>(digit);
    }
    return true;
  }

  bool number() {
    (void)take('-');
    if (!take('0') && !digits()) return false;
    if (take('.') && !digits()) return false;
    if (take('e') || take('E')) {
      if (!take('+')) (void)take('-');
      return digits();
    }
    return true;
  }

  bool digits() {
    const std::size_t begin = at_;
    while (peek() >= '0' && peek() <= '9') ++at_;
    return at_ > begin;
  }

  bool word(std::string_view letters) {
    for (const char letter : letters) {
      if (!take(letter)) return false;
    }
    return true;
  }

  void skip_blanks() {
    while (take_one_of(" \t\n\r")) {
    }
  }

  bool take(char c) {
    if (at_ == bytes_.size() || bytes_[at_] != c) return false;
    ++at_;
    return true;
  }

  bool take_one_of(std::string_view set) {
    if (at_ == bytes_.size() || set.find(bytes_[at_]) == std::string_view::npos) return false;
    ++at_;
    return true;
  }

  // The last digit is the one that is wrong.
  bool step_back() {
    --at_;
    return false;
  }

  // NUL at the end, which is no part of JSON anywhere.
  [[nodiscard]] char peek() const { return at_ < bytes_.size() ? bytes_[at_] : '\0'; }

  const std::string_view bytes_;
  std::size_t at_ = 0;
  std::vector<Block> open_;
};

}  // namespace

std::optional<std::size_t> json_error_offset(std::string_view bytes) {
  if (is_json_quickly(bytes)) return std::nullopt;
  JsonWalk walk(bytes);
  if (walk.document()) return std::nullopt;
  return walk.at();
}

}  // namespace tollgate
