// See admin.h. Control thread.
#include "proxy/admin.h"

#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/listener.h>
#include <fmt/format.h>

#include <cstring>

#include "proxy/socket.h"

namespace tollgate {
namespace {

constexpr int kTimeoutSeconds = 10;
constexpr std::size_t kMostBytes = 8 * 1024;

struct Page {
  int status = 200;
  const char* status_text = "OK";
  const char* type = "text/plain; charset=utf-8";
  std::string body;
};

class AdminImpl final : public AdminServer {
 public:
  AdminImpl(event_base* base, AdminPages pages, AdminSource source)
      : http_(evhttp_new(base)), pages_(pages), source_(std::move(source)) {
    evhttp_set_allowed_methods(http_, EVHTTP_REQ_GET | EVHTTP_REQ_HEAD);
    evhttp_set_max_headers_size(http_, kMostBytes);
    evhttp_set_max_body_size(http_, kMostBytes);
    evhttp_set_timeout(http_, kTimeoutSeconds);
    evhttp_set_gencb(
        http_,
        [](evhttp_request* request, void* self) { static_cast<AdminImpl*>(self)->answer(request); },
        this);
  }
  ~AdminImpl() override { evhttp_free(http_); }

  // evhttp owns the socket from then on.
  bool accept_on(Fd fd) {
    port_ = bound_port(fd.get());
    if (evhttp_accept_socket(http_, fd.get()) != 0) return false;
    fd.release();
    return true;
  }
  std::uint16_t port() const override { return port_; }

 private:
  Page page_for(std::string_view path) const {
    if (path == "/healthz") return {.body = "ok\n"};
    if (path == "/readyz") {
      if (source_.ready()) return {.body = "ready\n"};
      return {503, "Service Unavailable", "text/plain; charset=utf-8", "draining\n"};
    }
    if (path == "/metrics")
      return {.type = "text/plain; version=0.0.4; charset=utf-8", .body = source_.metrics()};
    if (pages_ == AdminPages::kAll) {
      if (path == "/status") return {.type = "application/json", .body = source_.status_json()};
      if (path == "/config") return {.type = "application/json", .body = source_.config_json()};
    }
    return {404, "Not Found", "text/plain; charset=utf-8",
            pages_ == AdminPages::kAll
                ? "There are /metrics, /healthz, /readyz, /status and /config.\n"
                : "There are /metrics, /healthz and /readyz.\n"};
  }

  void answer(evhttp_request* request) const {
    const evhttp_uri* uri = evhttp_request_get_evhttp_uri(request);
    const char* path = uri == nullptr ? nullptr : evhttp_uri_get_path(uri);
    const Page page = page_for(path == nullptr ? "" : path);
    evkeyvalq* headers = evhttp_request_get_output_headers(request);
    evhttp_add_header(headers, "Content-Type", page.type);
    evhttp_add_header(headers, "Cache-Control", "no-store");
    evhttp_add_header(headers, "X-Content-Type-Options", "nosniff");
    evbuffer* body = evbuffer_new();
    evbuffer_add(body, page.body.data(), page.body.size());
    evhttp_send_reply(request, page.status, page.status_text, body);
    evbuffer_free(body);
  }

  evhttp* http_;
  const AdminPages pages_;
  const AdminSource source_;
  std::uint16_t port_ = 0;
};

}  // namespace

tl::expected<std::unique_ptr<AdminServer>, std::string> AdminServer::listen(event_base* base,
                                                                            const Endpoint& address,
                                                                            AdminPages pages,
                                                                            AdminSource source) {
  auto fd = listen_on(address, Sharing::kNone);
  if (!fd) return tl::unexpected(fd.error());
  auto server = std::make_unique<AdminImpl>(base, pages, std::move(source));
  if (!server->accept_on(std::move(*fd))) {
    return tl::unexpected(fmt::format("cannot serve on {}", address.text()));
  }
  return server;
}

}  // namespace tollgate
