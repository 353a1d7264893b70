#include "filters/graphql/multipart.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

#include "filters/graphql/part_head.h"
#include "filters/graphql/request.h"

namespace tollgate::graphql {
namespace {

constexpr std::string_view kDisposition = "Content-Disposition: form-data; name=\"operations\"";
constexpr std::string_view kText = R"({"query":"mutation($f:Upload){a(f:$f)}","variables":{}})";

constexpr std::string_view kMapDisposition = "Content-Disposition: form-data; name=\"map\"";

std::string part(std::string_view head, std::string_view text) {
  return "--XyZ\r\n" + std::string(head) + "\r\n\r\n" + std::string(text) + "\r\n";
}

std::string body_with(std::string_view head, std::string_view text = kText) {
  return part(head, text) + part(kMapDisposition, "{}") + "--XyZ--\r\n";
}

std::string body_with_second(std::string_view head, std::string_view text = "{}") {
  return part(kDisposition, kText) + part(head, text) + "--XyZ--\r\n";
}

// "" while more must come, the texts of the parts, or the error.
std::string find(std::string_view bytes, PartSearch& search, std::string_view boundary = "XyZ") {
  const auto found = find_leading_parts(boundary, bytes, search);
  if (!found) return found.error();
  if (!*found) return "";
  const std::string operations((*found)->operations);
  return (*found)->map ? operations + " and " + std::string(*(*found)->map) : operations;
}

std::string find(std::string_view bytes, std::string_view boundary = "XyZ") {
  PartSearch search;
  return find(bytes, search, boundary);
}

// "" or the error, with the bytes in pieces of `size`; the map names "0" and "a".
std::string watch(std::string_view bytes, std::size_t size) {
  std::array<std::string_view, 2> names{"0", "a"};
  LaterParts parts("XyZ", PartNames(names));
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

const std::string kBoth = std::string(kText) + " and {}";

TEST(Multipart, the_leading_parts_are_found) {
  EXPECT_EQ(find(body_with(kDisposition)), kBoth);
  EXPECT_EQ(find(part(kDisposition, kText) + "--XyZ--"), kText);
  for (const char* head :
       {"content-disposition:form-data;name=operations",
        "Content-Type: application/json; charset=UTF-8\r\n"
        "CONTENT-DISPOSITION: Form-Data ; name=\"operations\"\r\nContent-Length: 55",
        "Content-Disposition: form-data; name=\"operations\"\r\nContent-Type: application/json",
        "Content-Disposition: form-data; name=\"operations\"\r\n"
        "Content-Type: text/plain; charset=\"utf-8\"\r\nContent-Transfer-Encoding: 8bit"}) {
    EXPECT_EQ(find(body_with(head)), kBoth) << head;
  }
}

TEST(Multipart, more_must_come_until_the_delimiter_after_the_map_is_whole) {
  const std::string body = body_with(kDisposition);
  const std::size_t end = body.find("\r\n--XyZ--") + 9;
  PartSearch kept;
  for (std::size_t size = 0; size <= body.size(); ++size) {
    const std::string expected = size < end ? "" : kBoth;
    EXPECT_EQ(find(body.substr(0, size)), expected) << size;
    EXPECT_EQ(find(body.substr(0, size), kept), expected) << size;
  }
  EXPECT_EQ(kept.operations, body.find("--XyZ", 1));
  EXPECT_EQ(kept.map, end - 7);
}

TEST(Multipart, another_first_part_is_refused) {
  EXPECT_TRUE(holds(find(body_with("Content-Disposition: form-data; name=\"map\"")),
                    "not named \"operations\""));
  EXPECT_TRUE(holds(find(body_with("Content-Disposition: form-data; name=Operations")),
                    "not named \"operations\""));
  EXPECT_TRUE(
      holds(find(body_with(std::string(kDisposition) + "; filename=\"blob\"")), "has a filename"));
}

TEST(Multipart, another_second_part_is_refused) {
  for (const char* name : {"\"0\"; filename=a", "Map", "\" map\"", "\"map[0]\"", "operations"}) {
    EXPECT_TRUE(
        holds(find(body_with_second("Content-Disposition: form-data; name=" + std::string(name))),
              "not named \"map\""))
        << name;
  }
  EXPECT_TRUE(holds(find(body_with_second(std::string(kMapDisposition) + "; filename=\"\"")),
                    "\"map\" of the multipart body has a filename"));
}

TEST(Multipart, what_changes_how_a_leading_part_is_decoded_is_refused) {
  const std::string map = std::string(kMapDisposition) + "\r\n";
  EXPECT_TRUE(holds(find(body_with_second(map + "Content-Type: application/octet-stream")),
                    "\"map\" of the multipart body has a Content-Type"));
  EXPECT_TRUE(holds(find(body_with_second(map + "Content-Transfer-Encoding: base64")),
                    "\"map\" of the multipart body has a Content-Transfer-Encoding"));
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
  EXPECT_TRUE(
      holds(find(body_with_second(kMapDisposition, "{}--XyZ")), "boundary inside of a part"));
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
  EXPECT_EQ(head->filename, "C:\\a %22b%22; \xc3\xa9.txt");
  EXPECT_EQ(head->content_type, "text/plain");
}

TEST(LaterParts, let_files_through_in_any_pieces) {
  const std::string bytes =
      "\r\n--XyZ\r\nContent-Disposition: form-data; name=a; filename=\"a.txt\"\r\n\r\n"
      "\r\n--XyZ\r\nContent-Disposition: form-data; name=\"0\"; filename=\"a.bin\"\r\n"
      "Content-Type: application/octet-stream\r\n\r\n--Xy\r\n--\r\n\r\n--Xy\r\n\r\n--XyZ--\r\n";
  for (std::size_t size = 1; size <= bytes.size(); ++size) EXPECT_EQ(watch(bytes, size), "");
}

TEST(LaterParts, refuse_a_second_leading_part) {
  for (const char* name : {"operations", "\"operations\"", "Operations", "\" operations \"",
                           "\"operations[query]\"", "\"operations.query\"", "\"operations\"; x=y",
                           "operations; filename=a", "map", "\"Map[0]\""}) {
    EXPECT_TRUE(holds(watch_part("Content-Disposition: form-data; name=" + std::string(name)),
                      "a second part \"operations\" or \"map\""))
        << name;
  }
}

TEST(LaterParts, refuse_what_the_map_does_not_name) {
  for (const char* name : {"1", "operations2", "A", "\"0[]\"", "\" 0\"", "\"00\""}) {
    EXPECT_TRUE(
        holds(watch_part("Content-Disposition: form-data; filename=x; name=" + std::string(name)),
              "that its part \"map\" does not name"))
        << name;
  }
}

TEST(LaterParts, refuse_what_is_no_file) {
  for (const char* more : {"", "; filename=\"\"", "; filename=\" \"", "; filename*=utf-8''x",
                           "\r\nContent-Type: application/octet-stream"}) {
    EXPECT_TRUE(holds(watch_part("Content-Disposition: form-data; name=0" + std::string(more)),
                      "The part \"0\" of the multipart body has no filename"))
        << more;
  }
}

TEST(LaterParts, refuse_what_could_hide_one) {
  const std::string field = "Content-Disposition: form-data; name=a; filename=b";
  EXPECT_TRUE(holds(watch_part("Content-Disposition: form-data; name=_charset_"), "_charset_"));
  EXPECT_TRUE(holds(watch_part(field + "\r\nContent-Type: Multipart/mixed; boundary=b"),
                    "multipart itself"));
  EXPECT_TRUE(holds(watch_part("X: y"), "no Content-Disposition"));
  EXPECT_TRUE(holds(watch_part(field + "\r\nX: " + std::string(kMostPartHead, 'x')), "2048"));
  EXPECT_TRUE(holds(watch_part(field + "\r\n\r\n\n--XyZ\r\n"), "boundary inside"));
  EXPECT_TRUE(holds(watch_part(field + "\r\n\r\n\r\n--XyZ\t\r\n"), "boundary inside"));
  EXPECT_TRUE(holds(watch("\r\n--XyZ--\r\n--XyZ\r\n", 3), "after its last boundary"));
}

TEST(LaterParts, go_on_where_the_leading_parts_end) {
  for (const std::string& body :
       {body_with(kDisposition) + "more", part(kDisposition, kText) + "--XyZ--\r\nmore"}) {
    RequestReader reader;
    PartSearch search;
    const auto read = reader.read_multipart("XyZ", body, search);
    ASSERT_TRUE(read) << read.error().message;
    ASSERT_TRUE(*read);
    ASSERT_EQ((*read)->request.operations.size(), 1U);
    EXPECT_EQ((*read)->request.operations[0].query, "mutation($f:Upload){a(f:$f)}");
    EXPECT_TRUE(
        holds(watch(std::string_view(body).substr((*read)->end), 7), "after its last boundary"));
  }
}

TEST(Multipart, the_files_that_the_map_names_are_told) {
  RequestReader reader;
  PartSearch search;
  const auto read =
      reader.read_multipart("XyZ",
                            part(kDisposition, R"({"query":"{a}","variables":{"f":null}})") +
                                part(kMapDisposition, R"({"0":["variables.f"]})") + "--XyZ\r\n",
                            search);
  ASSERT_TRUE(read && *read);
  EXPECT_TRUE((*read)->files.contains("0"));
  EXPECT_FALSE((*read)->files.contains("f"));
}

TEST(Multipart, errors_of_the_body_of_its_json_and_of_its_map_are_told_apart) {
  RequestReader reader;
  const auto error = [&reader](std::string_view body) {
    PartSearch search;
    const auto read = reader.read_multipart("XyZ", body, search);
    return read ? RequestError{} : read.error();
  };
  EXPECT_EQ(error("{}").kind, RequestError::Kind::kMedia);
  const RequestError json = error(body_with(kDisposition, "{]"));
  EXPECT_EQ(json.kind, RequestError::Kind::kJson);
  EXPECT_EQ(json.offset, 1U);
  const RequestError map = error(body_with_second(kMapDisposition, R"({"0":["query"]})"));
  EXPECT_EQ(map.kind, RequestError::Kind::kMedia);
  EXPECT_TRUE(holds(map.message, "the path \"query\"")) << map.message;
}

}  // namespace
}  // namespace tollgate::graphql
