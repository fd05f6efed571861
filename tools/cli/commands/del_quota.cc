#include "tools/cli/commands/commands.h"
#include "tools/cli/quota.h"

namespace zookernel::cli {

namespace {

constexpr Option kOptions[] = {
    {"n", Option::Value::kNone, "num soft quota"},
    {"b", Option::Value::kNone, "bytes soft quota"},
    {"N", Option::Value::kNone, "num hard quota"},
    {"B", Option::Value::kNone, "bytes hard quota"},
};

// Removes the nodes of the quota, and those above that nobody needs any more.
int remove_quota(Context& context, const std::string& path) {
  for (const std::string& node : {stats_path(path), limits_path(path)}) {
    const auto removed = context.zk.remove(node, -1);
    if (!removed.ok() && removed.error != wire::ErrorCode::kNoNode) {
      return context.fail(removed.error, node);
    }
  }
  for (std::string node = quota_path(path); node != kQuotaRoot; node.resize(node.rfind('/'))) {
    const auto removed = context.zk.remove(node, -1);
    if (removed.ok() || removed.error == wire::ErrorCode::kNoNode) continue;
    // Another quota is below.
    if (removed.error == wire::ErrorCode::kNotEmpty) return kExitOk;
    return context.fail(removed.error, node);
  }
  return kExitOk;
}

int run(Context& context, const Arguments& arguments) {
  const auto path = context.path(arguments);
  if (!path || !context.good_path(quota_path(*path))) return kExitFailed;
  const std::string limits = limits_path(*path);
  const auto data = context.zk.get_data(limits, client::Watch::kNo);
  if (data.error == wire::ErrorCode::kNoNode) {
    context.output.line("Quota does not exist for " + *path);
    return kExitFailed;
  }
  if (!data.ok()) return context.fail(data.error, limits);
  if (arguments.empty()) return remove_quota(context, *path);
  Quota quota = parse_quota(data.value.bytes.value_or(""));
  if (arguments.has("n")) quota.count = -1;
  if (arguments.has("b")) quota.bytes = -1;
  if (arguments.has("N")) quota.count_hard = -1;
  if (arguments.has("B")) quota.bytes_hard = -1;
  const auto changed = context.zk.set_data(limits, to_string(quota), data.value.stat.version);
  return changed.ok() ? kExitOk : context.fail(changed.error, limits);
}

}  // namespace

const Command kDelQuota = {.name = "delquota",
                           .usage = "[-n|-b|-N|-B] path",
                           .options = kOptions,
                           .group = OptionGroup::kAtMostOne,
                           .words_min = 1,
                           .run = run};

}  // namespace zookernel::cli
