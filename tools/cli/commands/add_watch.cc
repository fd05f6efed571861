#include <cctype>

#include "tools/cli/commands/commands.h"

namespace zookernel::cli {

namespace {

constexpr Option kOptions[] = {{"m", Option::Value::kRequired, "mode"}};

int run(Context& context, const Arguments& arguments) {
  auto mode = wire::AddWatchMode::kPersistentRecursive;
  if (auto text = arguments.value("m")) {
    for (char& c : *text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    if (*text == "PERSISTENT") {
      mode = wire::AddWatchMode::kPersistent;
    } else if (*text != "PERSISTENT_RECURSIVE") {
      return context.usage();
    }
  }
  const auto path = context.path(arguments);
  if (!path) return kExitFailed;
  const auto answer = context.zk.add_watch(*path, mode);
  return answer.ok() ? kExitOk : context.fail(answer.error, *path);
}

}  // namespace

const Command kAddWatch = {
    .name = "addWatch",
    .usage =
        "[-m mode] path # optional mode is one of [PERSISTENT, PERSISTENT_RECURSIVE] - "
        "default is PERSISTENT_RECURSIVE",
    .options = kOptions,
    .words_min = 1,
    .run = run};

}  // namespace zookernel::cli
