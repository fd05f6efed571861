#include <algorithm>

#include "tools/cli/commands/commands.h"
#include "tools/cli/list_text.h"

namespace zookernel::cli {

namespace {

int run(Context& context, const Arguments& arguments) {
  const std::string prefix = arguments.words.empty() ? "/" : arguments.words[0];
  if (!context.good_path(prefix)) return kExitFailed;
  auto answer = context.zk.get_ephemerals(prefix);
  if (!answer.ok()) return context.fail(answer.error, prefix);
  std::sort(answer.value.begin(), answer.value.end());
  context.output.line(list_text(answer.value));
  return kExitOk;
}

}  // namespace

const Command kGetEphemerals = {.name = "getEphemerals", .usage = "path", .run = run};

}  // namespace zookernel::cli
