#include "tools/cli/piped_reader.h"

#include <unistd.h>

#include <cerrno>
#include <utility>

namespace zookernel::cli {

PipedReader::PipedReader(int descriptor, Output& output, WaitReadable wait, bool quiet)
    : descriptor_(descriptor), output_(output), wait_(std::move(wait)), quiet_(quiet) {}

LineReader::Got PipedReader::read(const std::string& prompt, std::string& line) {
  if (!quiet_) output_.text(prompt);
  output_.flush();
  size_t searched = 0;
  while (true) {
    const size_t end = read_.find('\n', searched);
    if (end != std::string::npos || ended_ || read_.size() >= kLineBytesMax) {
      if (end == std::string::npos && read_.empty()) return Got::kEnd;
      line = read_.substr(0, end);
      read_.erase(0, end == std::string::npos ? std::string::npos : end + 1);
      if (line.ends_with('\r')) line.pop_back();
      return Got::kLine;
    }
    searched = read_.size();
    if (!wait_(descriptor_)) return Got::kInterrupted;
    char block[4096];
    const ssize_t got = ::read(descriptor_, block, sizeof block);
    if (got > 0) {
      read_.append(block, static_cast<size_t>(got));
    } else if (got == 0 || (errno != EINTR && errno != EAGAIN)) {
      ended_ = true;
    }
  }
}

}  // namespace zookernel::cli
