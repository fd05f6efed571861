#include "tools/cli/commands/commands.h"
#include "tools/cli/quota.h"

namespace zookernel::cli {

namespace {

int run(Context& context, const Arguments& arguments) {
  const auto path = context.path(arguments);
  if (!path || !context.good_path(quota_path(*path))) return kExitFailed;
  const std::string limits = limits_path(*path);
  context.output.error("absolute path is " + limits);
  const auto quota = context.zk.get_data(limits, client::Watch::kNo);
  if (quota.error == wire::ErrorCode::kNoNode) {
    return context.fail("quota for " + *path + " does not exist.");
  }
  if (!quota.ok()) return context.fail(quota.error, limits);
  context.output.line("Output quota for " + *path + " " + quota.value.bytes.value_or(""));
  const auto used = context.zk.get_data(stats_path(*path), client::Watch::kNo);
  if (!used.ok()) return context.fail(used.error, stats_path(*path));
  context.output.line("Output stat for " + *path + " " + used.value.bytes.value_or(""));
  return kExitOk;
}

}  // namespace

const Command kListQuota = {.name = "listquota", .usage = "path", .words_min = 1, .run = run};

}  // namespace zookernel::cli
