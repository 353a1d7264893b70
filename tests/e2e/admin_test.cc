// What the operator sees: admin pages, the metrics address, the command line.
#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "tests/support/conversation.h"
#include "tests/support/program.h"

namespace tollgate {
namespace {

class Admin : public Conversation {};

TEST_F(Admin, every_page_has_its_type) {
  begin();
  EXPECT_EQ(proxy_->admin_answer("/healthz").status(), 200);
  EXPECT_EQ(proxy_->admin_answer("/readyz").status(), 200);
  EXPECT_EQ(proxy_->admin_answer("/metrics").field("content-type"),
            "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_EQ(proxy_->admin_answer("/status").field("content-type"), "application/json");
  const Message unknown = proxy_->admin_answer("/nothing");
  EXPECT_EQ(unknown.status(), 404);
  EXPECT_TRUE(has(unknown.body, "/metrics"));
}

TEST_F(Admin, other_methods_are_not_allowed_and_head_has_no_body) {
  begin();
  for (const std::string method : {"POST", "PUT", "DELETE", "OPTIONS", "TRACE", "FOO"}) {
    Peer client = Peer::connect(proxy_->admin_port());
    client.send(method + " /metrics HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello");
    const Message answer = client.read_message();
    EXPECT_EQ(answer.status(), 405) << method;
    EXPECT_EQ(answer.field("allow"), "GET, HEAD");
  }
  Peer client = Peer::connect(proxy_->admin_port());
  client.send("HEAD /healthz HTTP/1.1\r\nHost: a\r\n\r\n");
  const Message head = client.read_head();
  EXPECT_EQ(head.status(), 200);
  EXPECT_EQ(head.field("content-length"), "3");
  EXPECT_EQ(client.wait_for_end(), Peer::End::kClosed);
}

TEST_F(Admin, a_request_may_come_in_pieces_and_must_be_one) {
  begin();
  Peer client = Peer::connect(proxy_->admin_port());
  client.send("GET /healthz HT");
  EXPECT_TRUE(client.is_silent());
  client.send("TP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(client.read_message().body, "ok\n");
  Peer wrong = Peer::connect(proxy_->admin_port());
  wrong.send("GET /healthz HTTP/1.1\r\nHost : a\r\n\r\n");
  EXPECT_EQ(wrong.read_message().status(), 400);
  Peer large = Peer::connect(proxy_->admin_port());
  large.send("GET /healthz HTTP/1.1\r\nHost: a\r\nX: " + std::string(9000, 'x'));
  EXPECT_EQ(large.read_message().start_line, "HTTP/1.1 431 Request Header Fields Too Large");
}

TEST_F(Admin, who_is_slow_is_cut_off) {
  begin();
  Peer silent = Peer::connect(proxy_->admin_port());
  silent.send("GET /heal");
  EXPECT_EQ(proxy_->admin_answer("/healthz").status(), 200);
  proxy_->advance(9s);
  silent.send("thz");
  EXPECT_TRUE(silent.is_silent());
  proxy_->advance(1s);
  EXPECT_EQ(silent.wait_for_end(), Peer::End::kClosed);
}

TEST_F(Admin, who_does_not_take_its_answer_is_cut_off) {
  begin();
  const auto open_files = [&] {
    const std::string metrics = proxy_->admin("/metrics");
    const std::string name = "\nprocess_open_fds ";
    return std::stoi(metrics.substr(metrics.find(name) + name.size()));
  };
  const auto comes_to_open_files = [&](int wanted) {
    for (int looks = 0; looks < 5'000; ++looks) {
      if (open_files() == wanted) return true;
    }
    return false;
  };
  // The connection of a look may not be closed yet when the next one counts.
  int at_rest = open_files();
  for (int looks = 0; looks < 50; ++looks) at_rest = std::min(at_rest, open_files());
  Peer stalled = Peer::connect(proxy_->admin_port());
  stalled.send("GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_TRUE(comes_to_open_files(at_rest + 2));  // both ends are in this process
  (void)proxy_->admin("/healthz");                // which comes after what was asked before it
  proxy_->advance(29s);
  EXPECT_TRUE(comes_to_open_files(at_rest + 2));
  proxy_->advance(1s);
  EXPECT_TRUE(comes_to_open_files(at_rest + 1));
}

TEST_F(Admin, those_who_hold_connections_keep_nobody_out) {
  begin();
  std::vector<Peer> idle;
  for (int i = 0; i < 65; ++i) {
    idle.push_back(Peer::connect(proxy_->admin_port()));
    idle.back().send("GET ");
  }
  EXPECT_EQ(idle[0].wait_for_end(), Peer::End::kClosed);
  const std::string metrics = proxy_->admin("/metrics");
  EXPECT_TRUE(has(metrics, "tollgate_overload_total{bound=\"admin_connections\"} 2\n"));
  EXPECT_NE(idle[1].wait_for_end(), Peer::End::kOpen);
  EXPECT_TRUE(idle[64].is_silent());
}

TEST_F(Admin, status_shows_apis_keys_and_the_last_refusals) {
  begin();
  Peer client = proxy_->connect();
  client.send("GET /secret HTTP/1.1\r\nHost: a\r\nAPI-Authorization: wrong-one\r\n\r\n");
  (void)client.read_message();
  proxy_->advance(0s);
  const std::string text = proxy_->admin("/status");
  EXPECT_FALSE(has(text, "wrong-one"));
  const auto status = nlohmann::json::parse(text);
  EXPECT_EQ(status["apis"][0]["name"], "orders");
  EXPECT_EQ(status["apis"][0]["refused"], 1);
  EXPECT_EQ(status["keys"][0]["name"], "erp");
  EXPECT_TRUE(status["keys"][0].at("plan").is_null());
  EXPECT_EQ(status["last_refusals"][0]["reason"], "key_unknown");
  EXPECT_EQ(status["last_refusals"][0]["path"], "/secret");
  EXPECT_EQ(status["config"]["last_reload_successful"], true);
}

TEST_F(Admin, config_is_what_is_in_force_without_secrets) {
  begin("connections: {max: 77}\n");
  const std::string text = proxy_->admin("/config");
  EXPECT_EQ(nlohmann::json::parse(text)["connections"]["max"], 77);
  EXPECT_FALSE(has(text, "sha256"));
}

TEST_F(Admin, lines_that_a_full_disk_loses_are_in_the_metrics) {
  begin("access_log: {path: /dev/full}\n");
  Peer client = proxy_->connect();
  for (int i = 0; i < 3; ++i) {
    client.send("GET /x HTTP/1.1\r\nHost: a\r\nAPI-Authorization: wrong-one\r\n\r\n");
    EXPECT_EQ(client.read_message().status(), 401);
  }
  proxy_->advance(0s);
  const std::string lost = "tollgate_overload_total{bound=\"log_queue\"} 3\n";
  bool shown = false;
  for (int tries = 0; tries < 1000 && !shown; ++tries) {
    shown = has(proxy_->admin("/metrics"), lost);
  }
  EXPECT_TRUE(shown);
}

TEST(Commands, check_lists_all_mistakes_and_exits_1) {
  const TempFolder folder;
  folder.write(
      "t.yaml",
      "lissen: 1\nkeys: {file: k.yaml}\napis:\n  - {name: a, base: /, upstream: {url: x}}\n");
  const Ran broken = run("check -c " + folder.file("t.yaml"));
  EXPECT_EQ(broken.status, 1);
  EXPECT_NE(broken.output.find("t.yaml:1:1: lissen: is not a name"), std::string::npos)
      << broken.output;
  EXPECT_NE(broken.output.find("apis[0].upstream.url: \"x\""), std::string::npos);
  folder.write("t.yaml",
               "listen: [{address: \"127.0.0.1:0\"}]\nkeys: {file: k.yaml}\n"
               "apis:\n  - {name: a, base: /, upstream: {url: \"http://h\"}}\n");
  folder.write("k.yaml", "keys: [{name: a}]\n");
  const Ran keys = run("check -c " + folder.file("t.yaml"));
  EXPECT_EQ(keys.status, 1);
  EXPECT_NE(keys.output.find("k.yaml:1:8: keys[0].secrets: is missing"), std::string::npos)
      << keys.output;
  folder.write("k.yaml", "keys: []\n");
  EXPECT_EQ(run("check -c " + folder.file("t.yaml")).status, 0);
}

TEST(Commands, check_warns_of_what_will_have_no_effect_and_exits_0) {
  const TempFolder folder;
  const std::string listen = "listen: [{address: \"127.0.0.1:0\"}]\nkeys: {file: k.yaml}\n";
  const std::string api = "apis:\n  - {name: a, base: /, upstream: {url: \"http://h\"}}\n";
  const auto key = [](const std::string& name, const std::string& notify) {
    return "  - {name: " + name + ", secrets: [sha256:" + std::string(63, '0') + name +
           "], notify: [" + notify + "]}\n";
  };
  folder.write("k.yaml",
               "keys:\n" + key("a", "") + key("b", "o@acme.example") + key("c", "o@acme.example"));
  folder.write("t.yaml", listen + "limits: {store: {snapshot: nowhere/windows}}\n" + api);
  const Ran ran = run("check -c " + folder.file("t.yaml"));
  EXPECT_EQ(ran.status, 0);
  for (const char* part :
       {"warning: key b and 1 more: notify has no effect", "warning: limits.store.snapshot: there",
        "/nowhere here; where Tollgate runs"}) {
    EXPECT_NE(ran.output.find(part), std::string::npos) << part << "\n" << ran.output;
  }
  folder.write("k.yaml", "keys: []\n");
  folder.write("t.yaml",
               listen + "access_log: {path: nowhere/log}\n" + api +
                   "  - {name: b, base: /b, kind: graphql, upstream: {url: \"http://h\"}}\n");
  const Ran others = run("check -c " + folder.file("t.yaml"));
  EXPECT_EQ(others.status, 0);
  for (const char* part : {"warning: access_log.path: there is no folder", "it does not start",
                           "warning: there is no key, so no call is let in", "(a, b)",
                           "warning: graphql.schema is not set, for b: "}) {
    EXPECT_NE(others.output.find(part), std::string::npos) << part << "\n" << others.output;
  }
  folder.write("k.yaml", "keys:\n" + key("a", ""));
  folder.write("t.yaml", listen + "limits: {store: {snapshot: windows}}\n" + api);
  const Ran quiet = run("check -c " + folder.file("t.yaml"));
  EXPECT_EQ(quiet.output.find("warning"), std::string::npos) << quiet.output;
}

TEST(Commands, a_feature_that_is_not_built_stops_the_start) {
  const TempFolder folder;
  folder.write("t.yaml",
               "listen: [{address: \"127.0.0.1:0\", http2: true}]\n"
               "apis:\n  - {name: a, base: /, upstream: {url: \"http://h\"}}\n");
  const Ran ran = run("run -c " + folder.file("t.yaml"));
  EXPECT_EQ(ran.status, 1);
  EXPECT_NE(ran.output.find("listen[0].http2: HTTP/2 is not built yet"), std::string::npos)
      << ran.output;
}

TEST(Commands, a_start_that_fails_leaves_the_windows_of_another_process_alone) {
  const auto running = Proxy::simple(1, "workers: 2\n");
  const TempFolder folder;
  folder.write("windows.snap", "another process's");
  folder.write("t.yaml", "listen: [{address: \"127.0.0.1:" + std::to_string(running->port()) +
                             "\"}]\nadmin: {address: \"127.0.0.1:0\"}\nworkers: 2\n"
                             "limits: {store: {snapshot: windows.snap}}\n"
                             "apis:\n  - {name: a, base: /, upstream: {url: \"http://h\"}}\n");
  const Ran ran = run("run -c " + folder.file("t.yaml"));
  EXPECT_EQ(ran.status, 1);
  EXPECT_NE(ran.output.find("listen[0].address: cannot listen on"), std::string::npos)
      << ran.output;
  EXPECT_NE(ran.output.find("another process has it"), std::string::npos) << ran.output;
  EXPECT_EQ(folder.read("windows.snap"), "another process's");
}

TEST(Commands, addresses_of_ours_that_overlap_do_not_stand_in_each_others_way) {
  std::uint16_t port = 0;
  { port = ScriptedUpstream().port(); }
  const std::string end = ":" + std::to_string(port) + "\"}";
  Proxy proxy("listen: [{address: \"0.0.0.0" + end + ", {address: \"127.0.0.1" + end +
              "]\nworkers: 2\napis: [{name: a, base: /, upstream: {url: \"http://h\"}}]\n");
  Peer client = Peer::connect(port);
  client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(client.read_message().status(), 401);
}

TEST(Commands, check_lists_the_mistakes_of_all_files_together) {
  const TempFolder folder;
  folder.write("t.yaml",
               "listen: [{address: \"127.0.0.1:1\"}]\nworkerz: 1\nkeys: {file: keys.yaml}\n"
               "apis:\n  - {name: a, base: /, kind: graphql, upstream: {url: \"http://h\"}, "
               "graphql: {schema: s.graphql}}\n");
  folder.write("keys.yaml", "keys:\n  - {name: erp, secrets: [plain]}\n");
  folder.write("s.graphql", "type Query {a: }");
  const Ran ran = run("check -c " + folder.file("t.yaml"));
  EXPECT_EQ(ran.status, 1);
  for (const char* part : {"t.yaml:2:1: workerz", "keys.yaml:2:27: keys[0].secrets[0]",
                           "s.graphql:1:16: Expected Name"}) {
    EXPECT_NE(ran.output.find(part), std::string::npos) << part << "\n" << ran.output;
  }
}

TEST(Commands, check_says_where_files_are_named_that_are_not_there_and_all_else_beside_it) {
  const TempFolder folder;
  folder.write("t.yaml",
               "listen: [{address: \"127.0.0.1:0\", http2: true}]\nworkerz: 1\n"
               "keys: {file: keys.yaml}\napis:\n"
               "  - {name: a, base: /, kind: graphql, upstream: {url: \"https://h\",\n"
               "       tls: {certificate: c.crt, private_key: c.key}},\n"
               "     graphql: {schema: s.graphql, persisted_documents: d.json}}\n");
  folder.write("keys.yaml", "keys:\n  - {name: erp, secrets: [sha256:" + std::string(64, '0') +
                                "],\n     apis: [b]}\n");
  folder.write("d.json", "{");
  const std::string named = "t.yaml:1:42: listen[0].http2: ";
  for (const char* command : {"check", "run"}) {
    const Ran ran = run(command + (" -c " + folder.file("t.yaml")));
    EXPECT_EQ(ran.status, 1);
    std::size_t last = 0;
    for (const std::string& part :
         {named, std::string("t.yaml:2:1: workerz"),
          std::string("t.yaml:6:27: apis[0].upstream.tls.certificate: " + folder.file("c.crt") +
                      ": cannot be read"),
          std::string("t.yaml:6:47: apis[0].upstream.tls.private_key: "),
          std::string("t.yaml:7:24: apis[0].graphql.schema: "),
          std::string("keys.yaml:3:13: keys[0].apis[0]: there is no API \"b\"")}) {
      const std::size_t found = ran.output.find(part);
      EXPECT_NE(found, std::string::npos) << part << "\n" << ran.output;
      EXPECT_GE(found, last) << "out of order: " << part << "\n" << ran.output;
      last = found;
    }
  }
  folder.write("s.graphql", "type Query {a: Int}");
  const Ran ran = run("check -c " + folder.file("t.yaml"));
  EXPECT_NE(ran.output.find("t.yaml:7:56: apis[0].graphql.persisted_documents: "),
            std::string::npos)
      << ran.output;
}

TEST(Commands, check_names_a_folder_that_is_no_file_and_one_that_is_not_there) {
  const TempFolder folder;
  EXPECT_EQ(run("check -c " + folder.file("")).output,
            folder.file("") + ": is a folder, not a file\n");
  folder.write(
      "t.yaml",
      "listen: [{address: \"127.0.0.1:1\"}]\naccess_log: {path: none/access.log}\n"
      "apis:\n  - {name: a, base: /, upstream: {url: \"http://h\"}, auth: {required: false}}\n");
  const Ran ran = run("check -c " + folder.file("t.yaml"), Take::kErrors);
  EXPECT_EQ(ran.status, 0);
  EXPECT_EQ(ran.output, "warning: access_log.path: there is no folder " + folder.file("none") +
                            " here; where Tollgate runs it must exist and be writable, or it does "
                            "not start\n");
}

TEST(Commands, check_warns_of_prices_that_have_no_effect) {
  const TempFolder folder;
  folder.write(
      "t.yaml",
      "listen: [{address: \"127.0.0.1:1\"}]\napis:\n"
      "  - {name: a, base: /, kind: graphql, upstream: {url: \"http://h\"},\n"
      "     auth: {required: false}, rest: {costs: [{match: \"GET /x\", complexity: 2}]}}\n");
  const Ran ran = run("check -c " + folder.file("t.yaml"), Take::kErrors);
  EXPECT_EQ(ran.status, 0);
  EXPECT_NE(
      ran.output.find("warning: rest.costs has no effect on an API of kind graphql (a), whose "
                      "operations are priced"),
      std::string::npos)
      << ran.output;
}

TEST(Commands, usage_faults_exit_2) {
  EXPECT_EQ(run("").status, 2);
  EXPECT_EQ(run("nonsense").status, 2);
  EXPECT_EQ(run("keys add").status, 2);
  EXPECT_EQ(run("keys list frob").status, 2);
  EXPECT_EQ(run("--help").status, 0);
  EXPECT_EQ(run("version").status, 0);
}

TEST(Commands, what_is_no_subcommand_is_named) {
  const auto said = [](const std::string& arguments) {
    const Ran ran = run(arguments);
    EXPECT_EQ(ran.status, 2) << arguments;
    return ran.output.substr(0, ran.output.find('\n'));
  };
  EXPECT_EQ(said("chek"), "\"chek\" is not a subcommand of tollgate; did you mean \"check\"?");
  EXPECT_EQ(said("frobnicate x"),
            "\"frobnicate\" is not a subcommand of tollgate; known are run, check, keys, explain, "
            "healthcheck, version");
  EXPECT_EQ(said("keys lst"),
            "\"lst\" is not a subcommand of tollgate keys; did you mean \"list\"?");
  EXPECT_EQ(said("keys"), "A subcommand is required");
}

TEST(Commands, healthcheck_needs_the_admin_address_alone) {
  const std::unique_ptr<Proxy> proxy = Proxy::simple(1);
  const TempFolder folder;
  const std::string admin = "admin: {address: \"127.0.0.1:" + std::to_string(proxy->admin_port());
  folder.write("t.yaml", admin + "\", port: 1}\nlisten: 7\napi: []\nplans: ${NOT_SET}\n");
  const Ran broken = run("healthcheck -c " + folder.file("t.yaml"));
  EXPECT_EQ(broken.status, 0) << broken.output;

  for (const char* text : {"admin: {address: nonsense}\n", "admin: [\n"}) {
    folder.write("t.yaml", text);
    const Ran ran = run("healthcheck -c " + folder.file("t.yaml"));
    EXPECT_EQ(ran.status, 1);
    EXPECT_NE(ran.output.find("its admin address is unknown"), std::string::npos) << ran.output;
    EXPECT_NE(ran.output.find("t.yaml:"), std::string::npos) << ran.output;
  }
}

TEST(Commands, healthcheck_without_a_process_says_so) {
  const TempFolder folder;
  std::uint16_t port = 0;
  { port = ScriptedUpstream().port(); }
  folder.write("t.yaml", "listen: [{address: \"127.0.0.1:0\"}]\nadmin: {address: \"127.0.0.1:" +
                             std::to_string(port) +
                             "\"}\napis:\n  - {name: a, base: /, upstream: {url: \"http://h\"}}\n");
  const Ran ran = run("healthcheck -c " + folder.file("t.yaml"));
  EXPECT_EQ(ran.status, 1);
  EXPECT_NE(ran.output.find("no answer from 127.0.0.1"), std::string::npos) << ran.output;
}

}  // namespace
}  // namespace tollgate
