#include <algorithm>

#include "tools/cli/commands/commands.h"
#include "tools/cli/list_text.h"
#include "tools/cli/stat_text.h"
#include "tools/client/path.h"

namespace zookernel::cli {

namespace {

using client::Watch;

constexpr Option kOptions[] = {
    {"?", Option::Value::kNone, "help"},
    {"s", Option::Value::kNone, "stat"},
    {"w", Option::Value::kNone, "watch"},
    {"R", Option::Value::kNone, "recurse"},
};

// Prints the children of a node, then does the same with each of them. What cannot be read is named
// and passed over; what was deleted meanwhile is not worth a word.
int list_subtree(Context& context, const std::string& root, Watch watch) {
  int exit_code = kExitOk;
  std::vector<std::string> open = {root};
  while (!open.empty()) {
    const std::string parent = std::move(open.back());
    open.pop_back();
    auto children = context.zk.get_children(parent, watch);
    if (children.error == wire::ErrorCode::kNoAuth) {
      exit_code = context.fail(children.error, parent);
      continue;
    }
    if (children.error == wire::ErrorCode::kNoNode && parent != root) continue;
    if (!children.ok()) return context.fail(children.error, parent);
    std::sort(children.value.names.begin(), children.value.names.end());
    std::vector<std::string> paths;
    for (const std::string& name : children.value.names) {
      paths.push_back(client::child_path(parent, name));
      context.output.line(paths.back());
    }
    std::move(paths.rbegin(), paths.rend(), std::back_inserter(open));
  }
  return exit_code;
}

int run(Context& context, const Arguments& arguments) {
  if (arguments.words.size() > 1) {
    context.output.error(
        "'ls path [watch]' has been deprecated. Please use 'ls [-w] path' instead.");
  }
  const auto path = context.path(arguments);
  if (!path) return kExitFailed;
  if (arguments.has("?")) {
    context.output.text("usage: ls [options] path\n" + options_text(kOptions));
  }
  const bool wanted = arguments.has("w") || arguments.words.size() > 1;
  const Watch watch = wanted ? Watch::kYes : Watch::kNo;
  if (arguments.has("R")) {
    // Sets the data watch of the root, and tells a missing node from an empty one.
    const auto root = context.zk.get_data(*path, watch);
    if (!root.ok()) return context.fail(root.error, *path);
    context.output.line(*path);
    return list_subtree(context, *path, watch);
  }
  auto answer = context.zk.get_children(*path, watch);
  if (!answer.ok()) return context.fail(answer.error, *path);
  std::sort(answer.value.names.begin(), answer.value.names.end());
  context.output.line(list_text(answer.value.names));
  if (arguments.has("s")) context.output.line(stat_text(answer.value.stat));
  return kExitOk;
}

}  // namespace

const Command kLs = {
    .name = "ls", .usage = "[-s] [-w] [-R] path", .options = kOptions, .words_min = 1, .run = run};

}  // namespace zookernel::cli
