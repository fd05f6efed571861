#include "tools/cli/commands/commands.h"

namespace zookernel::cli {

namespace {

int run(Context& context, const Arguments&) {
  const auto answer = context.zk.who_am_i();
  if (!answer.ok()) return context.fail(answer.error, "");
  context.output.line("Auth scheme: User");
  for (const wire::ClientInfo& info : answer.value) {
    context.output.line(info.auth_scheme + ": " + info.user);
  }
  return kExitOk;
}

}  // namespace

const Command kWhoAmI = {.name = "whoami", .usage = "", .run = run};

}  // namespace zookernel::cli
