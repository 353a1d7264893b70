// What arguments are given, with variables put in: one tree, whether the text or JSON says it.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "filters/graphql/document.h"
#include "filters/graphql/json_value.h"

namespace tollgate::graphql {

__extension__ using Wide = __int128;

struct Data {
  enum class Kind {
    kMissing,
    kBad,  // a variable that is not declared, or non-null without a value
    kNull,
    kInteger,
    kOther,
    kList,
    kObject
  };
  Kind kind = Kind::kMissing;
  Wide integer = 0;
  std::vector<Data> elements;
  std::map<std::string, Data, std::less<>> members;

  [[nodiscard]] const Data& member(std::string_view name) const {
    static const Data kMissing;
    const auto found = members.find(name);
    return found == members.end() ? kMissing : found->second;
  }
};

// The variables of an operation as they are sent.
class GivenVariables {
 public:
  // `operation` null: none are declared.
  GivenVariables(const Document& document, const Operation* operation, const JsonValue* sent)
      : document_(document), operation_(operation), sent_(sent) {}
  [[nodiscard]] Data find(std::string_view name) const;
  [[nodiscard]] const VariableDefinition* definition_of(std::string_view name) const;
  [[nodiscard]] const JsonValue* sent(std::string_view name) const;

 private:
  const Document& document_;
  const Operation* operation_;
  const JsonValue* sent_;
};

[[nodiscard]] Data data_of(const Document& document, std::uint32_t value,
                           const GivenVariables& variables);

}  // namespace tollgate::graphql
