#include <limits>

#include "tools/cli/commands/commands.h"

namespace zookernel::cli {

namespace {

constexpr Option kOptions[] = {{"v", Option::Value::kRequired, "version"}};

int run(Context& context, const Arguments& arguments) {
  auto version = context.number(arguments, "v", -1);
  if (!version) return kExitFailed;
  if (arguments.words.size() > 1) {
    context.output.error(
        "'delete path [version]' has been deprecated. Please use 'delete [-v version] path' "
        "instead.");
    // Apache's client deletes whatever the version; who names one wants it looked at.
    const auto old = parse_integer(arguments.words[1]);
    if (!old || *old < std::numeric_limits<int32_t>::min() ||
        *old > std::numeric_limits<int32_t>::max()) {
      return context.fail("the version must be an int value: " + arguments.words[1]);
    }
    version = static_cast<int32_t>(*old);
  }
  const auto path = context.path(arguments);
  if (!path) return kExitFailed;
  const auto answer = context.zk.remove(*path, *version);
  return answer.ok() ? kExitOk : context.fail(answer.error, *path);
}

}  // namespace

const Command kDelete = {.name = "delete",
                         .usage = "[-v version] path",
                         .options = kOptions,
                         .words_min = 1,
                         .run = run};

}  // namespace zookernel::cli
