#include "tools/cli/acl_text.h"
#include "tools/cli/commands/commands.h"
#include "tools/cli/stat_text.h"

namespace zookernel::cli {

namespace {

constexpr Option kOptions[] = {{"s", Option::Value::kNone, "stats"}};

int run(Context& context, const Arguments& arguments) {
  const auto path = context.path(arguments);
  if (!path) return kExitFailed;
  const auto answer = context.zk.get_acl(*path);
  if (!answer.ok()) return context.fail(answer.error, *path);
  for (const wire::Acl& acl : answer.value.entries) {
    context.output.line("'" + acl.id.scheme + ",'" + acl.id.id + "\n: " + perms_text(acl.perms));
  }
  if (arguments.has("s")) context.output.line(stat_text(answer.value.stat));
  return kExitOk;
}

}  // namespace

const Command kGetAcl = {
    .name = "getAcl", .usage = "[-s] path", .options = kOptions, .words_min = 1, .run = run};

}  // namespace zookernel::cli
