// zookernel-db repair: says what it would drop, and drops it when told to; the originals are kept.
#pragma once

#include <iosfwd>

#include "tools/db/database.h"

namespace zookernel::db_tool {

struct RepairOptions {
  bool yes = false;  // else only says what it would do
  bool trust_empty = false;
};

// Prints each step with what is lost by it and what would be served afterwards. With `yes` it takes
// the server's lock on the directories, copies what it changes into a new directory
// repair.N beside version-2, and checks that the result is served. Every state on the way is one
// that can be repaired again.
//
// kExitGood: nothing to repair, or repaired. kExitRefused: there is something, and nothing was
// done. kExitTrouble: the world is in the way (a server runs there, no space, no permission).
int repair(FileSystem& files, const Places& places, const RepairOptions& options, std::ostream& out,
           std::ostream& err);

}  // namespace zookernel::db_tool
