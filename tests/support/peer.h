// One end of a connection, held by a test: blocking, with a limit of time on every wait so that a
// fault ends in a failed expectation instead of a hang.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "proxy/socket.h"

namespace tollgate {

struct Message {
  std::string start_line;
  std::multimap<std::string, std::string> fields;  // names in lower case
  std::string head;                                // as received
  std::string body;                                // decoded
  bool cut = false;                                // the connection ended before the message did

  [[nodiscard]] int status() const;
  // The only field of this name; empty where there is none, "several" joined by " | ".
  [[nodiscard]] std::string field(const std::string& lower_case_name) const;
};

class Peer {
 public:
  explicit Peer(Fd fd);
  [[nodiscard]] static Peer connect(std::uint16_t port);
  [[nodiscard]] static Peer connect_unix(const std::string& path);

  void send(std::string_view bytes);
  // What arrives up to and with the token; less where the connection ends first or nothing comes
  // for 10 s. Heads have random hexadecimal digits in them: a token of such is not for them.
  [[nodiscard]] std::string read_until(std::string_view token);
  [[nodiscard]] std::string read_exactly(std::size_t bytes);
  [[nodiscard]] std::string read_to_end();
  // A head and its body. Interim answers are messages of their own.
  [[nodiscard]] Message read_message();
  // An answer to HEAD, or another that has no body whatever its head says.
  [[nodiscard]] Message read_head();

  enum class End { kOpen, kClosed, kReset };
  // Waits for the end: kOpen after 10 s, or if bytes arrive instead.
  [[nodiscard]] End wait_for_end();
  // Nothing has arrived and nothing arrives within a short wait.
  [[nodiscard]] bool is_silent();
  void shut_down_writing();
  void reset();  // closes with RST
  void close() { fd_.reset(); }
  [[nodiscard]] int fd() const { return fd_.get(); }

 private:
  bool fill(int wait_ms);
  Fd fd_;
  std::string arrived_;
  End end_ = End::kOpen;
};

// A listening socket whose connections the test answers itself.
class ScriptedUpstream {
 public:
  ScriptedUpstream();
  explicit ScriptedUpstream(const std::string& unix_path);
  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] Peer accept();
  // Whether somebody has connected or does so within a short wait.
  [[nodiscard]] bool has_connection();

 private:
  Fd fd_;
  std::uint16_t port_ = 0;
};

}  // namespace tollgate
