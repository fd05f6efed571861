#include "tools/cli/commands/commands.h"
#include "tools/cli/quota.h"
#include "tools/client/path.h"

namespace zookernel::cli {

namespace {

constexpr Option kOptions[] = {
    {"n", Option::Value::kRequired, "num soft quota"},
    {"b", Option::Value::kRequired, "bytes soft quota"},
    {"N", Option::Value::kRequired, "num hard quota"},
    {"B", Option::Value::kRequired, "bytes hard quota"},
};

struct Limit {
  int64_t Quota::*part = nullptr;
  int64_t value = 0;
};

Result<Limit> read_limit(const Arguments& arguments) {
  static constexpr std::pair<std::string_view, int64_t Quota::*> kParts[] = {
      {"n", &Quota::count},
      {"b", &Quota::bytes},
      {"N", &Quota::count_hard},
      {"B", &Quota::bytes_hard}};
  Limit limit;
  for (const auto& [option, part] : kParts) {
    const auto text = arguments.value(option);
    if (!text) continue;
    const auto value = parse_integer(*text);
    if (!value) {
      return Error{Errc::kInvalid, "NumberFormatException happens when parsing the option value"};
    }
    limit = {part, *value};
  }
  const bool counts = limit.part == &Quota::count || limit.part == &Quota::count_hard;
  if (counts && limit.value <= 0) {
    return Error{Errc::kInvalid, "the num quota must be greater than zero"};
  }
  if (limit.value < 0) {
    return Error{Errc::kInvalid, "the bytes quota must be greater than or equal to zero"};
  }
  return limit;
}

// A quota below another is not counted for the upper one, so there may be one on a path only.
// An exit code, or nullopt to go on.
std::optional<int> check_above(Context& context, const std::string& path) {
  for (size_t slash = path.find('/', 1); slash != std::string::npos;
       slash = path.find('/', slash + 1)) {
    const std::string parent = path.substr(0, slash);
    const auto limits = context.zk.exists(limits_path(parent), client::Watch::kNo);
    if (limits.ok()) {
      return context.fail(path + " has a parent " + parent + " which has a quota");
    }
    if (limits.error != wire::ErrorCode::kNoNode) return context.fail(limits.error, parent);
  }
  return std::nullopt;
}

std::optional<int> check_below(Context& context, const std::string& path) {
  std::vector<std::string> open = {path};
  while (!open.empty()) {
    const std::string at = std::move(open.back());
    open.pop_back();
    const auto nodes = context.zk.get_children(quota_path(at), client::Watch::kNo);
    if (nodes.error == wire::ErrorCode::kNoNode) continue;
    if (!nodes.ok()) return context.fail(nodes.error, quota_path(at));
    for (const std::string& name : nodes.value.names) {
      if (name == kStatsNode || (name == kLimitsNode && at == path)) continue;
      if (name == kLimitsNode) {
        return context.fail(path + " has a child " + at + " which has a quota");
      }
      open.push_back(client::child_path(at, name));
    }
  }
  return std::nullopt;
}

int create_quota(Context& context, const std::string& path, const Quota& quota) {
  const client::CreateOptions open_to_all = {
      wire::CreateMode::kPersistent, {{wire::kPermAll, {"world", "anyone"}}}, 0};
  const auto create = [&](const std::string& node, std::optional<std::string> data) {
    const auto made = context.zk.create(node, std::move(data), open_to_all);
    if (made.ok() || made.error == wire::ErrorCode::kNodeExists) return kExitOk;
    return context.fail(made.error, node);
  };
  for (size_t slash = 0; slash != std::string::npos;) {
    slash = path.find('/', slash + 1);
    const int exit_code = create(quota_path(path.substr(0, slash)), std::nullopt);
    if (exit_code != kExitOk) return exit_code;
  }
  const int exit_code = create(limits_path(path), to_string(quota));
  if (exit_code != kExitOk) return exit_code;
  // The server fills in what is used.
  return create(stats_path(path), to_string(Quota{0, 0, -1, -1}));
}

void warn_if_exceeded(Context& context, const std::string& path, const Quota& quota) {
  const auto stats = context.zk.get_data(stats_path(path), client::Watch::kNo);
  if (!stats.ok()) return;
  const Quota used = parse_quota(stats.value.bytes.value_or(""));
  const auto warn = [&](const char* what, int64_t limit, int64_t in_use) {
    if (limit == -1 || limit >= in_use) return;
    context.output.line("[Warning]: the " + std::string(what) +
                        " quota you create is less than the existing " + what + ":" +
                        std::to_string(in_use));
  };
  warn("count", quota.count, used.count);
  warn("bytes", quota.bytes, used.bytes);
}

int run(Context& context, const Arguments& arguments) {
  const Result<Limit> limit = read_limit(arguments);
  if (!limit.ok()) return context.fail(limit.error().message);
  const std::string& path = arguments.words[0];
  if (path.starts_with(kQuotaRoot)) {
    return context.fail("cannot set a quota under the path: " + std::string(kQuotaRoot));
  }
  // The root cannot have a quota: asking for one would end Apache's server.
  if (!context.good_path(path) || !context.good_path(quota_path(path))) return kExitFailed;
  const auto node = context.zk.exists(path, client::Watch::kNo);
  if (node.error == wire::ErrorCode::kNoNode) return context.fail(path + " does not exist.");
  if (!node.ok()) return context.fail(node.error, path);
  if (const auto exit_code = check_above(context, path)) return *exit_code;
  if (const auto exit_code = check_below(context, path)) return *exit_code;

  Quota quota;
  const auto old = context.zk.get_data(limits_path(path), client::Watch::kNo);
  if (old.error == wire::ErrorCode::kNoNode) {
    quota.*(limit->part) = limit->value;
    const int exit_code = create_quota(context, path, quota);
    if (exit_code != kExitOk) return exit_code;
  } else if (old.ok()) {
    quota = parse_quota(old.value.bytes.value_or(""));
    quota.*(limit->part) = limit->value;
    const auto changed =
        context.zk.set_data(limits_path(path), to_string(quota), old.value.stat.version);
    if (!changed.ok()) return context.fail(changed.error, limits_path(path));
  } else {
    return context.fail(old.error, limits_path(path));
  }
  warn_if_exceeded(context, path, quota);
  return kExitOk;
}

}  // namespace

const Command kSetQuota = {.name = "setquota",
                           .usage = "-n|-b|-N|-B val path",
                           .options = kOptions,
                           .group = OptionGroup::kExactlyOne,
                           .words_min = 1,
                           .run = run};

}  // namespace zookernel::cli
