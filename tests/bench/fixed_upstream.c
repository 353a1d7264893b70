// An upstream that gives one fixed answer to every HTTP/1.1 request, as cheaply as it can: one
// thread, raw epoll. Reads requests by Content-Length alone; pipelined ones too. For benchmarks
// only.
//   fixed_upstream PORT BODY_BYTES
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

struct connection {
  int fd;
  size_t length;
  char bytes[1 << 17];
};

static int epoll_fd;
static char* answer;
static size_t answer_length;

static void make_answer(size_t body) {
  answer = malloc(body + 512);
  const int head = sprintf(answer,
                           "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nServer: bench\r\n"
                           "Content-Length: %zu\r\n\r\n",
                           body);
  memset(answer + head, 'x', body);
  answer_length = (size_t)head + body;
}

static void accept_all(int listener) {
  int fd;
  while ((fd = accept4(listener, 0, 0, SOCK_NONBLOCK)) >= 0) {
    const int one = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    struct connection* c = malloc(sizeof *c);
    c->fd = fd;
    c->length = 0;
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
    epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event);
  }
}

// The bytes of the first whole request in `text`, 0 if it is not whole yet.
static size_t request_length(const char* text, size_t length) {
  const char* end = memmem(text, length, "\r\n\r\n", 4);
  if (!end) return 0;
  size_t body = 0;
  const char* field = strcasestr(text, "\r\ncontent-length:");
  if (field && field < end) body = strtoul(field + 17, 0, 10);
  const size_t total = (size_t)(end - text) + 4 + body;
  return total <= length ? total : 0;
}

static void close_connection(struct connection* c) {
  close(c->fd);
  free(c);
}

static void write_answer(const struct connection* c) {
  size_t written = 0;
  while (written < answer_length) {
    const ssize_t n = write(c->fd, answer + written, answer_length - written);
    if (n > 0) written += (size_t)n;
    if (n < 0 && errno != EAGAIN) return;
  }
}

static void serve(struct connection* c) {
  const ssize_t n = read(c->fd, c->bytes + c->length, sizeof c->bytes - 1 - c->length);
  if (n < 0 && errno == EAGAIN) return;
  if (n <= 0) {
    close_connection(c);
    return;
  }
  c->length += (size_t)n;
  c->bytes[c->length] = 0;
  size_t used = 0, length;
  while ((length = request_length(c->bytes + used, c->length - used)) > 0) {
    used += length;
    write_answer(c);
  }
  memmove(c->bytes, c->bytes + used, c->length - used);
  c->length -= used;
}

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  make_answer(strtoul(argv[2], 0, 10));
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), one = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  address.sin_port = htons((unsigned short)atoi(argv[1]));
  if (bind(listener, (void*)&address, sizeof address) || listen(listener, 1024)) {
    perror("fixed_upstream");
    return 1;
  }
  epoll_fd = epoll_create1(0);
  struct epoll_event event = {.events = EPOLLIN}, events[256];
  epoll_ctl(epoll_fd, EPOLL_CTL_ADD, listener, &event);
  for (;;) {
    const int count = epoll_wait(epoll_fd, events, 256, -1);
    for (int i = 0; i < count; i++) {
      if (events[i].data.ptr)
        serve(events[i].data.ptr);
      else
        accept_all(listener);
    }
  }
}
