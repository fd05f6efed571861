#include "tools/cli/acl_text.h"
#include "tools/cli/commands/commands.h"
#include "tools/client/error_text.h"
#include "tools/client/path.h"

namespace zookernel::cli {

namespace {

// The largest that fits into the id of an owner, where the server keeps it.
constexpr int64_t kTtlMax = 0xffffffffff;

constexpr Option kOptions[] = {
    {"e", Option::Value::kNone, "ephemeral"},
    {"s", Option::Value::kNone, "sequential"},
    {"c", Option::Value::kNone, "container"},
    {"t", Option::Value::kRequired, "ttl"},
};

// What is wrong with the options, if anything; fills in mode and ttl.
std::optional<std::string> read_mode(const Arguments& arguments, client::CreateOptions& options) {
  using enum wire::CreateMode;
  const bool ephemeral = arguments.has("e");
  const bool sequential = arguments.has("s");
  const bool container = arguments.has("c");
  if (container && (ephemeral || sequential)) {
    return "-c cannot be combined with -s or -e. Containers cannot be ephemeral or sequential.";
  }
  options.mode = ephemeral ? (sequential ? kEphemeralSequential : kEphemeral)
                           : (sequential ? kPersistentSequential : kPersistent);
  if (container) options.mode = kContainer;
  const auto text = arguments.value("t");
  if (!text) return std::nullopt;
  const auto ttl = parse_integer(*text);
  if (!ttl) return "-t argument must be a long value";
  if (ephemeral) return "TTLs cannot be used with Ephemeral znodes";
  if (container) return "TTLs cannot be used with Container znodes";
  if (*ttl <= 0 || *ttl > kTtlMax) {
    return "ttl must be positive and cannot be larger than: " + std::to_string(kTtlMax);
  }
  options.mode = sequential ? kPersistentSequentialTtl : kPersistentTtl;
  options.ttl_ms = *ttl;
  return std::nullopt;
}

int run(Context& context, const Arguments& arguments) {
  client::CreateOptions options;
  if (const auto problem = read_mode(arguments, options)) return context.fail(*problem);
  const std::string& path = arguments.words[0];
  // The number that a sequential name gets makes it a good one.
  if (!context.good_path(arguments.has("s") ? path + "1" : path)) return kExitFailed;
  options.acl = {{wire::kPermAll, {"world", "anyone"}}};
  if (arguments.words.size() > 2) {
    Result<std::vector<wire::Acl>> acl = parse_acls(arguments.words[2]);
    if (!acl.ok()) {
      context.output.error(acl.error().message);
      context.output.error(client::keeper_message(wire::ErrorCode::kInvalidAcl, ""));
      return context.fail(wire::ErrorCode::kInvalidAcl, "null");
    }
    options.acl = std::move(*acl);
  }
  std::optional<std::string> data;
  if (arguments.words.size() > 1) data = arguments.words[1];
  const auto answer = context.zk.create(path, std::move(data), options);
  if (answer.error == wire::ErrorCode::kEphemeralOnLocalSession) {
    return context.fail("Unable to create ephemeral node on a local session");
  }
  if (!answer.ok()) return context.fail(answer.error, path);
  context.output.line("Created " + answer.value);
  return kExitOk;
}

}  // namespace

const Command kCreate = {.name = "create",
                         .usage = "[-s] [-e] [-c] [-t ttl] path [data] [acl]",
                         .options = kOptions,
                         .words_min = 1,
                         .run = run};

}  // namespace zookernel::cli
