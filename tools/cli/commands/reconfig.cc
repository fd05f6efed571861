#include <cctype>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>
#include <sstream>

#include "tools/cli/commands/commands.h"
#include "tools/cli/ensemble_text.h"
#include "tools/cli/stat_text.h"

namespace zookernel::cli {

namespace {

constexpr Option kOptions[] = {
    {"s", Option::Value::kNone, "stats"},
    {"v", Option::Value::kRequired, "required current config version"},
    {"file", Option::Value::kRequired, "path of config file to parse for membership"},
    {"members", Option::Value::kRequired, "comma-separated list of config strings"},
    {"add", Option::Value::kRequired, "comma-separated list of config strings"},
    {"remove", Option::Value::kRequired, "comma-separated list of server ids"},
};

std::optional<std::string> lowered(std::optional<std::string> text) {
  if (!text) return text;
  for (char& c : *text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

Result<int64_t> read_version(const Arguments& arguments) {
  const auto text = arguments.value("v");
  if (!text) return int64_t{-1};
  int64_t version = 0;
  const char* end = text->data() + text->size();
  const auto [at, error] = std::from_chars(text->data(), end, version, 16);
  if (error != std::errc{} || at != end) {
    return Error{Errc::kInvalid, "-v must be followed by a long (configuration version)"};
  }
  return version;
}

Result<std::string> read_members_file(const std::string& name) {
  std::ifstream file(name);
  std::ostringstream text;
  if (file) text << file.rdbuf();
  if (!file) {
    return Error{Errc::kNotFound, "Error processing " + name + " (" + std::strerror(errno) + ")"};
  }
  std::string members = members_of_file(text.str());
  if (members.empty()) {
    return Error{Errc::kInvalid, "Error processing " + name + " (it has no line server.N=...)"};
  }
  return members;
}

Result<client::Reconfiguration> read_change(const Arguments& arguments) {
  client::Reconfiguration change;
  const Result<int64_t> version = read_version(arguments);
  if (!version.ok()) return version.error();
  change.from_version = *version;
  const bool incremental = arguments.has("add") || arguments.has("remove");
  const bool whole = arguments.has("file") || arguments.has("members");
  if (whole && incremental) {
    return Error{Errc::kInvalid,
                 "Can't use -file or -members together with -add or -remove (mixing incremental "
                 "and non-incremental modes is not allowed)"};
  }
  if (arguments.has("file") && arguments.has("members")) {
    return Error{Errc::kInvalid,
                 "Can't use -file and -members together (conflicting non-incremental modes)"};
  }
  change.joining = lowered(arguments.list("add"));
  change.leaving = lowered(arguments.list("remove"));
  change.members = lowered(arguments.list("members"));
  if (const auto file = arguments.value("file")) {
    const Result<std::string> members = read_members_file(*file);
    if (!members.ok()) return members.error();
    change.members = *members;
  }
  return change;
}

int run(Context& context, const Arguments& arguments) {
  const bool has_change = arguments.has("add") || arguments.has("remove") ||
                          arguments.has("file") || arguments.has("members");
  if (!has_change) return context.usage();
  const Result<client::Reconfiguration> change = read_change(arguments);
  if (!change.ok()) return context.fail(change.error().message);
  const auto answer = context.zk.reconfig(*change);
  if (!answer.ok()) return context.fail(answer.error, "");
  context.output.line("Committed new configuration:");
  context.output.line(answer.value.bytes.value_or(""));
  if (arguments.has("s")) context.output.line(stat_text(answer.value.stat));
  return kExitOk;
}

}  // namespace

const Command kReconfig = {
    .name = "reconfig",
    .usage =
        "[-s] [-v version] [[-file path] | [-members serverID=host:port1:port2;port3[,...]*]] "
        "| [-add serverId=host:port1:port2;port3[,...]]* [-remove serverId[,...]*]",
    .options = kOptions,
    .run = run};

}  // namespace zookernel::cli
