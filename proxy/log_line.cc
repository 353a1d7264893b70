// The access log's line; see access_log.h. Runs on the workers' threads.
#include <fmt/format.h>

#include <array>
#include <charconv>
#include <ctime>

#include "proxy/access_log.h"

namespace tollgate {
namespace {

constexpr std::size_t kMostPath = 1024;
constexpr std::size_t kMostText = 256;

// The length of the UTF-8 sequence at the front; 0: none (RFC 3629: no surrogates, nothing
// overlong).
std::size_t sequence_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  const std::size_t length = lead < 0x80                    ? 1
                             : lead >= 0xc2 && lead <= 0xdf ? 2
                             : lead >= 0xe0 && lead <= 0xef ? 3
                             : lead >= 0xf0 && lead <= 0xf4 ? 4
                                                            : 0;
  if (length == 0 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
  }
  if ((lead == 0xe0 && byte(1) < 0xa0) || (lead == 0xed && byte(1) > 0x9f) ||
      (lead == 0xf0 && byte(1) < 0x90) || (lead == 0xf4 && byte(1) > 0x8f)) {
    return 0;
  }
  return length;
}

// Well-formed and yet not written as it is: C1 controls, which terminals obey, and the line and
// paragraph separators, which some readers take for a line end. The code point; 0: none of them.
unsigned hidden_code_point(std::string_view sequence) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(sequence[i]); };
  if (byte(0) == 0xc2 && byte(1) < 0xa0) return byte(1);
  if (sequence == "\xe2\x80\xa8") return 0x2028;
  return sequence == "\xe2\x80\xa9" ? 0x2029 : 0;
}

bool is_plain(char c) { return c >= 0x20 && c < 0x7f && c != '"' && c != '\\'; }

void append_code_point(std::string& out, unsigned code_point) {
  fmt::format_to(std::back_inserter(out), "\\u{:04x}", code_point);
}

void append_escaped(std::string& out, std::string_view text, std::size_t most) {
  out += '"';
  const std::size_t limit = std::min(text.size(), most);
  std::size_t at = 0;
  while (at < limit) {
    const std::size_t begin = at;
    while (at < limit && is_plain(text[at])) ++at;
    out.append(text.substr(begin, at - begin));
    if (at == limit) break;
    const std::size_t length = sequence_length(text.substr(at));
    const unsigned hidden = length > 1 ? hidden_code_point(text.substr(at, length)) : 0;
    if (hidden != 0) {
      append_code_point(out, hidden);
    } else if (length > 1) {
      out.append(text.substr(at, length));
    } else if (length == 0) {
      out.append("\xef\xbf\xbd");
    } else if (text[at] == '"' || text[at] == '\\') {
      out += '\\';
      out += text[at];
    } else {
      append_code_point(out, static_cast<unsigned>(text[at]));
    }
    at += std::max<std::size_t>(1, length);
  }
  if (text.size() > most) out.append("\xe2\x80\xa6");  // …
  out += '"';
}

// An empty value is one that the call does not have.
void append_member(std::string& out, std::string_view name, std::string_view value,
                   std::size_t most = kMostText) {
  out.append(",\"").append(name).append("\":");
  if (value.empty()) {
    out.append("null");
  } else {
    append_escaped(out, value, most);
  }
}

void append_number(std::string& out, std::string_view name, std::uint64_t value) {
  char digits[20];
  out.append(",\"").append(name).append("\":");
  out.append(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
}

void append_milliseconds(std::string& out, std::string_view name, std::chrono::nanoseconds value) {
  const auto us = static_cast<std::uint64_t>(std::max<std::int64_t>(
      0, std::chrono::duration_cast<std::chrono::microseconds>(value).count()));
  append_number(out, name, us / 1000);
  const unsigned rest = static_cast<unsigned>(us % 1000);
  const char fraction[] = {'.', static_cast<char>('0' + rest / 100),
                           static_cast<char>('0' + rest / 10 % 10),
                           static_cast<char>('0' + rest % 10)};
  out.append(fraction, sizeof fraction);
}

// "2026-11-24T12:00:00.123Z"; the second is formatted once and kept.
void append_time(std::string& out, std::chrono::system_clock::time_point time) {
  thread_local std::time_t kept_second = -1;
  thread_local std::array<char, 20> kept{};
  const std::time_t second =
      std::chrono::system_clock::to_time_t(std::chrono::floor<std::chrono::seconds>(time));
  if (second != kept_second) {
    std::tm parts{};
    gmtime_r(&second, &parts);
    std::strftime(kept.data(), kept.size(), "%Y-%m-%dT%H:%M:%S", &parts);
    kept_second = second;
  }
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(
                      time - std::chrono::floor<std::chrono::seconds>(time))
                      .count();
  out.append(kept.data());
  const char fraction[] = {'.', static_cast<char>('0' + ms / 100),
                           static_cast<char>('0' + ms / 10 % 10), static_cast<char>('0' + ms % 10),
                           'Z'};
  out.append(fraction, sizeof fraction);
}

// What nobody has priced has no cost; what is not GraphQL has no operation.
void append_cost(std::string& out, const CallCost* cost) {
  append_member(out, "operation", cost == nullptr ? std::string_view() : cost->operation);
  append_member(out, "operation_name",
                cost == nullptr ? std::string_view() : cost->operation_name());
  if (cost == nullptr) {
    out.append(",\"complexity\":null,\"mutations\":null");
    return;
  }
  append_number(out, "complexity", cost->complexity);
  append_number(out, "mutations", cost->mutations);
}

}  // namespace

void append_log_line(std::string& out, const CallRecord& call) {
  out.append("{\"time\":\"");
  append_time(out, call.began);
  out += '"';
  append_member(out, "request_id", call.request_id);
  append_member(out, "client", call.client ? call.client->text() : "");
  // Behind a proxy the two differ, and the difference is what one looks for.
  if (!call.client || *call.client != call.peer) append_member(out, "peer", call.peer.text());
  if (!call.client_certificate.empty()) {
    append_member(out, "client_certificate", call.client_certificate);
  }
  append_member(out, "api", call.api);
  append_member(out, "key", call.key);
  append_member(out, "method", call.method);
  append_member(out, "path", call.path, kMostPath);
  append_number(out, "status", static_cast<std::uint64_t>(std::max(0, call.status)));
  append_member(out, "reason", call.reason ? row_of(*call.reason).word : "");
  if (call.concealed) append_member(out, "concealed", row_of(*call.concealed).word);
  append_number(out, "bytes_in", call.bytes_in);
  append_number(out, "bytes_out", call.bytes_out);
  append_milliseconds(out, "duration_ms", call.duration);
  if (call.upstream_duration) {
    append_milliseconds(out, "upstream_ms", *call.upstream_duration);
  } else {
    out.append(",\"upstream_ms\":null");
  }
  append_cost(out, call.cost);
  append_member(out, "trace_id", call.trace_id);
  append_member(out, "user_agent", call.user_agent);
  out.append("}\n");
}

}  // namespace tollgate
