// The values of a request's variables by their names.
#pragma once

#include <string_view>
#include <vector>

#include "filters/graphql/json_value.h"
#include "filters/graphql/name_index.h"

namespace tollgate::graphql {

// Few are looked through, more are found by a table. Reused; not thread-safe.
class Variables {
 public:
  // `object` is an object, or null for none; it is borrowed.
  void set(const JsonValue* object) {
    object_ = object;
    names_.clear();
    members_.clear();
    if (object == nullptr || object->count <= kFew) return;
    for (const JsonValue* member = object->first; member != nullptr; member = member->next) {
      names_.add(Name(member->name));
      if (names_.size() > members_.size()) members_.push_back(member);
    }
  }

  // Null: it is not there.
  [[nodiscard]] const JsonValue* find(std::string_view name) const {
    if (object_ == nullptr) return nullptr;
    if (!members_.empty()) {
      const std::uint32_t index = names_.find(Name(name));
      return index == NameIndex::kNotFound ? nullptr : members_[index];
    }
    const JsonValue* member = object_->first;
    while (member != nullptr && member->name != name) member = member->next;
    return member;
  }

 private:
  static constexpr std::uint32_t kFew = 8;
  const JsonValue* object_ = nullptr;
  NameIndex names_;
  std::vector<const JsonValue*> members_;  // by index of the name
};

}  // namespace tollgate::graphql
