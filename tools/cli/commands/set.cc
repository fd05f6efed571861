#include "tools/cli/base64.h"
#include "tools/cli/commands/commands.h"
#include "tools/cli/stat_text.h"

namespace zookernel::cli {

namespace {

constexpr Option kOptions[] = {
    {"s", Option::Value::kNone, "Print znode stats additionally"},
    {"v", Option::Value::kRequired, "Set with an expected version"},
    {"b", Option::Value::kNone, "Supply data in base64 format"},
};

int run(Context& context, const Arguments& arguments) {
  const auto version = context.number(arguments, "v", -1);
  if (!version) return kExitFailed;
  std::string data = arguments.words[1];
  if (arguments.has("b")) {
    Result<std::string> decoded = base64_decode(data);
    if (!decoded.ok()) return context.fail(decoded.error().message);
    data = std::move(*decoded);
  }
  const auto path = context.path(arguments);
  if (!path) return kExitFailed;
  const auto answer = context.zk.set_data(*path, data, *version);
  if (!answer.ok()) return context.fail(answer.error, *path);
  if (arguments.has("s")) context.output.line(stat_text(answer.value));
  return kExitOk;
}

}  // namespace

const Command kSet = {.name = "set",
                      .usage = "path data [-s] [-v version] [-b]",
                      .options = kOptions,
                      .words_min = 2,
                      .run = run,
                      .usage_lists_options = true};

}  // namespace zookernel::cli
