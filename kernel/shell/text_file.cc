#include "kernel/shell/text_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace zookernel::shell {
namespace {

struct Descriptor {
  int value;
  ~Descriptor() {
    if (value >= 0) ::close(value);
  }
};

struct Reason {
  Errc code;
  const char* advice;
};

Reason reason_of(int error) {
  switch (error) {
    case ENOENT:
      return {Errc::kNotFound, ""};
    case EEXIST:
      return {Errc::kExists, ""};
    case EACCES:
    case EPERM:
      return {Errc::kDenied, " (run as the user that owns it, or change its owner or mode)"};
    case EROFS:
      return {Errc::kDenied, " (the file system is mounted read-only)"};
    case ENOSPC:
      return {Errc::kFull,
              " (free some space on this file system, or move the directory to a larger one)"};
    case EDQUOT:
      return {Errc::kFull, " (the disk quota of this user is used up)"};
    case EMFILE:
    case ENFILE:
      return {Errc::kIo, " (raise the limit of open files)"};
    case EIO:
      return {Errc::kIo, " (the disk reports an error: see the system's log)"};
    case ENOTDIR:
      return {Errc::kInvalid, " (a part of the path is a file)"};
    case EISDIR:
      return {Errc::kInvalid, " (a file is expected)"};
    default:
      return {Errc::kIo, ""};
  }
}

}  // namespace

Error system_error(const std::string& doing, const std::string& path, int error) {
  const Reason reason = reason_of(error);
  std::string text = std::strerror(error);
  if (!text.empty() && text[0] >= 'A' && text[0] <= 'Z' && error != EIO)
    text[0] = static_cast<char>(text[0] - 'A' + 'a');
  return {reason.code, doing + " " + path + ": " + text + reason.advice};
}

Result<std::string> read_text_file(const std::string& path, size_t bytes_max) {
  const Descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (file.value < 0) return system_error("open", path, errno);
  struct stat status {};
  if (::fstat(file.value, &status) != 0) return system_error("look at", path, errno);
  if (S_ISDIR(status.st_mode)) return system_error("open", path, EISDIR);
  std::string text;
  char piece[4096];
  for (;;) {
    const ssize_t count = ::read(file.value, piece, sizeof piece);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return system_error("read", path, errno);
    if (count == 0) return text;
    text.append(piece, static_cast<size_t>(count));
    if (text.size() > bytes_max) {
      return Error{Errc::kInvalid, "read " + path + ": the file is larger than " +
                                       std::to_string(bytes_max) +
                                       " bytes (is it the right file?)"};
    }
  }
}

}  // namespace zookernel::shell
