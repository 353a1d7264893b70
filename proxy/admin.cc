// See admin.h. Control thread. A connection has one request and one answer: whoever asks here asks
// seldom, and nothing is left to keep track of.
#include "proxy/admin.h"

#include <event2/event.h>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <list>
#include <string_view>

#include "filters/refusal.h"
#include "proxy/http1/message.h"
#include "proxy/socket.h"
#include "proxy/stream.h"

namespace tollgate {
namespace {

constexpr std::size_t kMostConnections = 64;  // for each address; one more ends the oldest
// Of answers that their clients may be reading, for each address; one more ends the oldest. One
// alone may be longer.
constexpr std::size_t kMostAnswerBytes = std::size_t{32} << 20;
constexpr http1::HeadLimits kHeadLimits{std::size_t{8} * 1024, 100};
constexpr Duration kTimeForHead = 10s;
constexpr Duration kTimeForAnswer = 30s;  // a slow reader's, until it has closed
constexpr int kAcceptsPerTurn = 16;
constexpr Duration kAcceptPause = 100ms;
constexpr const char* kPlainText = "text/plain; charset=utf-8";

struct Page {
  int status = 200;
  const char* type = kPlainText;
  std::string body;
  const char* allow = nullptr;
};

class AdminImpl;

class AdminConnection final : public StreamHandler, public Disposable {
 public:
  AdminConnection(AdminImpl& server, Loop& loop, BufferPool& buffers, Fd fd)
      : server_(server),
        loop_(loop),
        received_(buffers),
        stream_(loop, buffers, *this, Socket{std::move(fd), nullptr}),
        deadline_(
            loop.deadlines(), [](void* self) { static_cast<AdminConnection*>(self)->cut_off(); },
            this) {
    deadline_.start(kTimeForHead);
  }
  void on_readable() override;
  void on_drained() override {
    if (stream_.broken()) end();
  }
  void end();
  void cut_off();
  [[nodiscard]] std::size_t answer_bytes() const { return answer_bytes_; }

  std::list<std::unique_ptr<AdminConnection>>::iterator place;  // in the server's list

 private:
  void read_head();
  void answer(const Page& page, Method method);

  AdminImpl& server_;
  Loop& loop_;
  Buffer received_;
  Stream stream_;
  Deadline deadline_;
  std::size_t answer_bytes_ = 0;  // 0: not answered
  bool closed_ = false;
};

class AdminImpl final : public AdminServer {
 public:
  AdminImpl(Loop& loop, Fd fd, AdminPages pages, AdminSource source)
      : loop_(loop),
        fd_(std::move(fd)),
        port_(bound_port(fd_.get())),
        pages_(pages),
        source_(std::move(source)),
        readable_(event_new(
            loop.base(), fd_.get(), EV_READ | EV_PERSIST,
            [](evutil_socket_t, short, void* self) { static_cast<AdminImpl*>(self)->accept(); },
            this)),
        accept_again_(
            loop.deadlines(),
            [](void* self) { event_add(static_cast<AdminImpl*>(self)->readable_, nullptr); },
            this) {
    event_add(readable_, nullptr);
  }
  ~AdminImpl() override {
    event_free(readable_);
    connections_.clear();
    loop_.bury();  // what is dying still uses the buffers
  }
  std::uint16_t port() const override { return port_; }

  Page page_for(const RequestHead& request) const {
    if (request.method != Method::kGet && request.method != Method::kHead) {
      return {405, kPlainText, "GET and HEAD are allowed here.\n", "GET, HEAD"};
    }
    if (request.path == "/healthz") return {.body = "ok\n"};
    if (request.path == "/readyz") {
      if (source_.ready()) return {.body = "ready\n"};
      return {503, kPlainText, "draining\n"};
    }
    if (request.path == "/metrics") {
      return {.type = "text/plain; version=0.0.4; charset=utf-8", .body = source_.metrics()};
    }
    if (pages_ == AdminPages::kAll) {
      if (request.path == "/status")
        return {.type = "application/json", .body = source_.status_json()};
      if (request.path == "/config")
        return {.type = "application/json", .body = source_.config_json()};
    }
    return {404, kPlainText,
            pages_ == AdminPages::kAll
                ? "There are /metrics, /healthz, /readyz, /status and /config.\n"
                : "There are /metrics, /healthz and /readyz.\n"};
  }

  // Whoever reads closes at once, so the oldest answers are those that lie here, or in the system.
  void hold_answer(const AdminConnection& newest, std::size_t bytes) {
    answer_bytes_ += bytes;
    for (auto next = connections_.begin(); next != connections_.end();) {
      AdminConnection& each = **next++;
      if (answer_bytes_ <= kMostAnswerBytes) return;
      if (each.answer_bytes() == 0 || &each == &newest) continue;
      source_.full();
      each.cut_off();
    }
  }

  void remove(AdminConnection& connection) {
    answer_bytes_ -= connection.answer_bytes();
    loop_.dispose(std::move(*connection.place));
    connections_.erase(connection.place);
  }

 private:
  void accept() {
    for (int i = 0; i < kAcceptsPerTurn; ++i) {
      Fd client(accept4(fd_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
      if (client.valid()) {
        take(std::move(client));
        continue;
      }
      if (errno == EINTR || errno == ECONNABORTED) continue;
      if (errno != EAGAIN && errno != EWOULDBLOCK) pause_accepting();
      return;
    }
  }

  // Without a free descriptor the listener stays readable: the loop would spin.
  void pause_accepting() {
    event_del(readable_);
    accept_again_.start(kAcceptPause);
  }

  // Who asks is answered at once, so the oldest is one that only holds its connection: a probe gets
  // in whatever others do.
  void take(Fd client) {
    if (connections_.size() == kMostConnections) {
      source_.full();
      connections_.front()->cut_off();
    }
    connections_.push_back(
        std::make_unique<AdminConnection>(*this, loop_, buffers_, std::move(client)));
    connections_.back()->place = std::prev(connections_.end());
  }

  Loop& loop_;
  const Fd fd_;
  const std::uint16_t port_;
  const AdminPages pages_;
  const AdminSource source_;
  BufferPool buffers_;
  std::list<std::unique_ptr<AdminConnection>> connections_;  // the oldest first
  std::size_t answer_bytes_ = 0;                             // of all of them
  event* readable_;
  Deadline accept_again_;
};

void AdminConnection::end() {
  if (std::exchange(closed_, true)) return;
  deadline_.stop();
  server_.remove(*this);
}

// What was not read of an answer is given up, by the system too.
void AdminConnection::cut_off() {
  if (answer_bytes_ > 0) stream_.reset_on_close();
  end();
}

void AdminConnection::on_readable() {
  if (closed_) return;
  const std::span<char> room = received_.room(kHeadLimits.max_bytes);
  const Stream::ReadResult got = stream_.read(room);
  if (got.status == Stream::Read::kAgain) return;
  if (got.status != Stream::Read::kData) return end();
  // What comes behind the head is of no interest, but unread it would reset the connection.
  if (answer_bytes_ > 0) return received_.clear();
  received_.commit(got.bytes);
  read_head();
}

void AdminConnection::read_head() {
  http1::Request request;
  const auto progress = http1::parse_request(received_.view(), kHeadLimits, request);
  if (!progress) {
    if (progress.error().status == 0) return end();
    return answer({progress.error().status, kPlainText, fmt::format("{}\n", progress.error().what)},
                  Method::kGet);
  }
  if (*progress == http1::Progress::kComplete) {
    answer(server_.page_for(request.head), request.head.method);
  }
}

void AdminConnection::answer(const Page& page, Method method) {
  received_.clear();
  std::string text = fmt::format(
      "HTTP/1.1 {} {}\r\n"
      "Date: {:%a, %d %b %Y %H:%M:%S} GMT\r\n"
      "Content-Type: {}\r\nContent-Length: {}\r\nCache-Control: no-store\r\n"
      "X-Content-Type-Options: nosniff\r\nConnection: close\r\n",
      page.status, status_text_of(page.status),
      std::chrono::floor<std::chrono::seconds>(loop_.now().wall), page.type, page.body.size());
  if (page.allow != nullptr) text += fmt::format("Allow: {}\r\n", page.allow);
  text += "\r\n";
  if (method != Method::kHead) text += page.body;
  answer_bytes_ = text.size();
  server_.hold_answer(*this, answer_bytes_);
  if (stream_.send(text) == Stream::Sent::kBroken) return end();
  stream_.finish_writing();
  deadline_.start(kTimeForAnswer);
}

}  // namespace

tl::expected<std::unique_ptr<AdminServer>, std::string> AdminServer::listen(Loop& loop,
                                                                            const Endpoint& address,
                                                                            AdminPages pages,
                                                                            AdminSource source) {
  auto fd = listen_on(address, Sharing::kNone);
  if (!fd) return tl::unexpected(fd.error());
  return std::make_unique<AdminImpl>(loop, std::move(*fd), pages, std::move(source));
}

}  // namespace tollgate
