// Directories of servers on a disk in memory.
#pragma once

#include <memory>
#include <string>

#include "tests/simulation/sim_disk.h"
#include "tools/db/database.h"

namespace zookernel::db_tool::test {

inline const Places kPlaces{"/data/version-2", "/data/version-2"};

// A copy of tests/fixtures/data/NAME/dataDir as /data.
std::unique_ptr<sim::SimDisk> disk_of_fixture(const std::string& name);

std::string read_file(FileSystem& files, const std::string& path);
void write_file(FileSystem& files, const std::string& path, const std::string& content);

// What a command prints, with its exit code as the last line.
std::string verified(FileSystem& files);
std::string repaired(FileSystem& files, bool yes);

}  // namespace zookernel::db_tool::test
