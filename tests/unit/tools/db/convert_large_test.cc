// Many znodes through every form, by the real program on a real disk: it takes the memory of a
// znode, not of a tree, and nothing changes. 50,000 znodes; a million with ZOOKERNEL_NIGHTLY=1.
#include <libdeflate.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch_test_macros.hpp>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <iostream>

#include "kernel/shell/posix_file_system.h"
#include "tests/support/txn_builder.h"
#include "tools/db/transfer/transfer.h"
#include "zookernel/wire/records/persist.h"

using namespace zookernel;
using namespace zookernel::db_tool;

namespace {

constexpr size_t kZnodesInDirectory = 1000;
constexpr int kTransactions = 5000;
constexpr int64_t kMemoryKibMax = 96 * 1024;

bool nightly() {
  const char* value = std::getenv("ZOOKERNEL_NIGHTLY");
  return value != nullptr && std::string_view(value) == "1";
}

std::string path_of(size_t node) {
  return "/d" + std::to_string(node / kZnodesInDirectory) + "/n" + std::to_string(node);
}

// A snapshot that is made while it is read.
class MadeSnapshot final : public SnapshotReader {
 public:
  explicit MadeSnapshot(size_t nodes) : nodes_(nodes) {
    wire::Writer writer(out_);
    wire::write(writer, wire::FileHeader{wire::kSnapshotMagic, wire::kFileVersion, -1});
    writer.write_count(1);
    wire::write(writer, wire::SessionEntry{0x100000000000001, 30000});
    writer.write_count(1);
    wire::encode(writer, wire::AclEntry{1, {{31, {"digest", "me:secret"}}}});
    put_node("", 0);
  }
  Result<size_t> read(char* to, size_t count) override {
    while (out_.size() < count && !ended_) fill();
    const size_t given = std::min(count, out_.size());
    adler_ = libdeflate_adler32(adler_, out_.data(), given);
    std::memcpy(to, out_.data(), given);
    std::memmove(out_.data(), out_.data() + given, out_.size() - given);
    out_.truncate(out_.size() - given);
    return given;
  }

 private:
  void put_node(const std::string& path, size_t node) {
    wire::Writer writer(out_);
    writer.write_string(path);
    writer.write_buffer(std::string(100, static_cast<char>('a' + node % 26)));
    writer.write_long(node % 3 == 0 ? 1 : -1);
    wire::write(writer, wire::StatPersisted{1, 1, 2, 3, 0, 0, 0, 0, 1});
  }
  void fill() {
    if (next_ == nodes_) {
      wire::Writer writer(out_);
      writer.write_string("/");
      writer.write_long(libdeflate_adler32(adler_, out_.data(), out_.size()));
      writer.write_string("/");
      ended_ = true;
      return;
    }
    if (next_ % kZnodesInDirectory == 0)
      put_node("/d" + std::to_string(next_ / kZnodesInDirectory), next_);
    put_node(path_of(next_), next_);
    ++next_;
  }

  const size_t nodes_;
  size_t next_ = 0;
  uint32_t adler_ = 1;
  bool ended_ = false;
  Buffer out_;
};

class MadeLog final : public TxnReader {
 public:
  explicit MadeLog(size_t nodes) : nodes_(nodes) {}
  Result<std::optional<Record>> next() override {
    if (done_ == kTransactions) return std::optional<Record>{};
    ++done_;
    test::Stamp stamp;
    stamp.zxid = 0x100000000 + done_;
    body_ = test::record(stamp, test::set_data(path_of(static_cast<size_t>(done_) * 7919 % nodes_),
                                               std::string(1024, 'x'), 1));
    return std::optional(Record{Zxid{stamp.zxid}, body_});
  }

 private:
  const size_t nodes_;
  int done_ = 0;
  std::string body_;
};

class Made final : public Origin {
 public:
  explicit Made(size_t nodes) : snapshot_(nodes), log_(nodes) {}
  [[nodiscard]] Zxid snapshot_name() const override { return Zxid{0x100000000}; }
  [[nodiscard]] Epochs epochs() const override { return {2, 1}; }
  SnapshotReader& snapshot() override { return snapshot_; }
  TxnReader& transactions() override { return log_; }
  Status complete(const Transferred&) override { return Unit{}; }

 private:
  MadeSnapshot snapshot_;
  MadeLog log_;
};

// Runs the program, prints what it took, and returns its greatest memory in KiB.
int64_t run(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), ZOOKERNEL_DB_PROGRAM);
  const auto began = std::chrono::steady_clock::now();
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    std::vector<char*> argv;
    for (std::string& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    ::execv(argv[0], argv.data());
    ::_exit(127);
  }
  int status = 0;
  rusage usage{};
  REQUIRE(::wait4(child, &status, 0, &usage) == child);
  const auto seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  std::cout << "  " << arguments[1] << (arguments.size() > 4 ? " to " + arguments[3] : "") << ": "
            << usage.ru_maxrss / 1024 << " MiB, " << seconds << " s" << std::endl;
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
  return usage.ru_maxrss;
}

uint64_t digest_of(FileSystem& files, const std::string& directory) {
  auto places = find_places(files, directory, "");
  REQUIRE(places.ok());
  auto database = load_database(files, *places, false);
  if (!database) FAIL(database.error().message);
  CHECK(database->sessions.size() == 1);
  CHECK(database->epochs.accepted == 2);
  CHECK(database->tree->last_zxid() == Zxid{0x100000000 + kTransactions});
  return database->tree->digest();
}

}  // namespace

TEST_CASE("convert: many znodes in little memory, and the tree stays the same", "[tools][db]") {
  const size_t nodes = nightly() ? 1'000'000 : 50'000;
  const auto folder =
      std::filesystem::temp_directory_path() / ("convert-large-" + std::to_string(::getpid()));
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  const std::string base = folder.string();
  shell::PosixFileSystem files;
  {
    Made made(nodes);
    auto first = make_directory(files, {StorageKind::kFile, base + "/first", ""});
    REQUIRE(first.ok());
    const auto done = carry(made, **first);
    if (!done) FAIL(done.error().message);
    REQUIRE(done->znodes >= nodes);
  }
  std::cout << nodes << " znodes of 100 bytes, " << kTransactions << " transactions of 1 KiB\n";
  const auto convert = [&](const char* form, const char* from, const char* to) {
    CHECK(run({"convert", "--to", form, base + "/" + from, base + "/" + to}) < kMemoryKibMax);
  };
  convert("archive", "first", "one.zka");
  convert("sqlite", "one.zka", "database");
  convert("file", "database", "last");
  convert("sqlite", "first", "database2");
  convert("archive", "database2", "two.zka");

  // Behind the runs, whose memory would count what this process holds.
  const uint64_t digest = digest_of(files, base + "/first");
  CHECK(digest_of(files, base + "/database") == digest);
  CHECK(digest_of(files, base + "/last") == digest);
  run({"diff", base + "/first", base + "/last"});
  std::filesystem::remove_all(folder);
}
