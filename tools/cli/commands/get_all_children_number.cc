#include "tools/cli/commands/commands.h"

namespace zookernel::cli {

namespace {

int run(Context& context, const Arguments& arguments) {
  const auto path = context.path(arguments);
  if (!path) return kExitFailed;
  const auto answer = context.zk.get_all_children_number(*path);
  if (!answer.ok()) return context.fail(answer.error, *path);
  context.output.line(std::to_string(answer.value));
  return kExitOk;
}

}  // namespace

const Command kGetAllChildrenNumber = {
    .name = "getAllChildrenNumber", .usage = "path", .words_min = 1, .run = run};

}  // namespace zookernel::cli
