// What the operator sees: admin pages, the metrics address, the command line.
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "tests/support/conversation.h"

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
  EXPECT_EQ(large.read_message().status(), 431);
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
  const int at_rest = open_files();
  Peer stalled = Peer::connect(proxy_->admin_port());
  stalled.send("GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n");
  proxy_->advance(29s);
  EXPECT_TRUE(comes_to_open_files(at_rest + 2));  // both ends are in this process
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

// A command of the real program and what came of it.
struct Ran {
  int status;
  std::string output;
};
Ran run(const std::string& arguments) {
  FILE* pipe = popen((std::string(TOLLGATE_PROGRAM) + " " + arguments + " 2>&1").c_str(), "r");
  Ran ran{-1, ""};
  std::array<char, 4096> bytes{};
  while (const std::size_t got = fread(bytes.data(), 1, bytes.size(), pipe))
    ran.output.append(bytes.data(), got);
  const int ended = pclose(pipe);
  ran.status = WIFEXITED(ended) ? WEXITSTATUS(ended) : -1;
  return ran;
}

// A pipe to which the program writes everything.
class Pipe {
 public:
  Pipe() {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) std::abort();
    reader_ = Fd(ends[0]);
    writer_ = Fd(ends[1]);
  }
  [[nodiscard]] int writer() const { return writer_.get(); }
  [[nodiscard]] bool read_until(const std::string& token) {
    for (std::string text; text.find(token) == std::string::npos;) {
      pollfd readable{reader_.get(), POLLIN, 0};
      std::array<char, 4096> bytes{};
      if (poll(&readable, 1, 10'000) != 1) return false;
      const ssize_t got = read(reader_.get(), bytes.data(), bytes.size());
      if (got <= 0) return false;
      text.append(bytes.data(), static_cast<std::size_t>(got));
    }
    return true;
  }
  void fill() const {
    fcntl(writer_.get(), F_SETFL, O_NONBLOCK);
    while (write(writer_.get(), "x", 1) == 1) {
    }
    fcntl(writer_.get(), F_SETFL, 0);
  }

 private:
  Fd reader_;
  Fd writer_;
};

TEST(Process, ends_although_nobody_reads_what_it_writes) {
  const TempFolder folder;
  folder.write("t.yaml", "listen: [{address: \"unix:" + folder.file("socket") +
                             "\"}]\nadmin: {address: \"127.0.0.1:0\"}\n" +
                             "apis:\n  - {name: a, base: /, upstream: {url: \"http://h\"}}\n");
  const std::string config = folder.file("t.yaml");
  Pipe output;
  const pid_t process = fork();
  if (process == 0) {
    dup2(output.writer(), STDOUT_FILENO);
    dup2(output.writer(), STDERR_FILENO);
    execl(TOLLGATE_PROGRAM, "tollgate", "run", "-c", config.c_str(), nullptr);
    _exit(127);
  }
  ASSERT_TRUE(output.read_until("is ready"));
  output.fill();
  Peer client = Peer::connect_unix(folder.file("socket"));
  client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(client.read_message().status(), 401);
  kill(process, SIGTERM);
  const Fd handle(static_cast<int>(syscall(SYS_pidfd_open, process, 0)));
  pollfd ended{handle.get(), POLLIN, 0};
  EXPECT_EQ(poll(&ended, 1, 20'000), 1) << "it still runs";
  kill(process, SIGKILL);
  int status = -1;
  waitpid(process, &status, 0);
  EXPECT_EQ(status, 0);
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
  const auto running = Proxy::simple(1);
  const TempFolder folder;
  folder.write("windows.snap", "another process's");
  folder.write("t.yaml", "listen: [{address: \"127.0.0.1:" + std::to_string(running->port()) +
                             "\"}]\nadmin: {address: \"127.0.0.1:0\"}\n"
                             "limits: {store: {snapshot: windows.snap}}\n"
                             "apis:\n  - {name: a, base: /, upstream: {url: \"http://h\"}}\n");
  EXPECT_EQ(run("run -c " + folder.file("t.yaml")).status, 1);
  EXPECT_EQ(folder.read("windows.snap"), "another process's");
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

TEST(Commands, keys_are_shown_without_the_secrets_that_are_kept_elsewhere) {
  const TempFolder folder;
  folder.write("keys.yaml",
               "keys:\n  - {name: erp, secrets: [\"env:TOLLGATE_NOT_SET\"]}\n"
               "  - {name: crm, secrets: [\"file:not-there\"]}\n");
  const std::string file = " --file " + folder.file("keys.yaml");
  const Ran listed = run("keys list" + file);
  EXPECT_EQ(listed.status, 0) << listed.output;
  EXPECT_NE(listed.output.find("crm "), std::string::npos) << listed.output;
  EXPECT_EQ(run("keys show erp" + file).status, 0);
  EXPECT_EQ(run("keys rotate erp" + file).status, 0);
  EXPECT_NE(run("keys show erp" + file).output.find("\"secrets\": 2"), std::string::npos);
  EXPECT_EQ(run("keys list --file " + folder.file("none.yaml")).status, 1);
}

TEST(Commands, explain_says_in_json_what_is_wrong_with_the_variables) {
  const TempFolder folder;
  folder.write("s.graphql", "type Query {a: Int}");
  folder.write("q.graphql", "{a}");
  folder.write("v.json", "{\n \"x\": }");
  const std::string command = "explain --schema " + folder.file("s.graphql") + " --variables " +
                              folder.file("v.json") + " " + folder.file("q.graphql");
  const Ran told = run(command + " --json");
  EXPECT_EQ(told.status, 1);
  const nlohmann::json error = nlohmann::json::parse(told.output)["error"];
  EXPECT_EQ(error["reason"], "json_invalid");
  EXPECT_EQ(error["line"], 2);
  EXPECT_EQ(error["column"], 7);
  EXPECT_NE(run(command).output.find("v.json:2:7: At byte 8"), std::string::npos)
      << run(command).output;
  EXPECT_EQ(run(command + " --api a").status, 2);
}

TEST(Commands, explain_says_in_json_what_it_cannot_read) {
  const TempFolder folder;
  folder.write("s.graphql", "type Query {a: }");
  folder.write("good.graphql", "type Query {a: Int}");
  folder.write("q.graphql", "{a}");
  const std::string query = folder.file("q.graphql");
  const std::string good = "--schema " + folder.file("good.graphql") + " ";
  for (const auto& [arguments, part] :
       {std::pair{good + folder.file("none"), "none: cannot be read"},
        {good + "--variables none " + query, "none: cannot be"},
        {"--schema none " + query, "none: cannot be read"},
        {"-c none " + query, "none: cannot be read"},
        {"--schema " + folder.file("s.graphql") + " " + query, "s.graphql:1:16: Expected Name"}}) {
    const Ran told = run("explain --json " + arguments);
    EXPECT_EQ(told.status, 1);
    const nlohmann::json error = nlohmann::json::parse(told.output)["error"];
    EXPECT_EQ(error["reason"], "input_invalid");
    EXPECT_NE(error["message"].get<std::string>().find(part), std::string::npos) << error;
    EXPECT_FALSE(error.contains("line"));
    const Ran text = run("explain " + arguments);
    EXPECT_EQ(text.status, 1);
    EXPECT_EQ(text.output, "tollgate: " + error["message"].get<std::string>() + "\n");
  }
}

TEST(Commands, keys_live_their_whole_life) {
  const TempFolder folder;
  const std::string file = " --file " + folder.file("keys.yaml");
  const Ran added = run("keys add erp --prefix acme --expires 2027-12-31" + file);
  EXPECT_EQ(added.status, 0);
  EXPECT_NE(added.output.find("\nacme_"), std::string::npos) << added.output;
  EXPECT_EQ(run("keys add erp" + file).status, 1);
  EXPECT_EQ(run("keys disable erp" + file).status, 0);
  EXPECT_NE(run("keys show erp" + file).output.find("\"disabled\": true"), std::string::npos);
  EXPECT_EQ(run("keys enable erp" + file).status, 0);
  EXPECT_EQ(run("keys rotate erp" + file).status, 0);
  EXPECT_NE(run("keys show erp" + file).output.find("\"secrets\": 2"), std::string::npos);
  EXPECT_EQ(run("keys rotate erp --drop-old" + file).status, 0);
  EXPECT_NE(run("keys list" + file).output.find("erp "), std::string::npos);
  EXPECT_EQ(run("keys remove erp" + file).status, 0);
  EXPECT_EQ(run("keys remove erp" + file).status, 1);
  EXPECT_EQ(run("keys add x --allow-ip nonsense" + file).status, 1);
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
