#include "tests/bench/options.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <string_view>

namespace zookernel::bench {
namespace {

struct Number {
  std::string_view name;
  uint64_t Options::*member;
  uint64_t min;
  uint64_t max;
  std::string_view help;
};

constexpr uint64_t kAny = std::numeric_limits<uint64_t>::max();

constexpr std::array<Number, 15> kNumbers{{
    {"port", &Options::port, 0, 65535, "of the server (echo: 0 chooses one)"},
    {"connections", &Options::connections, 1, 50'000, "open at once"},
    {"depth", &Options::depth, 1, 4096, "requests under way per connection"},
    {"threads", &Options::threads, 1, 64, "of the generator"},
    {"size", &Options::size, 0, 1'000'000, "bytes of a value"},
    {"seconds", &Options::seconds, 1, 86'400, "to measure"},
    {"warmup", &Options::warmup, 0, 86'400,
     "seconds (latency: with --count, requests) before that"},
    {"count", &Options::count, 0, kAny, "requests to measure, instead of seconds"},
    {"sessions", &Options::sessions, 1, 50'000, "to open (connect, fan-out)"},
    {"window", &Options::window, 1, 50'000, "sessions being opened at a time (connect)"},
    {"nodes", &Options::nodes, 1, 99'999'999, "znodes (fill, verify)"},
    {"directories", &Options::directories, 1, 10'000, "that the nodes lie in (fill, verify)"},
    {"sample", &Options::sample, 0, kAny, "nodes to read, 0 for all (verify)"},
    {"timeout", &Options::timeout, 1, 86'400, "seconds to wait for the server (first-read)"},
    {"server-pid", &Options::server_pid, 1, 1U << 30, "process whose processor time is measured"},
}};

struct Text {
  std::string_view name;
  std::string Options::*member;
  std::string_view help;
};

constexpr std::array<Text, 3> kTexts{{
    {"host", &Options::host, "dotted IPv4 address of the server"},
    {"op", &Options::op, "get or set (latency)"},
    {"root", &Options::root, "znode below which everything is done"},
}};

constexpr std::array<std::string_view, 10> kModes{
    "get", "set", "latency", "connect", "fan-out", "fill", "verify", "echo", "first-read", "fsync"};

Error wrong(const std::string& what) {
  return {Errc::kInvalid, what};
}

Status set_value(Options& options, std::string_view name, std::string_view value) {
  for (const Text& text : kTexts) {
    if (text.name != name) continue;
    options.*text.member = std::string(value);
    return Unit{};
  }
  for (const Number& number : kNumbers) {
    if (number.name != name) continue;
    uint64_t parsed = 0;
    auto [end, code] = std::from_chars(value.data(), value.data() + value.size(), parsed);
    if (code != std::errc() || end != value.data() + value.size() || parsed < number.min ||
        parsed > number.max) {
      return wrong("--" + std::string(name) + " " + std::string(value) + ": not a number from " +
                   std::to_string(number.min) + " to " + std::to_string(number.max));
    }
    options.*number.member = parsed;
    return Unit{};
  }
  return wrong("unknown option --" + std::string(name));
}

Status check(const Options& options) {
  if (std::find(kModes.begin(), kModes.end(), options.mode) == kModes.end()) {
    return wrong("unknown mode \"" + options.mode + "\"");
  }
  bool is_client = options.mode != "echo" && options.mode != "fsync";
  if (is_client && options.port == 0) return wrong(options.mode + " needs --port");
  if (options.mode == "fsync" && options.directory.empty()) return wrong("fsync needs a directory");
  if (options.mode != "fsync" && !options.directory.empty()) {
    return wrong("unexpected argument \"" + options.directory + "\"");
  }
  if (options.op != "get" && options.op != "set")
    return wrong("--op " + options.op + ": get or set is allowed");
  if (options.root.size() < 2 || options.root.front() != '/' || options.root.back() == '/') {
    return wrong("--root " + options.root + ": not the path of a znode below /");
  }
  return Unit{};
}

}  // namespace

Result<Options> parse_options(std::span<const char* const> arguments) {
  Options options;
  for (size_t i = 0; i < arguments.size(); ++i) {
    std::string_view argument = arguments[i];
    if (argument == "--shared") {
      options.shared = true;
    } else if (argument.starts_with("--")) {
      if (i + 1 == arguments.size()) return wrong(std::string(argument) + " needs a value");
      auto status = set_value(options, argument.substr(2), arguments[++i]);
      if (!status.ok()) return status.error();
    } else if (options.mode.empty()) {
      options.mode = argument;
    } else if (options.directory.empty()) {
      options.directory = argument;
    } else {
      return wrong("unexpected argument \"" + std::string(argument) + "\"");
    }
  }
  if (auto status = check(options); !status.ok()) return status.error();
  return options;
}

std::string usage() {
  std::string text =
      "usage: zookernel-load MODE --port N [--name value ...]\n"
      "       zookernel-load echo [--port N] [--size N]\n"
      "       zookernel-load fsync DIR [--size N] [--count N]\n"
      "\n"
      "  get, set     pipelined requests on many connections\n"
      "  latency      one connection, one request at a time (--op get|set)\n"
      "  connect      open many sessions as fast as they come, then close them\n"
      "  fan-out      how long until all of --sessions watchers of a znode have heard of a set\n"
      "  fill         create --nodes znodes of --size bytes below --root\n"
      "  verify       count and read what fill created\n"
      "  first-read   read a process id from standard input, then wait until its server answers a "
      "read\n"
      "  echo         a server that answers with canned replies of the real sizes: the floor to "
      "compare with\n"
      "  fsync        how long fdatasync takes in DIR\n"
      "\n"
      "Each prints one line of JSON. Options (with defaults):\n";
  const Options defaults;
  auto line = [&text](std::string_view name, const std::string& value, std::string_view help) {
    std::string left = "  --" + std::string(name) + " (" + value + ")";
    left.resize(std::max<size_t>(left.size() + 1, 26), ' ');
    text += left + std::string(help) + "\n";
  };
  for (const Number& number : kNumbers)
    line(number.name, std::to_string(defaults.*number.member), number.help);
  for (const Text& entry : kTexts) line(entry.name, defaults.*entry.member, entry.help);
  line("shared", "no", "one znode for all connections (get, set); takes no value");
  return text;
}

}  // namespace zookernel::bench
