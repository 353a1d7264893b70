#include "filters/text_writer.h"

#include <gtest/gtest.h>

#include <limits>

namespace tollgate {
namespace {

TEST(TextWriter, appends_behind_what_is_there_and_grows_beyond_its_room) {
  std::string out = "before ";
  {
    TextWriter writer(out, 4);
    writer.append("ab").append_number(7).append("").append(std::string_view());
    writer.append(std::string(1000, 'x')).append_number(std::numeric_limits<std::uint64_t>::max());
  }
  EXPECT_EQ(out, "before ab7" + std::string(1000, 'x') + "18446744073709551615");
}

}  // namespace
}  // namespace tollgate
