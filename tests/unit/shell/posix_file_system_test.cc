#include "kernel/shell/posix_file_system.h"

#include <catch2/catch_test_macros.hpp>

#include "kernel/shell/text_file.h"
#include "tests/unit/shell/fakes.h"

using namespace zookernel;
using namespace zookernel::shell;
using zookernel::shell::testing::TempDir;

using Mode = FileSystem::Mode;

TEST_CASE("PosixFileSystem: what is written is read back", "[shell][files]") {
  TempDir dir;
  PosixFileSystem files;
  auto file = files.open(dir / "f", Mode::kCreate);
  REQUIRE(file.ok());

  REQUIRE((*file)->write_at(3, "hello").ok());
  REQUIRE((*file)->sync().ok());
  CHECK(*(*file)->size() == 8);
  char text[16] = {};
  CHECK(*(*file)->read_at(0, text, sizeof text) == 8);
  CHECK(std::string_view(text, 8) == std::string_view("\0\0\0hello", 8));
  CHECK(*(*file)->read_at(8, text, 1) == 0);
  REQUIRE((*file)->resize(4).ok());
  CHECK(*(*file)->read_at(3, text, 5) == 1);

  CHECK(*(*files.open(dir / "f", Mode::kReadWrite))->size() == 4);
  CHECK(*(*files.open(dir / "f", Mode::kCreate))->size() == 0);
}

TEST_CASE("PosixFileSystem: names can be made, listed, renamed and removed", "[shell][files]") {
  TempDir dir;
  PosixFileSystem files;
  REQUIRE(files.make_directories(dir / "a/b//c/").ok());
  REQUIRE(files.make_directories(dir / "a/b/c").ok());
  REQUIRE(files.open(dir / "a/z", Mode::kCreate).ok());
  REQUIRE(files.open(dir / "a/y", Mode::kCreate).ok());

  CHECK(*files.list(dir / "a") == std::vector<std::string>{"b", "y", "z"});
  CHECK(files.rename(dir / "a/z", dir / "a/x").ok());
  CHECK(files.remove(dir / "a/y").ok());
  CHECK(files.sync_directory(dir / "a").ok());
  CHECK(*files.list(dir / "a") == std::vector<std::string>{"b", "x"});
  CHECK(files.exists(dir / "a/x"));
  CHECK(!files.exists(dir / "a/y"));
  CHECK(*files.free_space(dir.string()) > 0);
}

TEST_CASE("PosixFileSystem: errors name the path and the reason", "[shell][files]") {
  TempDir dir;
  PosixFileSystem files;
  const auto missing = files.open(dir / "none", Mode::kRead);
  REQUIRE(!missing.ok());
  CHECK(missing.error().code == Errc::kNotFound);
  CHECK(missing.error().message == "open " + (dir / "none") + ": no such file or directory");

  dir.write("file", "x");
  const Status below = files.make_directories(dir / "file/sub");
  REQUIRE(!below.ok());
  CHECK(below.error().message.find("not a directory (a part of the path is a file)") !=
        std::string::npos);
  CHECK(files.list(dir / "none").error().code == Errc::kNotFound);
  CHECK(files.remove(dir / "none").error().code == Errc::kNotFound);
}

TEST_CASE("PosixFileSystem: a directory has one lock at a time", "[shell][files]") {
  TempDir dir;
  PosixFileSystem files;
  auto first = files.lock_directory(dir.string());
  REQUIRE(first.ok());

  const auto second = files.lock_directory(dir.string());
  REQUIRE(!second.ok());
  CHECK(second.error().code == Errc::kExists);
  CHECK(second.error().message.find("another server is using this directory (process " +
                                    std::to_string(::getpid()) + ")") != std::string::npos);

  first->reset();
  CHECK(files.lock_directory(dir.string()).ok());
}

TEST_CASE("TextFile: small files are read, others are refused by name", "[shell][files]") {
  TempDir dir;
  CHECK(*read_text_file(dir.write("cfg", "a=b\n"), 100) == "a=b\n");
  CHECK(read_text_file(dir.write("big", std::string(101, 'x')), 100)
            .error()
            .message.find("larger than 100 bytes") != std::string::npos);
  CHECK(!read_text_file(dir.string(), 100).ok());
  CHECK(read_text_file(dir / "none", 100).error().code == Errc::kNotFound);
}
