// The configuration as values, with every default. One struct per block of tollgate.yaml, members
// named as there. Made by read_config (config_reader.h); immutable afterwards, so any thread may
// read it.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "conf/ip.h"
#include "conf/units.h"

namespace tollgate {

using namespace std::chrono_literals;

// host:port, [v6]:port or unix:/path. Exactly one of `host` and `unix_path` is set.
struct Endpoint {
  std::string host;  // a name or an address, without brackets
  std::uint16_t port = 0;
  std::string unix_path;
  [[nodiscard]] bool is_unix() const { return !unix_path.empty(); }
  [[nodiscard]] std::string text() const;  // as the operator writes it
  friend bool operator==(const Endpoint&, const Endpoint&) = default;
};

enum class TlsVersion { k1_2, k1_3 };

struct CertificateConfig {
  std::string certificate;  // paths here and below are absolute or relative to the process
  std::string private_key;
};

struct ListenTlsConfig {
  CertificateConfig certificate;
  std::string client_ca;  // empty: no client certificate is asked for
  TlsVersion min_version = TlsVersion::k1_2;
  std::vector<CertificateConfig> certificates;
};

struct ListenConfig {
  Endpoint address;
  std::optional<ListenTlsConfig> tls;
  bool http2 = true;
  bool proxy_protocol = false;
};

enum class ClientAddressHeader { kXForwardedFor, kForwarded, kNone };

struct ClientAddressConfig {
  std::vector<IpRange> trusted_proxies;
  ClientAddressHeader header = ClientAddressHeader::kXForwardedFor;
};

struct AccessLogConfig {
  std::string path = "stdout";  // "stdout", "off", or a file
};

struct ConnectionsConfig {
  std::uint64_t max = 10000;
  Duration header_timeout = 10s;
  Duration body_timeout = 30s;
  Duration idle_timeout = 60s;
  std::uint64_t max_header_bytes = 32 * 1024;
  std::uint64_t max_headers = 100;
  std::uint64_t max_body_bytes = 10 * 1024 * 1024;
  std::uint64_t max_held_bytes = 256 * 1024 * 1024;
};

enum class Measure { kRequests, kComplexity, kMutations };

struct PlanConfig {
  // Window length to limit, for each measure, indexed by Measure.
  std::array<std::map<Duration, std::uint64_t>, 3> limits;
};

struct EnvironmentConfig {
  std::string plan;                        // empty: what its keys name
  std::optional<std::uint64_t> key_share;  // percent, 1 to 100
};

enum class LimitAlgorithm { kSlidingWindow, kTokenBucket };
enum class Refund { kNotForwarded, kUpstream5xx, kNone };
enum class RetryAfter { kSeconds, kHttpDate };
enum class StoreKind { kMemory, kRedis };
enum class StoreMode { kLeased, kExact };
enum class StoreFailure { kLocal, kRefuse, kAllow };

struct StoreConfig {
  StoreKind kind = StoreKind::kMemory;
  std::string snapshot;  // memory: path of the file; empty: windows are forgotten
  std::string url;       // redis: from here on
  std::string tls_ca;
  bool cluster = false;
  std::string sentinel_master;
  std::vector<Endpoint> sentinel_addresses;
  StoreMode mode = StoreMode::kLeased;
  Duration timeout = 20ms;
  StoreFailure on_failure = StoreFailure::kLocal;
  std::uint64_t replicas = 1;
  std::string prefix = "tollgate";
};

struct LimitsConfig {
  std::string default_plan;
  LimitAlgorithm algorithm = LimitAlgorithm::kSlidingWindow;
  std::uint64_t max_addresses = 100'000;  // of one group that have windows of their own
  Refund refund = Refund::kNotForwarded;
  RetryAfter retry_after = RetryAfter::kSeconds;
  StoreConfig store;
};

enum class ApiKind { kRest, kGraphql };
enum class UpstreamScheme { kHttp, kHttps };

struct UpstreamTlsConfig {
  std::string ca;
  std::string server_name;
  CertificateConfig certificate;  // empty paths: none
};

struct UpstreamConfig {
  std::string url;  // as written
  UpstreamScheme scheme = UpstreamScheme::kHttp;
  Endpoint endpoint;  // from the url; port 80 or 443 where it names none
  Duration connect_timeout = 2s;
  Duration response_timeout = 30s;
  Duration idle_timeout = 60s;
  Duration keepalive = 4s;
  std::uint64_t max_connections = 256;  // per worker
  std::uint64_t retries = 1;
  UpstreamTlsConfig tls;
  friend bool operator==(const UpstreamConfig& a, const UpstreamConfig& b);
};

enum class Preflight { kRefuse, kForward };

struct FailuresConfig {
  Duration window = 1min;
  std::uint64_t attempts = 30;  // 0: no bound
};

// Where a credential may stand in a request, in the order of trying.
enum class CredentialForm {
  kHeader,  // the whole value of the header `name`
  kBearer,  // "Authorization: Bearer" in the configuration: the token after the scheme
};
struct CredentialHeader {
  CredentialForm form = CredentialForm::kHeader;
  std::string name;  // as written, "API-Authorization"; "Authorization" for kBearer
};

struct AuthConfig {
  std::vector<CredentialHeader> headers = {{CredentialForm::kHeader, "API-Authorization"}};
  std::vector<std::string> cookies;
  bool required = true;
  Preflight preflight = Preflight::kRefuse;
  bool conceal = false;
  bool forward_credential = false;
  FailuresConfig failures;
};

struct OpenPath {
  std::string method;  // "GET"
  std::string path;    // exact, as in the request
};

enum class CostPreset { kStandard, kCentra };
enum class ConnectionsModel { kHandedDown, kMultiplied };

struct FieldCostConfig {
  std::optional<double> weight;
  std::optional<std::uint64_t> assumed_size;
  std::optional<std::vector<std::string>> slicing_arguments;
  std::optional<std::vector<std::string>> sized_fields;
  friend bool operator==(const FieldCostConfig&, const FieldCostConfig&) = default;
};

// The preset is applied already: these are the values in force.
struct CostConfig {
  CostPreset preset = CostPreset::kStandard;
  double query_weight = 0;
  double mutation_weight = 10;
  double subscription_weight = 0;
  double mutation_field = 0;
  double object = 1;
  double scalar = 0;
  double scalar_in_list = 0;
  std::uint64_t list_size = 10;
  std::vector<std::string> slicing_arguments = {"first", "last", "limit"};
  ConnectionsModel connections = ConnectionsModel::kHandedDown;
  std::map<std::string, double> types;
  std::map<std::string, FieldCostConfig> fields;  // "Type.field"
  friend bool operator==(const CostConfig&, const CostConfig&) = default;
};

struct IntrospectionConfig {
  bool allow = true;
  double cost = 100;
};

struct GraphqlConfig {
  std::string schema;  // path; empty: the rules for "no schema"
  std::uint64_t max_body_bytes = 1024 * 1024;
  std::uint64_t max_complexity = 50000;
  std::uint64_t max_depth = 20;
  std::uint64_t max_aliases = 50;
  std::uint64_t max_tokens = 20000;
  std::uint64_t max_directives = 50;
  std::uint64_t max_batch = 10;
  IntrospectionConfig introspection;
  bool rate_limits_query = false;
  std::string persisted_documents;
  CostConfig cost;
};

struct RestCost {
  std::string method;  // "POST"
  std::string path;    // with * for any run of characters
  std::uint64_t complexity = 1;
};

enum class LimitMode { kOff, kShadow, kEnforce };
enum class LimitScope { kKey, kEnvironment, kAddress };

struct ApiLimitsConfig {
  LimitMode mode = LimitMode::kEnforce;
  std::optional<UnixTime> enforce_from;
  LimitScope scope = LimitScope::kEnvironment;
  std::string group;  // the API's own name where none is written
};

struct DeprecationConfig {
  std::optional<UnixTime> since;
  std::optional<UnixTime> sunset;
  std::string link;
  bool refuse_after_sunset = false;
};

struct ApiConfig {
  std::string name;
  std::string base;  // "/graphql"; "/" for every path. Never ends in "/" otherwise
  std::string host;  // lower case, without port; empty: any
  bool strip_base = false;
  ApiKind kind = ApiKind::kRest;
  UpstreamConfig upstream;
  AuthConfig auth;
  std::vector<IpRange> allow_ips;  // empty: all
  std::vector<OpenPath> open;
  bool json_body = true;
  GraphqlConfig graphql;
  std::vector<RestCost> rest_costs;
  ApiLimitsConfig limits;
  DeprecationConfig deprecation;
};

// "/rest" and "/rest/x" are below the base "/rest"; "/restful" is not.
[[nodiscard]] bool is_below(std::string_view path, std::string_view base);

struct NotificationsConfig {
  std::string smtp_url;  // empty: no mail
  std::string smtp_from;
  std::string webhook_url;  // empty: none
  Duration every = 24h;
};

struct Config {
  std::vector<ListenConfig> listen;
  Endpoint admin{"127.0.0.1", 9901, ""};
  std::optional<Endpoint> metrics;
  std::uint64_t workers = 0;  // 0: auto
  ClientAddressConfig client_address;
  AccessLogConfig access_log;
  ConnectionsConfig connections;
  Duration drain_timeout = 25s;
  std::string keys_file;  // empty: no keys
  std::map<std::string, PlanConfig> plans;
  std::map<std::string, EnvironmentConfig> environments;
  LimitsConfig limits;
  std::vector<ApiConfig> apis;
  NotificationsConfig notifications;
};

}  // namespace tollgate
