#include "tools/cli/commands/commands.h"

namespace zookernel::cli {

namespace {

int run(Context& context, const Arguments& arguments) {
  const auto answer = context.zk.add_auth(
      arguments.words[0],
      arguments.words.size() > 1 ? std::optional(arguments.words[1]) : std::nullopt);
  // The server's answer is waited for: an identity that is not proved should not look as if it
  // were.
  if (!answer.ok()) return context.fail(answer.error, "");
  return kExitOk;
}

}  // namespace

const Command kAddAuth = {.name = "addauth", .usage = "scheme auth", .words_min = 1, .run = run};

}  // namespace zookernel::cli
