#include "tools/cli/commands/commands.h"
#include "tools/cli/stat_text.h"

namespace zookernel::cli {

namespace {

constexpr Option kOptions[] = {{"w", Option::Value::kNone, "watch"}};

int run(Context& context, const Arguments& arguments) {
  using client::Watch;
  if (arguments.words.size() > 1) {
    context.output.error(
        "'stat path [watch]' has been deprecated. Please use 'stat [-w] path' instead.");
  }
  const auto path = context.path(arguments);
  if (!path) return kExitFailed;
  const bool watch = arguments.has("w") || arguments.words.size() > 1;
  const auto answer = context.zk.exists(*path, watch ? Watch::kYes : Watch::kNo);
  if (!answer.ok()) return context.fail(answer.error, *path);
  context.output.line(stat_text(answer.value));
  return kExitOk;
}

}  // namespace

const Command kStat = {
    .name = "stat", .usage = "[-w] path", .options = kOptions, .words_min = 1, .run = run};

}  // namespace zookernel::cli
