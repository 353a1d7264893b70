// Who calls: the key is present, once, known, not disabled, not expired, meant for this API, and
// used from an address that it allows. Any thread.
#include <fmt/format.h>

#include <algorithm>

#include "conf/secret.h"
#include "filters/credential.h"
#include "filters/filters.h"
#include "filters/ip_refusal.h"

namespace tollgate {
namespace {

class KeyFilter final : public Filter {
 public:
  KeyFilter(const ApiConfig& api, const KeyIndex& keys, FailureCounter& failures)
      : api_(api.name), auth_(api.auth), keys_(keys), failures_(failures) {}

  Verdict check(Exchange& exchange) const override {
    const auto secret = find_credential(auth_, *exchange.request);
    if (!secret) return Verdict::deny(Reason::kBadRequest, secret.error());
    if (exchange.open) return Verdict::pass();
    if (secret->empty()) {
      return auth_.required || exchange.own_path ? missing() : Verdict::pass();
    }
    const Key* key = look_up(exchange, *secret);
    if (key == nullptr) return unknown(exchange, *secret);
    exchange.presented = key;
    return judge(exchange, *key);
  }

 private:
  // Hashes a secret only if the connection's last one was another.
  const Key* look_up(Exchange& exchange, std::string_view secret) const {
    CredentialMemory* memory = exchange.credential;
    if (memory == nullptr) return keys_.find(secret);
    if (memory->index_generation != keys_.generation() || memory->secret != secret) {
      memory->key = keys_.find(secret);
      // Only of keys: what else a stranger sends would stay as long as the connection.
      memory->secret = memory->key == nullptr ? std::string_view() : secret;
      memory->index_generation = memory->key == nullptr ? 0 : keys_.generation();
    }
    return memory->key;
  }

  Verdict judge(Exchange& exchange, const Key& key) const {
    if (key.disabled) {
      count_failure(exchange);
      return deny_key(Reason::kKeyDisabled,
                      fmt::format("The key {} is switched off. Ask the API's operator.", key.name));
    }
    if (key.expires && has_come(*key.expires, exchange.now.wall)) {
      count_failure(exchange);
      return deny_key(Reason::kKeyExpired,
                      fmt::format("The key {} expired on {}. Ask the API's operator for a new one.",
                                  key.name, format_date(*key.expires)));
    }
    if (!key.apis.empty() && std::find(key.apis.begin(), key.apis.end(), api_) == key.apis.end()) {
      return Verdict::deny(
          Reason::kKeyNotForApi,
          fmt::format("The key {} is not meant for the API {}. Send one that is, or ask "
                      "the API's operator to let this one in.",
                      key.name, api_));
    }
    if (key.allow_ips && !(exchange.client && contains(*key.allow_ips, *exchange.client))) {
      return refuse_address(exchange.client, "this key");
    }
    exchange.key = &key;
    return Verdict::pass();
  }

  Verdict unknown(const Exchange& exchange, std::string_view secret) const {
    count_failure(exchange);
    return deny_key(Reason::kKeyUnknown, how_unknown(secret));
  }

  static std::string how_unknown(std::string_view secret) {
    if (secret.find(' ') != std::string_view::npos) {
      return "What was sent as key is not one that is known here, and it has a blank in it. Send "
             "the key alone, without \"Bearer\" or any other word before it.";
    }
    if (secret_form(secret) == SecretForm::kMistyped) {
      return "The key looks mistyped: its last characters do not match the rest. Copy it again, "
             "whole.";
    }
    return "What was sent as key is not one that is known here. Check that it is whole and meant "
           "for this address.";
  }

  Verdict missing() const {
    std::string how;
    if (!auth_.headers.empty()) {
      const CredentialHeader& header = auth_.headers.front();
      const bool bearer = header.form == CredentialForm::kBearer;
      how = fmt::format(
          "the header {0}, for example: curl -H '{0}: {1}<your key>' (mind the colon after the "
          "name)",
          header.name, bearer ? "Bearer " : "");
    } else if (!auth_.cookies.empty()) {
      how = fmt::format("the cookie {0}, for example: curl -b '{0}=<your key>'",
                        auth_.cookies.front());
    }
    return deny_key(Reason::kKeyMissing, fmt::format("This API needs a key. Send it in {}.", how));
  }

  void count_failure(const Exchange& exchange) const {
    failures_.count(api_, exchange.client.value_or(exchange.peer), auth_.failures,
                    exchange.now.steady);
  }

  // A refusal of 401 says how to do better (RFC 9110, 11.6.1).
  Verdict deny_key(Reason reason, std::string detail) const {
    Note note;
    note.detail = std::move(detail);
    note.authenticate = challenge();
    return Verdict::deny(reason, std::move(note));
  }

  [[nodiscard]] std::string challenge() const {
    if (auth_.headers.empty()) {
      const std::string cookie = auth_.cookies.empty() ? "" : auth_.cookies.front();
      return fmt::format("Cookie realm=\"{}\", cookie-name=\"{}\"", api_, cookie);
    }
    const CredentialHeader& first = auth_.headers.front();
    if (first.form == CredentialForm::kBearer) return fmt::format("Bearer realm=\"{}\"", api_);
    return fmt::format("{0} realm=\"{1}\", header=\"{0}\"", first.name, api_);
  }

  const std::string api_;
  const AuthConfig auth_;
  const KeyIndex& keys_;
  FailureCounter& failures_;
};

}  // namespace

FilterPtr make_key(const ApiConfig& api, const KeyIndex& keys, FailureCounter& failures) {
  return std::make_unique<KeyFilter>(api, keys, failures);
}

}  // namespace tollgate
