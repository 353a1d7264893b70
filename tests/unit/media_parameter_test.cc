#include "filters/media_parameter.h"

#include <gtest/gtest.h>

namespace tollgate {
namespace {

// The boundary; "none", or the error.
std::string boundary_of(std::string_view parameters) {
  const std::string type = "multipart/form-data" + std::string(parameters);
  const auto found = media_parameter(type, "boundary");
  if (!found) return found.error();
  return *found ? std::string(**found) : "none";
}

TEST(MediaParameter, is_read_bare_and_quoted_wherever_it_stands) {
  EXPECT_EQ(boundary_of(""), "none");
  EXPECT_EQ(boundary_of("; charset=utf-8"), "none");
  EXPECT_EQ(boundary_of(";boundary=a"), "a");
  EXPECT_EQ(boundary_of("; charset=utf-8; BOUNDARY=\"a b,c\" ;"), "a b,c");
  EXPECT_EQ(boundary_of("; boundary=----WebKitFormBoundary7MA4YWxk"),
            "----WebKitFormBoundary7MA4YWxk");
}

TEST(MediaParameter, that_cannot_be_read_is_an_error) {
  for (const char* wrong : {"; boundary", "; =a", "; boundary=\"a", "; boundary=\"a\"b",
                            "; boundary=a b", "; boundary=a; boundary=a"}) {
    EXPECT_TRUE(boundary_of(wrong).starts_with("The Content-Type has ")) << wrong;
  }
}

// Python allows blanks around "=", Django decodes "boundary*", PHP looks for the word wherever it
// stands, leaves backslashes and ends at a comma: each would find parts where nobody has looked.
TEST(MediaParameter, in_which_another_reader_finds_another_value_is_an_error) {
  for (const char* other :
       {"; boundary=a; boundary =b", "; boundary=a; boundary\t=b", "; boundary=a; boundary*=b",
        "; boundary=a; boundary*0=b", "; xboundary=b; boundary=a", "; x=boundary=b; boundary=a",
        "; x=\"Boundary=b\"; boundary=a", "; boundary=\"a\\b\"", "; boundary=a,b",
        "; Boundary=\"boundary=b\"", "; Boundary=boundary; x=b"}) {
    EXPECT_TRUE(boundary_of(other).starts_with("The Content-Type has ")) << other;
  }
}

}  // namespace
}  // namespace tollgate
