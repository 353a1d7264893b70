// A whole proxy in this process: real sockets on port 0, a clock that the test moves, files in a
// temporary folder.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "proxy/server.h"
#include "tests/support/manual_clock.h"
#include "tests/support/peer.h"
#include "tests/support/temp_folder.h"

namespace tollgate {

class Proxy {
 public:
  // `config` is tollgate.yaml, where `listen`, `admin` and `access_log` may be left out (port 0,
  // port 0, file "access.log"), and `keys` keys.yaml. A proxy that does not start fails the test
  // and ends the program with the reasons.
  explicit Proxy(const std::string& config, const std::string& keys = "keys: []\n");
  // An API "orders" at base "/" of kind rest with this upstream, and the key "secret-one" ("erp").
  [[nodiscard]] static std::unique_ptr<Proxy> simple(std::uint16_t upstream_port,
                                                     const std::string& more_config = "",
                                                     const std::string& more_api = "");
  ~Proxy();
  Proxy(const Proxy&) = delete;
  Proxy& operator=(const Proxy&) = delete;

  [[nodiscard]] Peer connect() const { return Peer::connect(port()); }
  [[nodiscard]] std::uint16_t port(std::size_t listener = 0) const;
  [[nodiscard]] std::uint16_t admin_port() const { return server_->admin_port(); }
  // The body of an admin page.
  [[nodiscard]] std::string admin(const std::string& path) const;
  [[nodiscard]] Message admin_answer(const std::string& path) const;

  // On the thread of one worker, the only one where there is one; it stands still meanwhile.
  void on_worker(std::function<void()> work) { server_->expire_deadlines(std::move(work)); }
  // Moves the clock and lets every deadline that is due by then run.
  void advance(std::chrono::milliseconds by);
  void write_config(const std::string& config);
  void write_keys(const std::string& keys);
  // Whether the files were taken.
  [[nodiscard]] bool reload();
  void drain();
  // Ends, and begins again with the files and the clock as they are.
  void restart();
  // Waits for run() to have returned.
  void wait_until_ended();
  [[nodiscard]] std::string access_log();  // ends the proxy first, so that all lines are written
  [[nodiscard]] const TempFolder& folder() const { return folder_; }

 private:
  void start();
  void end();
  void expire_deadlines();

  TempFolder folder_;
  ManualClock clock_;
  std::unique_ptr<Server> server_;
  std::thread thread_;
};

// The keys file of simple(): SHA-256 of "secret-one".
extern const char* const kSimpleKeys;
inline const std::string kKeyField = "API-Authorization: secret-one\r\n";

}  // namespace tollgate
