#include "tools/cli/commands/commands.h"

namespace zookernel::cli {

namespace {

constexpr Option kOptions[] = {
    {"c", Option::Value::kNone, "child watcher type"},
    {"d", Option::Value::kNone, "data watcher type"},
    {"a", Option::Value::kNone, "any watcher type"},
    {"p", Option::Value::kNone, "persistent watcher type"},
    {"r", Option::Value::kNone, "persistent recursive watcher type"},
    {"l", Option::Value::kNone, "remove locally when there is no server connection"},
};

wire::WatcherType watcher_type(const Arguments& arguments) {
  using enum wire::WatcherType;
  if (arguments.has("c")) return kChildren;
  if (arguments.has("d")) return kData;
  if (arguments.has("a")) return kAny;
  if (arguments.has("p")) return kPersistent;
  if (arguments.has("r")) return kPersistentRecursive;
  return kAny;
}

int run(Context& context, const Arguments& arguments) {
  using enum client::Client::RemoveWhere;
  const auto path = context.path(arguments);
  if (!path) return kExitFailed;
  const auto answer = context.zk.remove_watches(*path, watcher_type(arguments),
                                                arguments.has("l") ? kLocalToo : kServer);
  return answer.ok() ? kExitOk : context.fail(answer.error, *path);
}

}  // namespace

const Command kRemoveWatches = {.name = "removewatches",
                                .usage = "path [-c|-d|-a] [-l]",
                                .options = kOptions,
                                .words_min = 1,
                                .run = run};

}  // namespace zookernel::cli
