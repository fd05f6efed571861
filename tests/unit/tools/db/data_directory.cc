#include "tests/unit/tools/db/data_directory.h"

#include <catch2/catch_test_macros.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

#include "tools/db/repair.h"
#include "tools/db/verify.h"

namespace zookernel::db_tool::test {
namespace {

std::filesystem::path fixtures() {
  const char* source = std::getenv("ZOOKERNEL_SOURCE_DIR");
  REQUIRE(source != nullptr);
  return std::filesystem::path(source) / "tests" / "fixtures" / "data";
}

}  // namespace

std::unique_ptr<sim::SimDisk> disk_of_fixture(const std::string& name) {
  auto disk = std::make_unique<sim::SimDisk>();
  REQUIRE(disk->make_directories(kPlaces.logs).ok());
  for (const auto& entry :
       std::filesystem::directory_iterator(fixtures() / name / "dataDir" / "version-2")) {
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string content{std::istreambuf_iterator<char>(file), {}};
    write_file(*disk, kPlaces.logs + "/" + entry.path().filename().string(), content);
  }
  return disk;
}

std::string read_file(FileSystem& files, const std::string& path) {
  auto file = files.open(path, FileSystem::Mode::kRead);
  REQUIRE(file.ok());
  auto size = (*file)->size();
  REQUIRE(size.ok());
  std::string content(static_cast<size_t>(*size), '\0');
  REQUIRE((*file)->read_at(0, content.data(), content.size()).ok());
  return content;
}

void write_file(FileSystem& files, const std::string& path, const std::string& content) {
  auto file = files.open(path, FileSystem::Mode::kCreate);
  REQUIRE(file.ok());
  REQUIRE((*file)->write_at(0, content).ok());
}

std::string verified(FileSystem& files) {
  std::ostringstream out;
  const int code = verify(files, kPlaces, {}, out);
  return out.str() + "exit " + std::to_string(code) + "\n";
}

std::string repaired(FileSystem& files, bool yes) {
  std::ostringstream out;
  RepairOptions options;
  options.yes = yes;
  const int code = repair(files, kPlaces, options, out, out);
  return out.str() + "exit " + std::to_string(code) + "\n";
}

}  // namespace zookernel::db_tool::test
