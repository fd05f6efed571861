// The shell without a server: what it does itself, and what it says when nobody answers. That
// commands do what they should is seen against real servers (tests/interop/test_cli.py).
#include "tools/cli/shell.h"

#include <catch2/catch_test_macros.hpp>
#include <sstream>

#include "tools/cli/command_table.h"

using namespace zookernel;
using namespace zookernel::cli;
using Words = std::vector<std::string>;

namespace {

class Script : public LineReader {
 public:
  explicit Script(Words lines) : lines_(std::move(lines)) {}
  Got read(const std::string& prompt, std::string& line) override {
    prompts.push_back(prompt);
    if (next_ == lines_.size()) return Got::kEnd;
    line = lines_[next_++];
    return Got::kLine;
  }
  [[nodiscard]] bool is_script() const override { return true; }

  Words prompts;

 private:
  Words lines_;
  size_t next_ = 0;
};

struct Harness {
  // Nothing listens on port 1.
  Harness()
      : output(out, err, Output::Style::kRaw),
        shell({}, "127.0.0.1:1", *client::parse_connect_string("127.0.0.1:1"), output) {}

  int run(Words lines) {
    script = std::make_unique<Script>(std::move(lines));
    return shell.run(*script);
  }

  std::ostringstream out;
  std::ostringstream err;
  Output output;
  Shell shell;
  std::unique_ptr<Script> script;
};

}  // namespace

TEST_CASE("Shell: commands are numbered, empty lines are not", "[cli][shell]") {
  Harness h;

  CHECK(h.run({"", "printwatches off", "   ", "printwatches", "history"}) == 0);

  CHECK(h.script->prompts.back() == "[zk: 127.0.0.1:1(CONNECTING) 3] ");
  CHECK(h.out.str() ==
        "printwatches is off\n0 - printwatches off\n1 - printwatches\n2 - history\n");
}

TEST_CASE("Shell: redo runs a line again and keeps it under the new number", "[cli][shell]") {
  Harness h;

  CHECK(h.run({"printwatches", "redo 0", "history"}) == 0);

  CHECK(h.out.str() ==
        "printwatches is on\nprintwatches is on\n0 - printwatches\n1 - printwatches\n"
        "2 - history\n");
}

TEST_CASE("Shell: redo of what is not there fails", "[cli][shell]") {
  Harness h;

  CHECK(h.run({"redo 5"}) == 1);
  CHECK(h.run({"redo -1"}) == 1);
  CHECK(h.run({"redo x"}) == 1);
  CHECK(h.run({"redo 3"}) == 1);
  CHECK(h.err.str() ==
        "Command index out of range\nCommand index out of range\nCommand index out of range\n"
        "Command index out of range\n");
}

TEST_CASE("Shell: redo without a number prints its usage", "[cli][shell]") {
  Harness h;

  CHECK(h.run({"redo"}) == 1);
  CHECK(h.err.str() == "redo cmdno\n");
}

TEST_CASE("Shell: redo of a failed command fails", "[cli][shell]") {
  Harness h;

  CHECK(h.run({"create", "redo 0"}) == 1);
}

TEST_CASE("Shell: the exit code is that of the last command", "[cli][shell]") {
  Harness h;

  CHECK(h.run({"nosuch"}) == 127);
  CHECK(h.run({"nosuch", "printwatches"}) == 0);
  CHECK(h.run({"printwatches", "create", "quit", "printwatches"}) == 1);
}

TEST_CASE("Shell: an unknown command lists those that there are", "[cli][shell]") {
  Harness h;

  CHECK(h.shell.run_once({"nosuch"}) == 127);

  CHECK(h.out.str().empty());
  CHECK(h.err.str() == help_text() + "\nCommand not found: Command not found nosuch\n");
}

TEST_CASE("Shell: help prints on standard output", "[cli][shell]") {
  Harness h;

  CHECK(h.shell.run_once({"help"}) == 0);
  CHECK(h.out.str() == help_text() + "\n");
  CHECK(h.shell.run_once({"help", "stat"}) == 0);
  CHECK(h.out.str().ends_with("stat [-w] path\n -w   watch\n"));
  CHECK(h.shell.run_once({"help", "nosuch"}) == 1);
}

TEST_CASE("Shell: wrong arguments are told before anybody is asked", "[cli][shell]") {
  const auto said = [](Words words) {
    Harness h;
    CHECK(h.shell.run_once(words) == 1);
    CHECK(h.out.str().empty());
    return h.err.str();
  };
  CHECK(said({"create"}) == "create [-s] [-e] [-c] [-t ttl] path [data] [acl]\n");
  CHECK(said({"create", "-t", "5", "-e", "/x"}) == "TTLs cannot be used with Ephemeral znodes\n");
  CHECK(said({"create", "-c", "-s", "/x"}) ==
        "-c cannot be combined with -s or -e. Containers cannot be ephemeral or sequential.\n");
  CHECK(said({"create", "-t", "0", "/x"}) ==
        "ttl must be positive and cannot be larger than: 1099511627775\n");
  CHECK(said({"create", "/q", "d", "foo"}) ==
        "foo does not have the form scheme:id:perm\nKeeperErrorCode = InvalidACL\n"
        "Acl is not valid : null\n");
  CHECK(said({"create", "/q", "d", "world:anyone:rx"}).starts_with("Unknown perm type: x\n"));
  CHECK(said({"setAcl", "/q", "world:anyone:xyz"}) ==
        "Unknown perm type: x\nAcl is not valid : null\n");
  CHECK(said({"delete", "-v", "x", "/a"}) == "-v argument must be an int value\n");
  CHECK(said({"delete", "/a", "x"}).ends_with("the version must be an int value: x\n"));
  CHECK(said({"set", "-b", "/a", "@@"}).starts_with("Illegal base64 data"));
  CHECK(said({"addWatch", "-m", "never", "/a"}).starts_with("addWatch [-m mode] path"));
  CHECK(said({"setquota", "-n", "0", "/a"}) == "the num quota must be greater than zero\n");
  CHECK(said({"setquota", "-b", "x", "/a"}) ==
        "NumberFormatException happens when parsing the option value\n");
  CHECK(said({"setquota", "-n", "5", "/"}) == "Path must not end with / character\n");
  CHECK(said({"setquota", "-n", "5", "/zookeeper/quota/a"}) ==
        "cannot set a quota under the path: /zookeeper/quota\n");
  CHECK(said({"reconfig", "-file", "f", "-add", "x"}).starts_with("Can't use -file or -members"));
  CHECK(said({"reconfig", "-v", "x", "-add", "1"}).starts_with("-v must be followed by a long"));
  CHECK(said({"reconfig", "-file", "/nope/nope"}) ==
        "Error processing /nope/nope (No such file or directory)\n");
  CHECK(said({"version", "x"}) == "version \n");
  CHECK(said({"get"}) ==
        "get [-s] [-w] [-b] [-x] path\n"
        " -b   Output data in base64 format\n"
        " -n   Print nothing for null data, and say so on standard error\n"
        " -s   Print znode stats additionally\n"
        " -w   Watch for changes on the znode\n"
        " -x   Output data in hexdump format\n\n");
}

TEST_CASE("Shell: a command that nobody answers fails and says why", "[cli][shell]") {
  Harness h;

  CHECK(h.shell.run_once({"ls", "/"}) == 1);

  CHECK(h.err.str().starts_with("KeeperErrorCode = ConnectionLoss for /\nzkCli: connect to "));
}

TEST_CASE("Shell: after close only connect and what needs no session work", "[cli][shell]") {
  Harness h;

  CHECK(h.run({"close", "ls /"}) == 1);
  CHECK(h.out.str().ends_with("Not connected\n"));
  CHECK(h.script->prompts.back() == "[zk: 127.0.0.1:1(CLOSED) 2] ");
  CHECK(h.run({"version"}) == 0);
}

TEST_CASE("Shell: connect takes another ensemble, or says what is wrong with it", "[cli][shell]") {
  Harness h;

  CHECK(h.run({"connect :1"}) == 1);
  CHECK(h.err.str().find("names no host") != std::string::npos);
  CHECK(h.run({"connect 127.0.0.1:1/app"}) == 0);
  CHECK(h.script->prompts.back() == "[zk: 127.0.0.1:1/app(CONNECTING) 2] ");
}

TEST_CASE("Shell: the commands are sorted, and each has a name of its own", "[cli][shell]") {
  std::string before;
  for (const Command* command : all_commands()) {
    CHECK(before < command->name);
    before = command->name;
    CHECK(find_command(before) == command);
  }
}
