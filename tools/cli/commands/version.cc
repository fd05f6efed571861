#include "tools/cli/commands/commands.h"

namespace zookernel::cli {

namespace {

int run(Context& context, const Arguments& arguments) {
  if (!arguments.words.empty()) return context.usage();
  // The version of the protocol, in the form in which Apache's client prints its own.
  context.output.line("ZooKeeper CLI version: 3.9.5-" ZOOKERNEL_REVISION
                      ", built on " ZOOKERNEL_BUILD_TIME " UTC");
  return kExitOk;
}

}  // namespace

const Command kVersion = {.name = "version", .usage = "", .run = run};

}  // namespace zookernel::cli
