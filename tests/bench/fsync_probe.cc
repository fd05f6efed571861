// The mode fsync.

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/bench/modes.h"
#include "tests/bench/process_clock.h"

namespace zookernel::bench {
namespace {

constexpr uint64_t kRecordsDefault = 2000;
constexpr off_t kFileBytes = 64LL << 20;  // what a transaction log is given at once

// A file that has no name any more, so that nothing is left behind however this ends.
Result<Fd> unnamed_file(const std::string& directory) {
  std::string path = directory + "/fsync-probe-XXXXXX";
  Fd file(::mkostemp(path.data(), O_CLOEXEC));
  if (!file) return os_error("create a file in " + directory);
  if (::unlink(path.c_str()) != 0) return os_error("remove " + path);
  return file;
}

Status write_at(int fd, const std::vector<char>& bytes, off_t at) {
  ssize_t written = ::pwrite(fd, bytes.data(), bytes.size(), at);
  if (written != static_cast<ssize_t>(bytes.size())) return os_error("write to the probe's file");
  return Unit{};
}

enum class Blocks { kNone, kWritten };

Status give_length(int fd, Blocks blocks) {
  if (blocks == Blocks::kNone) {
    if (::ftruncate(fd, kFileBytes) != 0) return os_error("give the probe's file its length");
  } else {
    const std::vector<char> zeros(1U << 20, '\0');
    for (off_t at = 0; at < kFileBytes; at += static_cast<off_t>(zeros.size())) {
      if (auto status = write_at(fd, zeros, at); !status.ok()) return status;
    }
  }
  if (::fsync(fd) != 0) return os_error("sync the probe's file");
  return Unit{};
}

Result<Histogram> probe(const Options& options, Blocks blocks) {
  auto file = unnamed_file(options.directory);
  if (!file.ok()) return file.error();
  if (auto status = give_length(file->get(), blocks); !status.ok()) return status.error();
  const std::vector<char> record(std::max<uint64_t>(options.size, 1), 'x');
  const auto step = static_cast<off_t>(record.size());
  const uint64_t count = options.count > 0 ? options.count : kRecordsDefault;
  Histogram latencies;
  off_t at = 0;
  for (uint64_t i = 0; i < count; ++i, at += step) {
    if (at + step > kFileBytes) at = 0;
    const uint64_t begin_ns = monotonic_ns();
    if (auto status = write_at(file->get(), record, at); !status.ok()) return status.error();
    if (::fdatasync(file->get()) != 0) return os_error("fdatasync of the probe's file");
    latencies.add(monotonic_ns() - begin_ns);
  }
  return latencies;
}

}  // namespace

Status run_fsync_probe(const Options& options, Report& report) {
  auto append = probe(options, Blocks::kNone);
  if (!append.ok()) return append.error();
  auto overwrite = probe(options, Blocks::kWritten);
  if (!overwrite.ok()) return overwrite.error();
  report.add("append_p50_us", append->quantile_us(0.5));
  report.add("append_p99_us", append->quantile_us(0.99));
  report.add("overwrite_p50_us", overwrite->quantile_us(0.5));
  report.add("overwrite_p99_us", overwrite->quantile_us(0.99));
  return Unit{};
}

}  // namespace zookernel::bench
