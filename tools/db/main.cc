// zookernel-db: looks at data directories and mends them.
#include <exception>
#include <iostream>
#include <string>
#include <vector>

#include "kernel/shell/posix_file_system.h"
#include "tools/db/commands.h"
#include "tools/db/exit_code.h"

int main(int argc, char** argv) {
  using namespace zookernel;
  std::ios::sync_with_stdio(false);
  std::cin.tie(nullptr);
  shell::PosixFileSystem files;
  db_tool::Session session{files, std::cin, std::cout, std::cerr};
  int code = db_tool::kExitTrouble;
  try {
    code = db_tool::run_command({argv + 1, argv + argc}, session);
  } catch (const std::exception& e) {
    std::cerr << "zookernel-db: " << e.what() << "\n";
    return db_tool::kExitTrouble;
  }
  std::cout.flush();
  if (!std::cout) {
    std::cerr << "zookernel-db: the output could not be written\n";
    return db_tool::kExitTrouble;
  }
  return code;
}
