// How much of the disk's fdatasync rate the log of storage/file reaches: groups of 64 records of
// 1 KiB, each made durable before the next.
//
//   zookernel-log-groups DIR [ROUNDS [GROUPS]]
//
// Both are measured in one run and take turns: the bare write of a group's bytes and fdatasync, in
// a file that got its length in advance and no blocks; and the log's append and sync. One line of
// JSON: the groups per second of each round, and the ratio of the medians.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "kernel/shell/posix_file_system.h"
#include "plugins/storage/file/log_format.h"
#include "plugins/storage/file/log_writer.h"
#include "tests/bench/process_clock.h"
#include "tests/bench/socket.h"

namespace zookernel::bench {
namespace {

using file_storage::LogWriter;

constexpr size_t kRecords = 64, kValueBytes = 1024;
constexpr size_t kBodyBytes = file_storage::kTxnHeaderBytes + kValueBytes;
constexpr size_t kGroupBytes = kRecords * (kBodyBytes + file_storage::kRecordOverheadBytes);
constexpr off_t kFileBytes = 64LL << 20;

class Silence : public Logger {
 public:
  void write(LogLevel level, std::string_view message, Fields) override {
    if (level >= LogLevel::kError)
      std::fprintf(stderr, "%.*s\n", static_cast<int>(message.size()), message.data());
  }
  [[nodiscard]] bool enabled(LogLevel level) const override { return level >= LogLevel::kError; }
};

[[noreturn]] void give_up(const std::string& why) {
  std::fprintf(stderr, "zookernel-log-groups: %s\n", why.c_str());
  std::exit(1);
}

// The same file for all rounds, as the log has.
class Bare {
 public:
  explicit Bare(const std::string& directory) : bytes_(kGroupBytes, 'x') {
    std::string path = directory + "/bare-XXXXXX";
    file_ = Fd(::mkostemp(path.data(), O_CLOEXEC));
    if (!file_ || ::unlink(path.c_str()) != 0) give_up(os_error("make " + path).message);
    grow();
  }
  void group() {
    if (at_ + static_cast<off_t>(kGroupBytes) > length_) grow();
    if (::pwrite(file_.get(), bytes_.data(), bytes_.size(), at_) !=
            static_cast<ssize_t>(bytes_.size()) ||
        ::fdatasync(file_.get()) != 0) {
      give_up(os_error("write a group").message);
    }
    at_ += static_cast<off_t>(kGroupBytes);
  }

 private:
  void grow() {
    length_ += kFileBytes;
    if (::ftruncate(file_.get(), length_) != 0) give_up(os_error("make the file longer").message);
  }

  std::vector<char> bytes_;
  Fd file_;
  off_t at_ = 0, length_ = 0;
};

class Log {
 public:
  explicit Log(const std::string& directory)
      : writer_(files_, options(directory), log_, sync_ms_) {}
  void group() {
    std::vector<LogRecord> records;
    records.reserve(kRecords);
    for (size_t i = 0; i < kRecords; ++i) {
      SharedBytes body = SharedBytes::uninitialised(kBodyBytes);
      std::fill_n(body.fill(), kBodyBytes, 'x');
      store_be64(body.fill() + 12, ++zxid_);
      records.push_back({Zxid{static_cast<int64_t>(zxid_)}, std::move(body)});
    }
    Status done = writer_.append(records);
    if (done) done = writer_.sync();
    if (!done) give_up(done.error().message);
  }

 private:
  static file_storage::LogWriterOptions options(const std::string& directory) {
    file_storage::LogWriterOptions options;
    options.directory = directory;
    return options;
  }

  shell::PosixFileSystem files_;
  Silence log_;
  Summary sync_ms_;
  LogWriter writer_;
  uint64_t zxid_ = 0;
};

template <typename Writer>
double groups_per_s(Writer& writer, uint64_t groups) {
  const uint64_t begin = monotonic_ns();
  for (uint64_t i = 0; i < groups; ++i) writer.group();
  return static_cast<double>(groups) * 1e9 / static_cast<double>(monotonic_ns() - begin);
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

std::string listed(const std::vector<double>& values) {
  std::string text;
  for (const double value : values) text += (text.empty() ? "[" : ", ") + std::to_string(value);
  return text + "]";
}

int run(const std::string& parent, uint64_t rounds, uint64_t groups) {
  std::string directory = parent + "/log-groups-XXXXXX";
  if (::mkdtemp(directory.data()) == nullptr) give_up(os_error("make " + directory).message);
  std::vector<double> bare, log;
  {
    Bare the_bare(directory);
    Log the_log(directory);
    groups_per_s(the_bare, groups / 4 + 1);
    groups_per_s(the_log, groups / 4 + 1);
    for (uint64_t round = 0; round < rounds; ++round) {
      bare.push_back(groups_per_s(the_bare, groups));
      log.push_back(groups_per_s(the_log, groups));
    }
  }
  shell::PosixFileSystem files;
  if (auto names = files.list(directory)) {
    for (const std::string& name : *names) static_cast<void>(files.remove(directory + "/" + name));
  }
  static_cast<void>(::rmdir(directory.c_str()));
  std::printf("{\"machine_per_s\": %s, \"log_per_s\": %s, \"ratio\": %.3f}\n", listed(bare).c_str(),
              listed(log).c_str(), median(log) / median(bare));
  return 0;
}

}  // namespace
}  // namespace zookernel::bench

int main(int count, char** arguments) {
  if (count < 2 || count > 4) {
    std::fprintf(stderr, "usage: zookernel-log-groups DIR [ROUNDS [GROUPS]]\n");
    return 2;
  }
  const auto number = [&](int at, uint64_t otherwise) {
    return count > at ? std::max<uint64_t>(1, std::strtoull(arguments[at], nullptr, 10))
                      : otherwise;
  };
  return zookernel::bench::run(arguments[1], number(2, 9), number(3, 300));
}
