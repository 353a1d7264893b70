#include "filters/graphql/multipart.h"

#include <gtest/gtest.h>

#include <string>

#include "filters/graphql/part_head.h"
#include "filters/graphql/request.h"

namespace tollgate::graphql {
namespace {

constexpr std::string_view kDisposition = "Content-Disposition: form-data; name=\"operations\"";
constexpr std::string_view kText = R"({"query":"mutation($f:Upload){a(f:$f)}","variables":{}})";

std::string body_with(std::string_view head, std::string_view text = kText) {
  return "--XyZ\r\n" + std::string(head) + "\r\n\r\n" + std::string(text) +
         "\r\n--XyZ\r\nContent-Disposition: form-data; name=\"map\"\r\n\r\n{}\r\n--XyZ--\r\n";
}

// "" while more must come, the text of the part, or the error.
std::string find(std::string_view bytes, std::string_view boundary = "XyZ") {
  std::size_t searched = 0;
  const auto found = find_operations(boundary, bytes, searched);
  if (!found) return found.error();
  return std::string(found->value_or(""));
}

// "" or the error, with the bytes in pieces of `size`.
std::string watch(std::string_view bytes, std::size_t size) {
  LaterParts parts("XyZ");
  for (; !bytes.empty(); bytes.remove_prefix(std::min(size, bytes.size()))) {
    if (const auto taken = parts.take(bytes.substr(0, size)); !taken) return taken.error();
  }
  return "";
}

std::string watch_part(std::string_view head) {
  const std::string bytes = "\r\n--XyZ\r\n" + std::string(head) + "\r\n\r\nx\r\n--XyZ--\r\n";
  const std::string whole = watch(bytes, bytes.size());
  for (std::size_t size = 1; size < bytes.size(); ++size) EXPECT_EQ(watch(bytes, size), whole);
  return whole;
}

bool holds(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

TEST(Multipart, the_part_operations_is_found) {
  EXPECT_EQ(find(body_with(kDisposition)), kText);
  for (const char* head :
       {"content-disposition:form-data;name=operations",
        "Content-Type: application/json; charset=UTF-8\r\n"
        "CONTENT-DISPOSITION: Form-Data ; name=\"operations\"\r\nContent-Length: 55",
        "Content-Disposition: form-data; name=\"operations\"\r\nContent-Type: application/json",
        "Content-Disposition: form-data; name=\"operations\"\r\n"
        "Content-Type: text/plain; charset=\"utf-8\"\r\nContent-Transfer-Encoding: 8bit"}) {
    EXPECT_EQ(find(body_with(head)), kText) << head;
  }
}

TEST(Multipart, more_must_come_until_the_delimiter_after_the_part_is_whole) {
  const std::string body = body_with(kDisposition);
  const std::size_t end = body.find("\r\n--XyZ", 10) + 9;
  std::size_t kept = 0;
  for (std::size_t size = 0; size <= body.size(); ++size) {
    const std::string_view expected = size < end ? std::string_view() : kText;
    EXPECT_EQ(find(body.substr(0, size)), expected) << size;
    const auto found = find_operations("XyZ", std::string_view(body).substr(0, size), kept);
    ASSERT_TRUE(found);
    EXPECT_EQ(found->value_or(""), expected) << size;
  }
  EXPECT_EQ(kept, end - 9);
}

TEST(Multipart, another_first_part_is_refused) {
  EXPECT_TRUE(holds(find(body_with("Content-Disposition: form-data; name=\"map\"")),
                    "not named \"operations\""));
  EXPECT_TRUE(holds(find(body_with("Content-Disposition: form-data; name=Operations")),
                    "not named \"operations\""));
  EXPECT_TRUE(
      holds(find(body_with(std::string(kDisposition) + "; filename=\"blob\"")), "has a filename"));
}

TEST(Multipart, what_changes_how_the_part_is_decoded_is_refused) {
  const std::string disposition = std::string(kDisposition) + "\r\n";
  EXPECT_TRUE(holds(find(body_with(disposition + "Content-Type: text/plain; charset=utf-16")),
                    "Content-Type"));
  EXPECT_TRUE(holds(find(body_with(disposition + "Content-Transfer-Encoding: base64")),
                    "Content-Transfer-Encoding"));
}

TEST(Multipart, a_body_that_is_none_is_refused) {
  EXPECT_TRUE(holds(find("{}"), "does not begin with the boundary"));
  EXPECT_TRUE(holds(find("\r\n--XyZ\r\n"), "does not begin with the boundary"));
  EXPECT_TRUE(holds(find("--XyZ \r\n"), "does not begin with the boundary"));
  EXPECT_TRUE(holds(find("--XyZ--\r\n"), "does not begin with the boundary"));
  for (const std::string& boundary : {std::string(), std::string(71, 'a'), std::string("a\r\nb"),
                                      std::string("a "), std::string("a\"")}) {
    EXPECT_TRUE(holds(find("--" + boundary, boundary), "no usable boundary")) << boundary;
  }
}

TEST(Multipart, a_stray_boundary_is_refused) {
  for (const char* text : {"{--XyZ", "{\r\n--XyZab", "{\r\n--XyZ \r\n", "{\n--XyZ\r\n"}) {
    EXPECT_TRUE(holds(find(body_with(kDisposition, text)), "boundary inside of a part")) << text;
  }
  EXPECT_TRUE(holds(find("--XyZ\r\n" + std::string(kDisposition) + "\r\n\r\n--XyZ--"),
                    "boundary inside of a part"));
}

TEST(Multipart, the_head_of_a_part_is_bounded) {
  const std::string opening = "--XyZ\r\n" + std::string(kDisposition) + "\r\nX: ";
  const std::size_t most = 7 + kMostPartHead - opening.size();
  EXPECT_EQ(find(opening + std::string(most, 'x') + "\r\n\r\n{}\r\n--XyZ--"), "{}");
  EXPECT_EQ(find(opening + std::string(most, 'x') + "\r\n\r"), "");
  EXPECT_TRUE(holds(find(opening + std::string(most + 1, 'x') + "\r\n\r"), "more than 2048"));
  EXPECT_TRUE(holds(find(opening + std::string(most + 1, 'x') + "\r\n\r\n"), "more than 2048"));
}

TEST(Multipart, a_head_that_two_readers_could_understand_differently_is_refused) {
  for (const char* head :
       {"",
        "Content-Type: text/plain",
        "Content-Disposition: attachment; name=operations",
        "Content-Disposition: form-data",
        "Content-Disposition: form-data; name=\"\"",
        "Content-Disposition: form-data; name=\"operations",
        "Content-Disposition: form-data; name=\"opera\\\"tions\"",
        "Content-Disposition: form-data; name=\"%6fperations\"",
        "Content-Disposition: form-data; name=operations; name=map",
        "Content-Disposition: form-data; name=operations; NAME=map",
        "Content-Disposition: form-data; name=operations; name*=utf-8''map",
        "Content-Disposition: form-data; name*0=oper; name*1=ations",
        "Content-Disposition: form-data; name=operations;",
        "Content-Disposition: form-data; name=operations x",
        "Content-Disposition: form-data; name = operations",
        "Content-Disposition: form-data; name=operations\r\n ; x=y",
        "Content-Disposition: form-data; name=operations\r\nContent-Disposition: form-data; name=a",
        "Content-Disposition : form-data; name=operations",
        "Content-Disposition: form-data; name=operations\nX: y",
        "Content-Disposition: form-data; name=operations\rX: y",
        "no field"}) {
    EXPECT_FALSE(read_part_head(head)) << head;
  }
}

TEST(Multipart, the_head_of_a_file_is_read) {
  const auto head = read_part_head(
      "Content-Disposition: form-data; name=\"0\"; filename=\"C:\\a %22b%22; \xc3\xa9.txt\"; "
      "filename*=utf-8''x\r\nContent-Type: text/plain");
  ASSERT_TRUE(head) << head.error();
  EXPECT_EQ(head->name, "0");
  EXPECT_EQ(head->kind, PartHead::Kind::kFile);
  EXPECT_EQ(head->content_type, "text/plain");
}

TEST(LaterParts, let_files_through_in_any_pieces) {
  const std::string bytes =
      "\r\n--XyZ\r\nContent-Disposition: form-data; name=\"map\"\r\n\r\n{\"0\":[\"variables.f\"]}"
      "\r\n--XyZ\r\nContent-Disposition: form-data; name=\"0\"; filename=\"a.bin\"\r\n"
      "Content-Type: application/octet-stream\r\n\r\n--Xy\r\n--\r\n\r\n--Xy\r\n\r\n--XyZ--\r\n";
  for (std::size_t size = 1; size <= bytes.size(); ++size) EXPECT_EQ(watch(bytes, size), "");
}

TEST(LaterParts, refuse_a_second_part_operations) {
  for (const char* name :
       {"operations", "\"operations\"", "Operations", "\" operations \"", "\"operations[query]\"",
        "\"operations.query\"", "\"operations\"; x=y", "operations; filename=a"}) {
    EXPECT_TRUE(holds(watch_part("Content-Disposition: form-data; name=" + std::string(name)),
                      "a second part \"operations\""))
        << name;
  }
  EXPECT_EQ(watch_part("Content-Disposition: form-data; name=operations2"), "");
}

TEST(LaterParts, refuse_what_could_hide_one) {
  const std::string field = "Content-Disposition: form-data; name=a";
  EXPECT_TRUE(holds(watch_part("Content-Disposition: form-data; name=_charset_"), "_charset_"));
  EXPECT_TRUE(holds(watch_part(field + "\r\nContent-Type: Multipart/mixed; boundary=b"),
                    "multipart itself"));
  EXPECT_TRUE(holds(watch_part("X: y"), "no Content-Disposition"));
  EXPECT_TRUE(holds(watch_part(field + "\r\nX: " + std::string(kMostPartHead, 'x')), "2048"));
  EXPECT_TRUE(holds(watch_part(field + "\r\n\r\n\n--XyZ\r\n"), "boundary inside"));
  EXPECT_TRUE(holds(watch_part(field + "\r\n\r\n\r\n--XyZ\t\r\n"), "boundary inside"));
  EXPECT_TRUE(holds(watch("\r\n--XyZ--\r\n--XyZ\r\n", 3), "after its last boundary"));
}

TEST(LaterParts, go_on_where_the_part_operations_ends) {
  const std::string body = body_with(kDisposition) + "more";
  RequestReader reader;
  Request request;
  std::size_t searched = 0;
  const auto read = reader.read_multipart("XyZ", body, searched, request);
  ASSERT_TRUE(read) << read.error().message;
  ASSERT_EQ(*read, RequestReader::Multipart::kRead);
  ASSERT_EQ(request.operations.size(), 1U);
  EXPECT_EQ(request.operations[0].query, "mutation($f:Upload){a(f:$f)}");
  EXPECT_TRUE(holds(watch(std::string_view(body).substr(searched), 7), "after its last boundary"));
}

TEST(Multipart, errors_of_the_body_and_of_its_json_are_told_apart) {
  RequestReader reader;
  Request request;
  std::size_t searched = 0;
  const auto media = reader.read_multipart("XyZ", "{}", searched, request);
  ASSERT_FALSE(media);
  EXPECT_EQ(media.error().kind, RequestError::Kind::kMedia);
  const auto json = reader.read_multipart("XyZ", body_with(kDisposition, "{]"), searched, request);
  ASSERT_FALSE(json);
  EXPECT_EQ(json.error().kind, RequestError::Kind::kJson);
  EXPECT_EQ(json.error().offset, 1U);
}

}  // namespace
}  // namespace tollgate::graphql
