#include "tools/cli/commands/commands.h"

namespace zookernel::cli {

namespace {

int run(Context& context, const Arguments& arguments) {
  const auto path = context.path(arguments);
  if (!path) return kExitFailed;
  const auto answer = context.zk.sync(*path);
  if (context.zk.interrupted()) return kExitInterrupted;
  // A node that is not there is as much in sync as one that is.
  if (answer.ok() || answer.error == wire::ErrorCode::kNoNode) {
    context.output.line("Sync is OK");
    return kExitOk;
  }
  context.output.line("Sync has failed. rc=" + std::to_string(static_cast<int32_t>(answer.error)));
  return kExitFailed;
}

}  // namespace

const Command kSync = {.name = "sync", .usage = "path", .words_min = 1, .run = run};

}  // namespace zookernel::cli
