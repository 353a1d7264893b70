// A connected socket on a loop, with TLS or without: reads straight from the socket, writes at once
// and keeps what the socket does not take. The read event is added once and stays; a write event
// exists only while the peer is slower than we are. Worker thread only.
#pragma once

#include <event2/event_struct.h>
#include <sys/uio.h>

#include <cstdint>
#include <span>

#include "proxy/buffer.h"
#include "proxy/loop.h"
#include "proxy/socket.h"

namespace tollgate {

class StreamHandler {
 public:
  virtual void on_readable() = 0;
  // What was kept has been written: the producer may go on.
  virtual void on_drained() = 0;

 protected:
  ~StreamHandler() = default;
};

class Stream {
 public:
  // `handler` outlives the stream.
  Stream(Loop& loop, BufferPool& pool, StreamHandler& handler, Socket socket);
  ~Stream();
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  enum class Read : std::uint8_t { kData, kAgain, kEnd, kError };
  struct ReadResult {
    Read status;
    std::size_t bytes;
  };
  [[nodiscard]] ReadResult read(std::span<char> into);

  enum class Sent : std::uint8_t {
    kAll,     // the system has it
    kKept,    // partly kept: hold further bytes back until on_drained
    kBroken,  // the connection is gone
  };
  // Takes all bytes in order. More may be sent while some are kept; the caller's discipline bounds
  // what is kept.
  Sent send(std::string_view bytes);
  Sent send(std::span<iovec> pieces);

  [[nodiscard]] bool blocked() const { return !kept_.empty(); }
  [[nodiscard]] bool broken() const { return broken_; }
  // Open, and nothing has arrived: asks the system. Where it is not, on_readable will run.
  [[nodiscard]] bool is_silent();
  [[nodiscard]] bool secure() const { return tls_ != nullptr; }

  // Reading is on from the start.
  void pause_reading();
  void resume_reading();
  // on_readable runs in the next turn even if nothing arrives, and even while reading is paused:
  // there is more to do than one turn should do at once.
  void wake();
  // No more bytes from us; what is kept goes first.
  void finish_writing();
  void reset_on_close();
  [[nodiscard]] int fd() const { return fd_.get(); }

 private:
  static void readable(int fd, short what, void* self);
  static void writable(int fd, short what, void* self);
  static void woken(int fd, short what, void* self);
  void flush();
  void keep(std::span<iovec> pieces, std::size_t written);
  ReadResult read_tls(std::span<char> into);
  void wake_for_session();
  // What the session, or the system, took; -1 with errno.
  ssize_t write_some(std::span<iovec> pieces);
  ssize_t write_tls(std::span<iovec> pieces);

  Loop& loop_;
  StreamHandler& handler_;
  Fd fd_;
  TlsSession tls_;
  event read_event_{};
  event write_event_{};
  event wake_event_{};
  Buffer kept_;
  bool reading_ = true;
  bool wakes_ = false;      // in the next turn
  bool insists_ = false;    // whether reading is paused or not
  bool tls_holds_ = false;  // bytes, an end or a fault that no socket will tell of
  bool broken_ = false;
  bool finishing_ = false;
};

}  // namespace tollgate
