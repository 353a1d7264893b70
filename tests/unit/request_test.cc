// Comparing field names and reading Connection.
#include "filters/request.h"

#include <gtest/gtest.h>

#include <array>

namespace tollgate {
namespace {

TEST(Request, names_are_equal_whatever_their_case) {
  EXPECT_TRUE(equals_ignoring_case("Content-Length", "content-LENGTH"));
  EXPECT_TRUE(equals_ignoring_case("", ""));
  EXPECT_FALSE(equals_ignoring_case("Content-Length", "Content_Length"));
  EXPECT_FALSE(equals_ignoring_case("a", "ab"));
  EXPECT_FALSE(equals_ignoring_case("[", "{"));
  EXPECT_FALSE(equals_ignoring_case("@", "`"));
}

TEST(Request, a_twin_differs_only_by_underscores_and_dots_for_dashes) {
  EXPECT_TRUE(is_twin_of("API_Authorization", "API-Authorization"));
  EXPECT_TRUE(is_twin_of("api.authorization", "API-Authorization"));
  EXPECT_TRUE(is_twin_of("x_forwarded-for", "X-Forwarded-For"));
  EXPECT_TRUE(is_twin_of("X-Key", "X_Key"));
  EXPECT_FALSE(is_twin_of("API-Authorization", "API-Authorization"));
  EXPECT_FALSE(is_twin_of("api-authorization", "API-Authorization"));
  EXPECT_FALSE(is_twin_of("API__Authorization", "API-Authorization"));
  EXPECT_FALSE(is_twin_of("APIxAuthorization", "API-Authorization"));
  EXPECT_FALSE(is_twin_of("Host", "Host"));
}

TEST(Request, every_connection_field_may_name_a_field) {
  std::array<Header, 3> headers;
  headers[0].value = "X-Secret";
  headers[1].id = HeaderId::kConnection;
  headers[1].value = "close,\t X-Mine ,";
  headers[2].id = HeaderId::kConnection;
  headers[2].value = "Other";
  EXPECT_TRUE(named_by_connection(headers, "x-mine"));
  EXPECT_TRUE(named_by_connection(headers, "other"));
  EXPECT_TRUE(named_by_connection(headers, "Close"));
  EXPECT_FALSE(named_by_connection(headers, "X-Secret"));
  EXPECT_FALSE(named_by_connection(headers, "X-Min"));
}

}  // namespace
}  // namespace tollgate
