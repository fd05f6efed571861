#include "tools/cli/commands/commands.h"
#include "tools/cli/ensemble_text.h"
#include "tools/cli/stat_text.h"

namespace zookernel::cli {

namespace {

constexpr Option kOptions[] = {
    {"s", Option::Value::kNone, "stats"},
    {"w", Option::Value::kNone, "watch"},
    {"c", Option::Value::kNone, "client connection string"},
};

int run(Context& context, const Arguments& arguments) {
  using client::Watch;
  const auto answer = context.zk.get_config(arguments.has("w") ? Watch::kYes : Watch::kNo);
  if (!answer.ok()) return context.fail(answer.error, "/zookeeper/config");
  const std::string text = answer.value.bytes.value_or("");
  context.output.line(arguments.has("c") ? client_config_text(text) : text);
  if (arguments.has("s")) context.output.line(stat_text(answer.value.stat));
  return kExitOk;
}

}  // namespace

const Command kConfig = {
    .name = "config", .usage = "[-c] [-w] [-s]", .options = kOptions, .run = run};

}  // namespace zookernel::cli
