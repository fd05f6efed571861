// Every command that has a file here, by name.
#pragma once

#include "tools/cli/command.h"

namespace zookernel::cli {

extern const Command kAddAuth;
extern const Command kAddWatch;
extern const Command kConfig;
extern const Command kCreate;
extern const Command kDelete;
extern const Command kDeleteAll;
extern const Command kDelQuota;
extern const Command kGet;
extern const Command kGetAcl;
extern const Command kGetAllChildrenNumber;
extern const Command kGetEphemerals;
extern const Command kListQuota;
extern const Command kLs;
extern const Command kReconfig;
extern const Command kRemoveWatches;
extern const Command kSet;
extern const Command kSetAcl;
extern const Command kSetQuota;
extern const Command kStat;
extern const Command kSync;
extern const Command kVersion;
extern const Command kWhoAmI;

}  // namespace zookernel::cli
