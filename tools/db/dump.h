// zookernel-db dump: what is in a log, in a snapshot, or in the tree that a server would serve.
#pragma once

#include <iosfwd>
#include <string>

#include "zookernel/file_system.h"

namespace zookernel::db_tool {

struct DumpOptions {
  bool json = false;
  bool trust_empty = false;
  std::string log_dir;  // of a directory
};

// `path` is a log, a snapshot, or a data directory. Logs and snapshots are printed in the order of
// the file and in bounded memory, a tree sorted; one line for each transaction, znode or session
// (JSON: one object on each line).
//
// Damage is a line of its own, at its place and on `err`; the dump goes on behind it where
// something readable follows. Returns kExitGood, kExitFindings (there was damage), kExitTrouble, or
// kExitRefused (a directory that a server would refuse: nothing is printed).
int dump(FileSystem& files, const std::string& path, const DumpOptions& options, std::ostream& out,
         std::ostream& err);

}  // namespace zookernel::db_tool
