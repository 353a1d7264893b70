// One client connection and the call that it carries, one after another. The steps of a call, in
// this order: accept, read, begin, check, gather, refuse, forward, relay, finish, next. Worker
// thread only; a relay never leaves its worker.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "filters/graphql/operation_message.h"
#include "filters/refusal.h"
#include "proxy/arrival.h"
#include "proxy/call.h"
#include "proxy/call_record.h"
#include "proxy/date_text.h"
#include "proxy/loop.h"
#include "proxy/metrics.h"
#include "proxy/stream.h"
#include "proxy/upstream_pool.h"

namespace tollgate {

class Relay;

// What a relay has from its worker; all of it outlives the relay.
struct RelayParts {
  Loop& loop;
  BufferPool& buffers;
  CallPool& calls;
  HeldBytes& held;
  WorkerMetrics& metrics;
  IdSource& ids;
  graphql::Workspace& graphql;
  std::vector<char>& scratch;  // for bytes that pass through within one callback
  std::string& head;           // for heads that are written within one callback
  std::string& own_fields;     // likewise, for the fields of Tollgate's own in them
  DateText& date;
  const SnapshotPtr& snapshot;  // in force for calls that begin now
  const bool& draining;
};

class RelayHost {
 public:
  virtual UpstreamPool& pool_for(const ApiInForce& api) = 0;
  virtual void record(const CallRecord& call) = 0;
  // The relay is over; the host takes it off its list and hands it to the loop.
  virtual void closed(Relay& relay) = 0;

 protected:
  ~RelayHost() = default;
};

class Relay final : public StreamHandler, public UpstreamUser, public Disposable {
 public:
  Relay(const RelayParts& parts, RelayHost& host, Client client);
  ~Relay() override;

  // The process is about to end: closes at once if idle, else after the call.
  void drain();
  // The process ends now: what is under way is cut, and recorded.
  void cut();
  // The snapshot has changed: ends a tunnel or stream whose key is no longer good, now or as soon
  // as it opens.
  void reconsider(const Snapshot& snapshot);

 private:
  enum class Phase : std::uint8_t {
    kIdle,     // between calls
    kHead,     // some of a head is here
    kGather,   // a filter waits for the body
    kForward,  // the call is with its upstream
    kTunnel,
    kLinger,  // answered for the last time; what still comes is thrown away
    kClosed,
  };
  enum class Tail : std::uint8_t { kKeep, kClose };

  // relay.cc: the steps on the client's side
  void on_readable() override;
  void on_drained() override;
  void read();
  void serve();
  bool begin();
  void identify();
  bool find_api();
  void check(const Chain& chain);
  void gather(const BodyNeed& need);
  void read_gathered();
  bool take_gathered(std::string_view input);
  bool hold(std::string_view data);
  [[nodiscard]] std::uint64_t body_bound(const BodyNeed& need) const;
  void look_at_gathered();
  void gathered();
  void answer(const OwnAnswer& answer);
  void send_own(const Refusal& rendered);
  void refuse(Reason reason, const Note& note);
  void refuse_head(const http1::HeadError& error);
  void refund();
  void finish();
  void next();
  void abort_call(std::optional<Reason> reason);
  void end_with_key();
  [[nodiscard]] CallRecord describe(const Exchange& exchange, const ApiInForce* api,
                                    const Snapshot& snapshot) const;
  void close();
  void linger();
  void read_linger();
  void read_ahead();
  void on_client_deadline();

  // relay_forward.cc: the call on its way upstream
  void look_at_upgrade();
  void forward();
  void acquire(Freshness freshness);
  void on_upstream_connected() override;
  void on_upstream_failed(UpstreamFailure failure, std::string_view why) override;
  void on_upstream_drained() override;
  void send_request();
  void pump_request();
  bool pass_request_body(std::string_view& input);
  void append_request_data(std::string& out, std::string_view data) const;
  Stream::Sent send_upstream(std::string_view bytes);
  bool retry();
  void lose_upstream(Reason reason, std::string detail);
  void watch_upstream();

  // relay_answer.cc: the answer on its way back
  void on_upstream_readable() override;
  void on_upstream_deadline();
  void read_answer_head(std::string_view bytes);
  bool pass_interim(std::string_view bytes);
  void begin_answer(std::string_view bytes);
  void pass_answer_body(std::string_view input);
  void answer_done(Tail upstream);
  void upstream_ended();
  void open_tunnel(std::string_view bytes);
  void pass_up(std::string_view bytes);
  void pump_tunnel_up();
  void pump_tunnel_down();
  void end_tunnel();
  std::string_view own_fields();
  bool send_client(std::string_view bytes);
  bool send_client(std::span<iovec> pieces);
  void hold_upstream_while_blocked();

  // relay_operations.cc: operations within a WebSocket
  [[nodiscard]] std::uint64_t most_of_message() const;
  void pass_messages(std::string_view input);
  void send_up(std::string_view frames);
  void flush_up();
  void pace_client();
  std::optional<websocket::Fault> hold_message(std::size_t bytes);
  std::optional<websocket::Fault> take_message();
  void judge(const graphql::OperationMessage& message);
  void record_operation(CallRecord& record, const Verdict& verdict, const Instant& began);
  std::size_t answer_operation(const graphql::OperationMessage& message, const Verdict& verdict);
  bool pass_upstream_messages(std::string_view bytes);
  void close_websocket(const websocket::Fault& fault, std::optional<Reason> reason);

  [[nodiscard]] std::string_view head_bytes() const;
  [[nodiscard]] bool body_pending() const;
  [[nodiscard]] bool message_pending() const;

  // constant
  const RelayParts parts_;
  RelayHost& host_;
  const IpAddress peer_;
  const std::string peer_text_;
  const std::string certificate_;  // the subject of the client's; empty: none

  // this worker only
  Stream client_;
  Buffer in_;             // from the current call's head on; stays in place while a call views it
  Buffer ahead_;          // what arrived behind the current call's input
  std::size_t used_ = 0;  // of in_, by the current call
  Phase phase_ = Phase::kIdle;
  std::unique_ptr<Call> call_;  // from the first byte of a head to its finish
  CredentialMemory credential_;
  UpstreamLease lease_;
  Deadline client_deadline_;
  Deadline upstream_deadline_;
  bool serving_ = false;
  bool client_ended_ = false;    // the client sends nothing more; it may still read
  bool upstream_ended_ = false;  // tunnel: the same of the upstream
  static constexpr Duration kLingerTime = 2s;
  static constexpr Duration kDrainCallTime = 2s;  // for a call whose first bytes are on their way
  std::size_t lingered_ = 0;
};

}  // namespace tollgate
