#include "tools/cli/base64.h"
#include "tools/cli/commands/commands.h"
#include "tools/cli/hex_dump.h"
#include "tools/cli/stat_text.h"

namespace zookernel::cli {

namespace {

constexpr Option kOptions[] = {
    {"s", Option::Value::kNone, "Print znode stats additionally"},
    {"w", Option::Value::kNone, "Watch for changes on the znode"},
    {"b", Option::Value::kNone, "Output data in base64 format"},
    {"x", Option::Value::kNone, "Output data in hexdump format"},
    {"n", Option::Value::kNone, "Print nothing for null data, and say so on standard error"},
};

int run(Context& context, const Arguments& arguments) {
  using client::Watch;
  if (arguments.words.size() > 1) {
    context.output.error(
        "'get path [watch]' has been deprecated. Please use 'get [-s] [-w] path' instead.");
  }
  const auto path = context.path(arguments);
  if (!path) return kExitFailed;
  const bool watch = arguments.has("w") || arguments.words.size() > 1;
  const auto answer = context.zk.get_data(*path, watch ? Watch::kYes : Watch::kNo);
  if (!answer.ok()) return context.fail(answer.error, *path);
  if (!answer.value.bytes && arguments.has("n")) {
    context.output.error("The data of " + *path + " is null");
  } else {
    // Apache's client prints the word for null data, and scripts look for it.
    const std::string data = answer.value.bytes.value_or("null");
    context.output.line(arguments.has("x")   ? hex_dump(data)
                        : arguments.has("b") ? base64_encode(data)
                                             : data);
  }
  if (arguments.has("s")) context.output.line(stat_text(answer.value.stat));
  return kExitOk;
}

}  // namespace

const Command kGet = {.name = "get",
                      .usage = "[-s] [-w] [-b] [-x] path",
                      .options = kOptions,
                      .words_min = 1,
                      .run = run,
                      .usage_lists_options = true};

}  // namespace zookernel::cli
