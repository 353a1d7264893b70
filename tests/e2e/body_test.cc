// Bodies both ways: length, chunked, trailers, expectations, early answers, back-pressure.
#include "tests/support/conversation.h"

namespace tollgate {
namespace {

class Body : public Conversation {};

TEST_F(Body, a_chunked_request_is_framed_anew_without_extensions_and_trailers) {
  begin();
  Peer client = proxy_->connect();
  client.send(request("POST / HTTP/1.1", "Transfer-Encoding: chunked\r\n",
                      "3;ext=1\r\nabc\r\n2\r\nde\r\n0\r\nX-Trailer: 1\r\n\r\n"));
  Peer service = upstream_.accept();
  const Message received = service.read_message();
  EXPECT_EQ(received.field("transfer-encoding"), "chunked");
  EXPECT_EQ(received.field("content-length"), "");
  EXPECT_EQ(received.body, "abcde");
  EXPECT_EQ(received.field("trailer x-trailer"), "");
  service.send(ok("fine"));
  EXPECT_EQ(client.read_message().body, "fine");
}

TEST_F(Body, a_chunked_answer_keeps_its_trailers) {
  begin();
  Peer client = proxy_->connect();
  client.send(request("GET / HTTP/1.1"));
  Peer service = upstream_.accept();
  (void)service.read_message();
  service.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: Grpc-Status\r\n\r\n");
  service.send("5\r\nhello\r\n");
  service.send("1;x\r\n!\r\n0\r\nGrpc-Status: 0\r\nContent-Length: 4\r\n\r\n");
  const Message answer = client.read_message();
  EXPECT_EQ(answer.body, "hello!");
  EXPECT_EQ(answer.field("trailer"), "Grpc-Status");
  EXPECT_EQ(answer.field("trailer grpc-status"), "Grpc-Status: 0");
  EXPECT_EQ(answer.field("trailer content-length"), "");
}

TEST_F(Body, malformed_chunks_of_a_client_are_refused_and_the_upstream_sees_a_cut_body) {
  begin();
  Peer client = proxy_->connect();
  client.send(request("POST / HTTP/1.1", "Transfer-Encoding: chunked\r\n", "3\r\nabc\r\n"));
  Peer service = upstream_.accept();
  (void)service.read_until("abc\r\n");
  client.send("zz\r\n");
  EXPECT_EQ(client.read_message().status(), 400);
  EXPECT_EQ(service.read_to_end().find("0\r\n\r\n"), std::string::npos);
}

TEST_F(Body, a_body_that_is_announced_too_large_is_refused_before_it_is_read) {
  begin("connections: {max_body_bytes: 1KiB}\n");
  Peer client = proxy_->connect();
  client.send(request("POST / HTTP/1.1", "Content-Length: 1025\r\n"));
  const Message answer = client.read_message();
  EXPECT_EQ(answer.status(), 413);
  EXPECT_TRUE(has(answer.body, "has 1025 bytes; at most 1024 are taken. Send less in one call"))
      << answer.body;
  EXPECT_EQ(answer.field("connection"), "close");
  EXPECT_FALSE(upstream_.has_connection());
}

TEST_F(Body, a_chunked_body_that_grows_too_large_is_refused_on_the_way) {
  begin("connections: {max_body_bytes: 1KiB}\n");
  Peer client = proxy_->connect();
  client.send(request("POST / HTTP/1.1", "Transfer-Encoding: chunked\r\n",
                      "400\r\n" + std::string(1024, 'a') + "\r\n1\r\nb\r\n"));
  const Message answer = client.read_message();
  EXPECT_EQ(answer.status(), 413);
  EXPECT_TRUE(has(answer.body, "longer than the 1024 bytes that are taken. Send less in one call"))
      << answer.body;
}

std::string json_request(const std::string& fields, const std::string& body) {
  return "POST / HTTP/1.1\r\nHost: a\r\n" + kKeyField + "Content-Type: application/json\r\n" +
         fields + "\r\n" + body;
}

TEST_F(Body, bodies_that_are_held_for_a_check_share_one_bound) {
  begin("connections: {max_held_bytes: 4KiB}\n");
  const std::string json = '"' + std::string(2998, 'x') + '"';
  const std::string length = "Content-Length: 3000\r\n";
  Peer first = proxy_->connect();
  first.send(json_request(length, json.substr(0, 2500)));
  Peer second = proxy_->connect();
  second.send(json_request(length, json.substr(0, 2500)));
  const Message refused = second.read_message();
  EXPECT_EQ(refused.status(), 503);
  EXPECT_TRUE(has(refused.body, "\"reason\":\"overloaded\"")) << refused.body;
  EXPECT_EQ(refused.field("connection"), "close");
  EXPECT_FALSE(upstream_.has_connection());
  EXPECT_TRUE(has(proxy_->admin("/metrics"), "tollgate_overload_total{bound=\"held_bytes\"} 1\n"));

  first.send(json.substr(2500));
  Peer service = upstream_.accept();
  EXPECT_EQ(service.read_message().body, json);
  service.send(ok("fine"));
  EXPECT_EQ(first.read_message().body, "fine");

  Peer third = proxy_->connect();  // what the first held is free again
  third.send(json_request(length, json.substr(0, 2500)));
  third.send(json.substr(2500));
  EXPECT_EQ(service.read_message().body, json);
  service.send(ok("fine"));
  EXPECT_EQ(third.read_message().body, "fine");
}

TEST_F(Body, what_a_client_held_is_free_once_it_has_gone) {
  begin("connections: {max_held_bytes: 4KiB}\n");
  Peer first = proxy_->connect();
  first.send(json_request("Transfer-Encoding: chunked\r\n", "bb8\r\n" + std::string(3000, ' ')));
  first.shut_down_writing();
  EXPECT_EQ(first.wait_for_end(), Peer::End::kClosed);
  Peer second = proxy_->connect();
  second.send(json_request("Transfer-Encoding: chunked\r\n",
                           "bb8\r\n" + std::string(2999, ' ') + "1\r\n0\r\n\r\n"));
  Peer service = upstream_.accept();
  EXPECT_EQ(service.read_message().body.size(), 3000);
}

TEST_F(Body, a_body_that_could_never_be_held_is_too_large) {
  begin("connections: {max_held_bytes: 4KiB}\n");
  Peer client = proxy_->connect();
  client.send(json_request("Content-Length: 5000\r\n", ""));
  EXPECT_EQ(client.read_message().status(), 413);
  Peer other = proxy_->connect();  // one that nobody checks only passes through
  other.send(request("POST / HTTP/1.1", "Content-Length: 5000\r\n", std::string(5000, 'x')));
  Peer service = upstream_.accept();
  EXPECT_EQ(service.read_message().body.size(), 5000);
}

TEST_F(Body, a_stranger_is_refused_before_the_body_and_the_connection_closes) {
  begin();
  Peer client = proxy_->connect();
  client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\nabc");
  const Message answer = client.read_message();
  EXPECT_EQ(answer.status(), 401);
  EXPECT_EQ(answer.field("connection"), "close");
  EXPECT_EQ(client.wait_for_end(), Peer::End::kClosed);
}

TEST_F(Body, expect_continue_is_decided_by_the_upstream) {
  begin();
  Peer client = proxy_->connect();
  client.send(request("POST / HTTP/1.1", "Expect: 100-continue\r\nContent-Length: 3\r\n"));
  Peer service = upstream_.accept();
  EXPECT_TRUE(has(service.read_until("\r\n\r\n"), "Expect: 100-continue"));
  EXPECT_TRUE(client.is_silent());
  service.send("HTTP/1.1 100 Continue\r\n\r\n");
  EXPECT_EQ(client.read_message().status(), 100);
  client.send("abc");
  EXPECT_EQ(service.read_exactly(3), "abc");
  service.send(ok("done"));
  EXPECT_EQ(client.read_message().body, "done");
}

TEST_F(Body, expect_continue_is_answered_by_the_proxy_where_it_must_read_the_body) {
  begin();
  Peer client = proxy_->connect();
  client.send(
      request("POST / HTTP/1.1",
              "Expect: 100-continue\r\nContent-Type: application/json\r\nContent-Length: 2\r\n"));
  EXPECT_EQ(client.read_message().status(), 100);
  EXPECT_FALSE(upstream_.has_connection());
  client.send("{}");
  Peer service = upstream_.accept();
  const Message received = service.read_message();
  EXPECT_EQ(received.body, "{}");
  EXPECT_EQ(received.field("expect"), "");
  service.send(ok("done"));
  EXPECT_EQ(client.read_message().body, "done");
}

TEST_F(Body, expect_continue_of_a_stranger_is_refused_at_once) {
  begin();
  Peer client = proxy_->connect();
  client.send("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n");
  EXPECT_EQ(client.read_message().status(), 401);
}

TEST_F(Body, json_that_is_none_is_refused_with_its_offset_and_never_forwarded) {
  begin();
  Peer client = proxy_->connect();
  client.send(request("POST / HTTP/1.1", "Content-Type: application/json\r\nContent-Length: 6\r\n",
                      "{\"a\":}"));
  const Message answer = client.read_message();
  EXPECT_EQ(answer.status(), 400);
  EXPECT_TRUE(has(answer.body, "\"json_invalid\"")) << answer.body;
  EXPECT_TRUE(has(answer.body, "\"offset\":5")) << answer.body;
  EXPECT_FALSE(upstream_.has_connection());
  // The body was read whole, so the connection may go on.
  client.send(request("POST / HTTP/1.1",
                      "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n",
                      "2\r\n{}\r\n0\r\n\r\n"));
  Peer service = upstream_.accept();
  const Message received = service.read_message();
  EXPECT_EQ(received.body, "{}");
  EXPECT_EQ(received.field("content-length"), "2");
}

TEST_F(Body, a_json_body_in_many_pieces_is_gathered_whole) {
  begin();
  Peer client = proxy_->connect();
  const std::string json = "[\"" + std::string(100000, 'x') + "\"]";
  client.send(request("POST / HTTP/1.1", "Content-Type: application/json\r\nContent-Length: " +
                                             std::to_string(json.size()) + "\r\n"));
  std::thread sender([&] { client.send(json + request("GET /next HTTP/1.1")); });
  Peer service = upstream_.accept();
  EXPECT_EQ(service.read_message().body, json);
  sender.join();
  service.send(ok("1"));
  EXPECT_EQ(service.read_message().start_line, "GET /next HTTP/1.1");
  service.send(ok("2"));
  EXPECT_EQ(client.read_message().body, "1");
  EXPECT_EQ(client.read_message().body, "2");
}

TEST_F(Body, an_early_answer_goes_back_and_ends_the_connection) {
  begin();
  Peer client = proxy_->connect();
  client.send(request("POST / HTTP/1.1", "Content-Length: 1000\r\n", "abc"));
  Peer service = upstream_.accept();
  (void)service.read_head();
  EXPECT_EQ(service.read_exactly(3), "abc");
  service.send("HTTP/1.1 409 Conflict\r\nContent-Length: 2\r\n\r\nno");
  const Message answer = client.read_message();
  EXPECT_EQ(answer.status(), 409);
  EXPECT_EQ(answer.field("connection"), "close");
  EXPECT_EQ(client.wait_for_end(), Peer::End::kClosed);
  EXPECT_NE(service.wait_for_end(), Peer::End::kOpen);
}

TEST_F(Body, answers_without_a_body_have_none) {
  begin();
  Peer client = proxy_->connect();
  client.send(request("HEAD / HTTP/1.1"));
  Peer service = upstream_.accept();
  (void)service.read_message();
  service.send("HTTP/1.1 200 OK\r\nContent-Length: 1234\r\n\r\n");
  const Message head = client.read_head();
  EXPECT_EQ(head.field("content-length"), "1234");
  client.send(request("GET /gone HTTP/1.1"));
  (void)service.read_message();
  service.send("HTTP/1.1 204 No Content\r\n\r\n");
  EXPECT_EQ(client.read_message().status(), 204);
  client.send(request("GET /same HTTP/1.1"));
  (void)service.read_message();
  service.send("HTTP/1.1 304 Not Modified\r\nContent-Length: 99\r\nETag: \"x\"\r\n\r\n");
  EXPECT_EQ(client.read_message().status(), 304);
  client.send(request("GET /next HTTP/1.1"));
  EXPECT_EQ(service.read_message().start_line, "GET /next HTTP/1.1");
}

TEST_F(Body, an_answer_until_close_becomes_chunked) {
  begin();
  Peer client = proxy_->connect();
  client.send(request("GET / HTTP/1.1"));
  Peer service = upstream_.accept();
  (void)service.read_message();
  service.send("HTTP/1.0 200 OK\r\n\r\nall of it");
  service.close();
  const Message answer = client.read_message();
  EXPECT_EQ(answer.field("transfer-encoding"), "chunked");
  EXPECT_EQ(answer.body, "all of it");
  EXPECT_FALSE(answer.cut);
}

TEST_F(Body, interim_answers_are_handed_on) {
  begin();
  Peer client = proxy_->connect();
  client.send(request("GET / HTTP/1.1"));
  Peer service = upstream_.accept();
  (void)service.read_message();
  service.send(
      "HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 2");
  const Message hints = client.read_message();
  EXPECT_EQ(hints.status(), 103);
  EXPECT_EQ(hints.field("link"), "</a.css>");
  service.send("00 OK\r\nContent-Length: 2\r\n\r\nok");
  EXPECT_EQ(client.read_message().body, "ok");
}

TEST_F(Body, a_slow_reader_holds_the_upstream_back_and_then_gets_every_byte) {
  begin();
  Peer client = proxy_->connect();
  client.send(request("GET / HTTP/1.1"));
  Peer service = upstream_.accept();
  (void)service.read_message();
  constexpr std::size_t kBytes = 64U << 20;
  std::atomic<std::size_t> sent = 0;
  std::thread sender([&] {
    service.send("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(kBytes) + "\r\n\r\n");
    const std::string piece(1U << 20, 'x');
    for (std::size_t i = 0; i < kBytes / piece.size(); ++i) {
      service.send(piece);
      sent += piece.size();
    }
  });
  EXPECT_EQ(client.read_until("\r\n\r\n").substr(0, 15), "HTTP/1.1 200 OK");
  // Kernel buffers take some megabytes; what the proxy itself holds is bounded, so the rest waits
  // at its source.
  ASSERT_FALSE(upstream_.has_connection());  // a short wait
  EXPECT_LT(sent.load(), kBytes / 2);
  std::size_t got = 0;
  while (got < kBytes) {
    const std::size_t piece =
        client.read_exactly(std::min<std::size_t>(1U << 20, kBytes - got)).size();
    if (piece == 0) break;
    got += piece;
  }
  sender.join();
  EXPECT_EQ(got, kBytes);
}

TEST_F(Body, a_slow_upstream_holds_the_client_back_and_then_gets_every_byte) {
  begin("connections: {max_body_bytes: 1GiB}\n");
  Peer client = proxy_->connect();
  constexpr std::size_t kBytes = 64U << 20;
  std::atomic<std::size_t> sent = 0;
  std::thread sender([&] {
    client.send(request("PUT / HTTP/1.1", "Content-Length: " + std::to_string(kBytes) + "\r\n"));
    const std::string piece(1U << 20, 'x');
    for (std::size_t i = 0; i < kBytes / piece.size(); ++i) {
      client.send(piece);
      sent += piece.size();
    }
  });
  Peer service = upstream_.accept();
  (void)service.read_until("\r\n\r\n");
  ASSERT_FALSE(upstream_.has_connection());
  EXPECT_LT(sent.load(), kBytes / 2);
  std::size_t got = 0;
  while (got < kBytes) {
    const std::size_t piece =
        service.read_exactly(std::min<std::size_t>(1U << 20, kBytes - got)).size();
    if (piece == 0) break;
    got += piece;
  }
  sender.join();
  EXPECT_EQ(got, kBytes);
  service.send(ok("all"));
  EXPECT_EQ(client.read_message().body, "all");
}

}  // namespace
}  // namespace tollgate
