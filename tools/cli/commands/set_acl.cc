#include <algorithm>

#include "tools/cli/acl_text.h"
#include "tools/cli/commands/commands.h"
#include "tools/cli/stat_text.h"
#include "tools/client/path.h"

namespace zookernel::cli {

namespace {

constexpr Option kOptions[] = {
    {"s", Option::Value::kNone, "stats"},
    {"v", Option::Value::kRequired, "version"},
    {"R", Option::Value::kNone, "recursive"},
};

// Sets the ACL of the node and of all below it. What is refused is named, and the rest done.
int set_subtree(Context& context, const std::string& root, const std::vector<wire::Acl>& acl,
                int32_t version) {
  int exit_code = kExitOk;
  std::vector<std::string> open = {root};
  while (!open.empty()) {
    const std::string path = std::move(open.back());
    open.pop_back();
    // The children first: the new ACL may take away the right to read them.
    auto children = context.zk.get_children(path, client::Watch::kNo);
    const auto changed = context.zk.set_acl(path, acl, version);
    const wire::ErrorCode error = changed.ok() ? children.error : changed.error;
    const bool gone = error == wire::ErrorCode::kNoNode && path != root;
    if (error != wire::ErrorCode::kOk && !gone) {
      exit_code = context.fail(error, path);
      const bool refused =
          error == wire::ErrorCode::kNoAuth || error == wire::ErrorCode::kBadVersion;
      if (!refused) return exit_code;
    }
    std::sort(children.value.names.rbegin(), children.value.names.rend());
    for (const std::string& name : children.value.names) {
      open.push_back(client::child_path(path, name));
    }
  }
  return exit_code;
}

int run(Context& context, const Arguments& arguments) {
  const auto version = context.number(arguments, "v", -1);
  if (!version) return kExitFailed;
  const auto path = context.path(arguments);
  if (!path) return kExitFailed;
  const Result<std::vector<wire::Acl>> acl = parse_acls(arguments.words[1]);
  if (!acl.ok()) {
    context.output.error(acl.error().message);
    return context.fail(wire::ErrorCode::kInvalidAcl, "null");
  }
  if (arguments.has("R")) return set_subtree(context, *path, *acl, *version);
  const auto answer = context.zk.set_acl(*path, *acl, *version);
  if (!answer.ok()) return context.fail(answer.error, *path);
  if (arguments.has("s")) context.output.line(stat_text(answer.value));
  return kExitOk;
}

}  // namespace

const Command kSetAcl = {.name = "setAcl",
                         .usage = "[-s] [-v version] [-R] path acl",
                         .options = kOptions,
                         .words_min = 2,
                         .run = run};

}  // namespace zookernel::cli
