// The floor under every proxy built on libevent: a relay on raw events that checks nothing and
// parses nothing but the end of a head and Content-Length. Not a proxy to use: whatever surprises
// it ends it. For benchmarks only.
//   relay_floor LISTEN_PORT UPSTREAM_PORT
#include <arpa/inet.h>
#include <event2/event.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <vector>

namespace {

struct Upstream;

struct Client {
  int fd = -1;
  event* on_read = nullptr;
  Upstream* upstream = nullptr;  // while a call runs
  size_t length = 0;
  char bytes[32768];
};

struct Upstream {
  int fd = -1;
  event* on_read = nullptr;
  Client* client = nullptr;  // while a call runs and its client is there
  size_t length = 0;
  char bytes[32768];
};

event_base* base;
sockaddr_in upstream_address;
std::vector<Upstream*> idle;

void set_no_delay(int fd) {
  const int one = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
}

// The bytes of the message that `bytes` starts with, 0 if it is not whole yet.
size_t message_length(const char* bytes, size_t length) {
  const auto* end = static_cast<const char*>(memmem(bytes, length, "\r\n\r\n", 4));
  if (end == nullptr) return 0;
  const auto head = static_cast<size_t>(end - bytes);
  const auto* field = static_cast<const char*>(memmem(bytes, head, "Content-Length:", 15));
  const size_t total = head + 4 + (field == nullptr ? 0 : strtoul(field + 15, nullptr, 10));
  return length < total ? 0 : total;
}

void read_upstream(evutil_socket_t fd, short, void* argument) {
  auto* upstream = static_cast<Upstream*>(argument);
  const ssize_t n =
      read(fd, upstream->bytes + upstream->length, sizeof upstream->bytes - upstream->length);
  if (n < 0 && errno == EAGAIN) return;
  if (n <= 0) abort();
  upstream->length += static_cast<size_t>(n);
  const size_t total = message_length(upstream->bytes, upstream->length);
  if (total == 0) return;
  Client* client = upstream->client;
  upstream->client = nullptr;
  idle.push_back(upstream);
  if (client == nullptr) return;
  client->upstream = nullptr;
  if (write(client->fd, upstream->bytes, total) != static_cast<ssize_t>(total)) return;
}

Upstream* take_upstream() {
  if (!idle.empty()) {
    Upstream* upstream = idle.back();
    idle.pop_back();
    return upstream;
  }
  auto* upstream = new Upstream;
  upstream->fd = socket(AF_INET, SOCK_STREAM, 0);
  if (connect(upstream->fd, reinterpret_cast<sockaddr*>(&upstream_address),
              sizeof upstream_address) != 0) {
    abort();
  }
  set_no_delay(upstream->fd);
  evutil_make_socket_nonblocking(upstream->fd);
  upstream->on_read = event_new(base, upstream->fd, EV_READ | EV_PERSIST, read_upstream, upstream);
  event_add(upstream->on_read, nullptr);
  return upstream;
}

void drop(Client* client) {
  event_free(client->on_read);
  close(client->fd);
  if (client->upstream != nullptr) client->upstream->client = nullptr;
  delete client;
}

void read_client(evutil_socket_t fd, short, void* argument) {
  auto* client = static_cast<Client*>(argument);
  const ssize_t n = read(fd, client->bytes + client->length, sizeof client->bytes - client->length);
  if (n < 0 && errno == EAGAIN) return;
  if (n <= 0) {
    drop(client);
    return;
  }
  client->length += static_cast<size_t>(n);
  const size_t total = message_length(client->bytes, client->length);
  if (total == 0) return;
  Upstream* upstream = take_upstream();
  upstream->client = client;
  upstream->length = 0;
  client->upstream = upstream;
  if (write(upstream->fd, client->bytes, total) != static_cast<ssize_t>(total)) abort();
  client->length = 0;
}

void accept_clients(evutil_socket_t listener, short, void*) {
  int fd = -1;
  while ((fd = accept4(listener, nullptr, nullptr, SOCK_NONBLOCK)) >= 0) {
    set_no_delay(fd);
    auto* client = new Client;
    client->fd = fd;
    client->on_read = event_new(base, fd, EV_READ | EV_PERSIST, read_client, client);
    event_add(client->on_read, nullptr);
  }
}

sockaddr_in loopback(const char* port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<uint16_t>(atoi(port)));
  return address;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  upstream_address = loopback(argv[2]);
  sockaddr_in own = loopback(argv[1]);
  base = event_base_new();
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  const int one = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  if (bind(listener, reinterpret_cast<sockaddr*>(&own), sizeof own) != 0) return 1;
  if (listen(listener, 1024) != 0) return 1;
  event_add(event_new(base, listener, EV_READ | EV_PERSIST, accept_clients, nullptr), nullptr);
  return event_base_dispatch(base);
}
