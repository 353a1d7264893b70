// One client, one proxy, one upstream: what most conversations need.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "tests/support/proxy.h"

namespace tollgate {

class Conversation : public testing::Test {
 protected:
  void begin(const std::string& more_config = "", const std::string& more_api = "") {
    proxy_ = Proxy::simple(upstream_.port(), more_config, more_api);
  }
  // A request with the key: "GET / HTTP/1.1", more field lines, a body.
  static std::string request(const std::string& start_line, const std::string& fields = "",
                             const std::string& body = "") {
    return start_line + "\r\nHost: api.example\r\n" + kKeyField + fields + "\r\n" + body;
  }
  static std::string ok(const std::string& body, const std::string& fields = "") {
    return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" + fields +
           "\r\n" + body;
  }
  static bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
  }

  ScriptedUpstream upstream_;
  std::unique_ptr<Proxy> proxy_;
};

}  // namespace tollgate
