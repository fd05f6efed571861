#include "tools/cli/command_table.h"

#include <algorithm>

#include "tools/cli/commands/commands.h"

namespace zookernel::cli {

namespace {

// Done by the shell, since they are about it.
constexpr Command kClose = {.name = "close", .usage = ""};
constexpr Command kConnect = {.name = "connect", .usage = "host:port"};
constexpr Command kHelp = {.name = "help", .usage = "[command]"};
constexpr Command kHistory = {.name = "history", .usage = ""};
constexpr Command kPrintWatches = {.name = "printwatches", .usage = "on|off"};
constexpr Command kQuit = {.name = "quit", .usage = ""};
constexpr Command kRedo = {.name = "redo", .usage = "cmdno"};

constexpr const Command* kAll[] = {
    &kAddWatch,      &kAddAuth,   &kClose,    &kConfig,        &kConnect, &kCreate,
    &kDelete,        &kDeleteAll, &kDelQuota, &kGet,           &kGetAcl,  &kGetAllChildrenNumber,
    &kGetEphemerals, &kHelp,      &kHistory,  &kListQuota,     &kLs,      &kPrintWatches,
    &kQuit,          &kReconfig,  &kRedo,     &kRemoveWatches, &kSet,     &kSetAcl,
    &kSetQuota,      &kStat,      &kSync,     &kVersion,       &kWhoAmI,
};

}  // namespace

std::span<const Command* const> all_commands() {
  return kAll;
}

const Command* find_command(std::string_view name) {
  const auto found = std::find_if(std::begin(kAll), std::end(kAll),
                                  [name](const Command* c) { return c->name == name; });
  return found == std::end(kAll) ? nullptr : *found;
}

std::string help_text() {
  std::string text = "ZooKeeper -server host:port -client-configuration properties-file cmd args";
  for (const Command* command : kAll) text += "\n\t" + usage_text(*command);
  return text;
}

}  // namespace zookernel::cli
