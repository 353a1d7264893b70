// See json_reader.h. simdjson finds the tokens, checks UTF-8 and unescapes strings (its on-demand
// parser, one level below the lazy values, which check only what is asked for); the grammar between
// the tokens is walked here, every byte of it.
#include "filters/graphql/json_reader.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <cstring>
#include <functional>
#include <optional>
#include <vector>

#include "filters/graphql/json_number.h"
#include "filters/json_check.h"

namespace tollgate::graphql {
namespace {

using Tokens = simdjson::ondemand::json_iterator;

// Where objects are copied in JavaScript, what stands under it is found under other names.
constexpr std::string_view kNoName = "__proto__";

struct Fault {
  enum class What { kGrammar, kDepth, kTwice, kName };
  What what = What::kGrammar;
  std::size_t offset = 0;  // kGrammar: of the token up to which all is well
  std::string_view name;   // kTwice
};

template <typename T>
using Read = tl::expected<T, Fault>;

// A bump allocator: values stay where they are until reset.
class Arena {
 public:
  JsonValue* make() {
    if (left_ == 0) next_block();
    --left_;
    *next_ = JsonValue{};
    return next_++;
  }
  void reset() {
    current_ = 0;
    left_ = 0;
  }
  [[nodiscard]] std::size_t bytes() const { return values_ * sizeof(JsonValue); }

 private:
  struct Block {
    std::unique_ptr<JsonValue[]> values;
    std::size_t size = 0;
  };
  void next_block() {
    if (current_ == blocks_.size()) {
      const std::size_t size = std::clamp<std::size_t>(values_, 64, 4096);
      blocks_.push_back({std::make_unique<JsonValue[]>(size), size});
      values_ += size;
    }
    next_ = blocks_[current_].values.get();
    left_ = blocks_[current_].size;
    ++current_;
  }

  std::vector<Block> blocks_;
  std::size_t values_ = 0;   // in all blocks
  std::size_t current_ = 0;  // the block after the one in use
  JsonValue* next_ = nullptr;
  std::size_t left_ = 0;
};

struct Name {
  std::string_view text;
  std::size_t offset = 0;
  std::size_t hash = 0;  // only where many are compared
};

// Names of the objects that are being read, the innermost last.
class Names {
 public:
  [[nodiscard]] std::size_t mark() const { return names_.size(); }
  void add(Name name) { names_.push_back(name); }
  // Drops the names from `mark` on. None: they were distinct. Else the first in the text that
  // repeats another. Many are sorted, by a hash for speed and then by text: nobody can choose names
  // that make this quadratic.
  std::optional<Name> close(std::size_t mark) {
    const auto begin = names_.begin() + static_cast<std::ptrdiff_t>(mark);
    const auto repeated = names_.end() - begin <= kFew ? compare(begin) : sort(begin);
    names_.resize(mark);
    return repeated;
  }
  void reset() { names_.clear(); }
  [[nodiscard]] std::size_t bytes() const { return names_.capacity() * sizeof(Name); }

 private:
  static constexpr std::ptrdiff_t kFew = 8;
  using Place = std::vector<Name>::iterator;
  std::optional<Name> compare(Place begin) const {
    for (auto second = begin; second != names_.end(); ++second) {
      for (auto first = begin; first != second; ++first) {
        if (first->text == second->text) return *second;
      }
    }
    return std::nullopt;
  }
  std::optional<Name> sort(Place begin) {
    for (auto name = begin; name != names_.end(); ++name) {
      name->hash = std::hash<std::string_view>()(name->text);
    }
    std::sort(begin, names_.end(), [](const Name& a, const Name& b) {
      if (a.hash != b.hash) return a.hash < b.hash;
      const int order = a.text.compare(b.text);
      return order != 0 ? order < 0 : a.offset < b.offset;
    });
    std::optional<Name> repeated;
    for (auto second = begin + 1; second != names_.end(); ++second) {
      if ((second - 1)->text != second->text) continue;
      if (!repeated || second->offset < repeated->offset) repeated = *second;
    }
    return repeated;
  }

  std::vector<Name> names_;
};

// simdjson reads past the end of the text: here it may.
class PaddedText {
 public:
  void assign(std::string_view text) {
    if (text.size() + simdjson::SIMDJSON_PADDING > capacity_) {
      capacity_ = std::max<std::size_t>(4096, (text.size() + simdjson::SIMDJSON_PADDING) * 3 / 2);
      bytes_ = std::make_unique_for_overwrite<char[]>(capacity_);
    }
    std::memcpy(bytes_.get(), text.data(), text.size());
    std::memset(bytes_.get() + text.size(), ' ', simdjson::SIMDJSON_PADDING);
    size_ = text.size();
  }
  [[nodiscard]] simdjson::padded_string_view from(std::size_t begin) const {
    return simdjson::padded_string_view(bytes_.get() + begin, size_ - begin, capacity_ - begin);
  }
  [[nodiscard]] const char* data() const { return bytes_.get(); }
  [[nodiscard]] std::size_t bytes() const { return capacity_; }

 private:
  std::unique_ptr<char[]> bytes_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

std::string_view without_trailing_blanks(std::string_view text) {
  const std::size_t last = text.find_last_not_of(" \t\r\n");
  return text.substr(0, last == std::string_view::npos ? 0 : last + 1);
}

// One text, once from its first token to its last.
class Walk {
 public:
  Walk(Tokens& tokens, const char* text, Arena& arena, Names& names)
      : tokens_(tokens), text_(text), arena_(arena), names_(names) {}

  Read<const JsonValue*> document() {
    const auto root = value(0);
    if (root && !tokens_.at_end()) return tl::unexpected(here());
    return root;
  }

 private:
  Read<JsonValue*> value(std::size_t depth) {
    if (tokens_.at_end()) return tl::unexpected(here());
    JsonValue& value = *arena_.make();
    value.offset = static_cast<std::uint32_t>(offset());
    switch (*tokens_.peek()) {
      case '{':
        return object(value, depth + 1);
      case '[':
        return list(value, depth + 1);
      case '"':
        return string(value);
      default:
        return scalar(value);
    }
  }

  Read<JsonValue*> list(JsonValue& list, std::size_t depth) {
    list.kind = JsonValue::Kind::kList;
    if (depth > JsonReader::kMostDepth) return too_deep();
    (void)tokens_.return_current_and_advance();
    if (took(']')) return &list;
    const JsonValue** link = &list.first;
    do {
      const auto element = value(depth);
      if (!element) return element;
      *link = *element;
      link = &(*element)->next;
      ++list.count;
    } while (took(','));
    if (!took(']')) return tl::unexpected(here());
    return &list;
  }

  Read<JsonValue*> object(JsonValue& object, std::size_t depth) {
    object.kind = JsonValue::Kind::kObject;
    if (depth > JsonReader::kMostDepth) return too_deep();
    (void)tokens_.return_current_and_advance();
    if (took('}')) return &object;
    const std::size_t mark = names_.mark();
    const JsonValue** link = &object.first;
    do {
      const auto member = this->member(depth);
      if (!member) return member;
      *link = *member;
      link = &(*member)->next;
      ++object.count;
    } while (took(','));
    if (!took('}')) return tl::unexpected(here());
    if (const auto twice = names_.close(mark)) {
      return tl::unexpected(Fault{Fault::What::kTwice, twice->offset, twice->text});
    }
    return &object;
  }

  Read<JsonValue*> member(std::size_t depth) {
    if (tokens_.at_end() || *tokens_.peek() != '"') return tl::unexpected(here());
    const std::size_t name_offset = offset();
    const auto name = text();
    if (!name) return tl::unexpected(name.error());
    if (*name == kNoName) return tl::unexpected(Fault{Fault::What::kName, name_offset, *name});
    if (!took(':')) return tl::unexpected(here());
    const auto member = value(depth);
    if (!member) return member;
    names_.add({*name, name_offset, 0});
    (*member)->name = *name;
    return member;
  }

  Read<JsonValue*> string(JsonValue& string) {
    const auto unescaped = text();
    if (!unescaped) return tl::unexpected(unescaped.error());
    string.kind = JsonValue::Kind::kString;
    string.text = *unescaped;
    return &string;
  }

  // What starts with neither bracket nor quote: all up to the next token must be a literal or a
  // number.
  Read<JsonValue*> scalar(JsonValue& value) {
    const std::string_view token = without_trailing_blanks(
        {reinterpret_cast<const char*>(tokens_.peek()), tokens_.peek_length()});
    if (token == "null") {
      value.kind = JsonValue::Kind::kNull;
    } else if (token == "true") {
      value.kind = JsonValue::Kind::kTrue;
    } else if (token == "false") {
      value.kind = JsonValue::Kind::kFalse;
    } else {
      const auto number = read_json_number(token);
      if (!number) return tl::unexpected(here());
      const bool integral = number->kind == JsonNumber::Kind::kInteger;
      value.kind = integral ? JsonValue::Kind::kInteger : JsonValue::Kind::kNumber;
      value.integer = number->value;
    }
    (void)tokens_.return_current_and_advance();
    return &value;
  }

  // Of the string token that comes next.
  Read<std::string_view> text() {
    const Fault fault = here();
    std::string_view unescaped;
    const std::uint8_t* quote = tokens_.return_current_and_advance();
    if (tokens_.unescape(simdjson::ondemand::raw_json_string(quote + 1)).get(unescaped) !=
        simdjson::SUCCESS) {
      return tl::unexpected(fault);
    }
    return unescaped;
  }

  bool took(char token) {
    if (tokens_.at_end() || *tokens_.peek() != static_cast<std::uint8_t>(token)) return false;
    (void)tokens_.return_current_and_advance();
    return true;
  }

  // At the end, simdjson's list of tokens holds the text's length.
  [[nodiscard]] std::size_t offset() const {
    return static_cast<std::size_t>(reinterpret_cast<const char*>(tokens_.unsafe_pointer()) -
                                    text_);
  }
  [[nodiscard]] Fault here() const { return {Fault::What::kGrammar, offset(), {}}; }
  [[nodiscard]] tl::unexpected<Fault> too_deep() const {
    return tl::unexpected(Fault{Fault::What::kDepth, offset(), {}});
  }

  Tokens& tokens_;
  const char* const text_;
  Arena& arena_;
  Names& names_;
};

// Enough of a name to find it by, cut between two characters.
std::string_view short_name(std::string_view name) {
  constexpr std::size_t kMostShown = 40;
  if (name.size() <= kMostShown) return name;
  std::size_t end = kMostShown;
  while (end > 0 && (static_cast<unsigned char>(name[end]) & 0xC0U) == 0x80U) --end;
  return name.substr(0, end);
}

JsonError describe(const Fault& fault, std::string_view text) {
  switch (fault.what) {
    case Fault::What::kDepth:
      return {fmt::format("At byte {} lists and objects lie more than {} deep within each other.",
                          fault.offset, JsonReader::kMostDepth),
              fault.offset};
    case Fault::What::kTwice:
      return {fmt::format("At byte {} an object has the member \"{}\" a second time.", fault.offset,
                          short_name(fault.name)),
              fault.offset};
    case Fault::What::kName:
      return {fmt::format("At byte {} an object has the member \"{}\", which some servers do not "
                          "take for a name.",
                          fault.offset, fault.name),
              fault.offset};
    case Fault::What::kGrammar:
      break;
  }
  // The walk knows the token, the other reader the byte.
  const std::size_t offset = std::max(json_error_offset(text).value_or(0), fault.offset);
  if (offset >= text.size()) {
    return {fmt::format("At byte {} it is not JSON yet: its end is missing.", text.size()), offset};
  }
  return {fmt::format("At byte {} of {} it is not JSON.", offset, text.size()), offset};
}

}  // namespace

struct JsonReader::Memory {
  PaddedText text;
  simdjson::ondemand::parser parser;
  Arena arena;
  Names names;

  // The parser holds four bytes of places and nearly two of unescaped text for each byte it can
  // take.
  [[nodiscard]] std::size_t bytes() const {
    return text.bytes() + parser.capacity() * 6 + arena.bytes() + names.bytes();
  }

  Read<const JsonValue*> read(std::string_view whole) {
    text.assign(whole);
    arena.reset();
    names.reset();
    if (parser.capacity() < whole.size() || parser.capacity() == 0) {
      const std::size_t capacity = std::max<std::size_t>(4096, whole.size() * 3 / 2);
      if (parser.allocate(capacity) != simdjson::SUCCESS) return tl::unexpected(Fault{});
    }
    constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
    const std::size_t begin = whole.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0;
    Tokens tokens;
    if (parser.iterate_raw(text.from(begin)).get(tokens) != simdjson::SUCCESS) {
      return tl::unexpected(Fault{});
    }
    return Walk(tokens, text.data(), arena, names).document();
  }
};

JsonReader::JsonReader() : memory_(std::make_unique<Memory>()) {}
JsonReader::~JsonReader() = default;

tl::expected<const JsonValue*, JsonError> JsonReader::read(std::string_view text) {
  if (memory_->bytes() > kKeptBytes) release();
  if (text.size() > kMostBytes) {
    return tl::unexpected(
        JsonError{fmt::format("It has {} bytes; {} can be read.", text.size(), kMostBytes), 0});
  }
  const auto root = memory_->read(text);
  if (root) return *root;
  return tl::unexpected(describe(root.error(), text));
}

void JsonReader::release() { memory_ = std::make_unique<Memory>(); }

}  // namespace tollgate::graphql
