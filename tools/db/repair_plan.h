// What has to go so that a server serves a directory which it refuses now.
//
// The rule is the server's own: the newest snapshot that loads, then the logs as far as they are
// whole. Where the logs break off, the log is cut and later ones are set aside; a snapshot that the
// logs do not reach is set aside, so that an older one is used. Nothing is done that a server does
// by itself (an unfinished record at the end).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tools/db/database.h"

namespace zookernel::db_tool {

struct RepairStep {
  enum class Kind { kSetAside, kCut };
  Kind kind = Kind::kSetAside;
  std::string path;
  uint64_t cut_at = 0;  // bytes that stay
  std::string why;
  // What is in the part that goes, as far as it can be read.
  uint64_t transactions = 0;
  std::optional<Zxid> first, last;
  uint64_t unreadable_bytes = 0;
};

struct RepairPlan {
  std::vector<RepairStep> steps;  // in the order in which they have to be done
  std::string refused;            // why a server refuses the directory now; empty: it does not
  // What it would serve afterwards.
  Zxid last_zxid;
  size_t znodes = 0, sessions = 0;
};

// Changes nothing. An error: nothing that can be taken away would help, or something cannot be
// read.
Result<RepairPlan> plan_repair(FileSystem& files, const Places& places, bool trust_empty);

}  // namespace zookernel::db_tool
