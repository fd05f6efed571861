// The commands of zookernel-db. Each reads its arguments, prints, and returns the exit code.
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include "zookernel/file_system.h"

namespace zookernel::db_tool {

struct Session {
  FileSystem& files;
  std::istream& in;
  std::ostream& out;
  std::ostream& err;
};

// Tells what is wrong with the arguments; the exit code for it.
int wrong_usage(Session& session, const std::string& why);

// Runs the command named by the first argument. What is wrong with the arguments is told on `err`.
int run_command(const std::vector<std::string>& arguments, Session& session);

}  // namespace zookernel::db_tool
