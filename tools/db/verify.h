// zookernel-db verify: every byte of a data directory accounted for, and what a server would make
// of it.
#pragma once

#include <iosfwd>

#include "tools/db/database.h"

namespace zookernel::db_tool {

struct VerifyOptions {
  bool json = false;
  bool each_record = false;  // one line for each transaction instead of one for a run of them
  bool trust_empty = false;
};

// Prints one line for each stretch of each file (file, first byte, byte behind the last, zxids,
// verdict, what it is), then the verdict on the whole. Returns kExitGood, kExitFindings,
// kExitTrouble (a file cannot be read) or kExitRefused.
//
// Verdicts: good; note (nothing is lost: leftovers, a torn tail, files that are not read); damaged.
int verify(FileSystem& files, const Places& places, const VerifyOptions& options,
           std::ostream& out);

}  // namespace zookernel::db_tool
