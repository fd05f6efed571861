#include "kernel/shell/posix_file_system.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <limits>
#include <vector>

#include "kernel/shell/text_file.h"

namespace zookernel::shell {
namespace {

// Owns a file descriptor.
class Descriptor {
 public:
  explicit Descriptor(int value) : value_(value) {}
  Descriptor(Descriptor&& other) noexcept : value_(std::exchange(other.value_, -1)) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  Descriptor& operator=(Descriptor&&) = delete;
  ~Descriptor() {
    if (value_ >= 0) ::close(value_);
  }
  [[nodiscard]] int get() const { return value_; }

 private:
  int value_;
};

int open_retrying(const std::string& path, int flags) {
  for (;;) {
    const int descriptor = ::open(path.c_str(), flags | O_CLOEXEC, 0644);
    if (descriptor >= 0 || errno != EINTR) return descriptor;
  }
}

class PosixFile final : public File {
 public:
  PosixFile(Descriptor descriptor, std::string path)
      : descriptor_(std::move(descriptor)), path_(std::move(path)) {}
  ~PosixFile() override {
    for (const auto& [at, count] : mapped_) ::munmap(at, count);
  }

  Result<size_t> read_at(uint64_t offset, char* to, size_t count) override {
    size_t done = 0;
    while (done < count) {
      const ssize_t got =
          ::pread(descriptor_.get(), to + done, count - done, static_cast<off_t>(offset + done));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return system_error("read", path_, errno);
      if (got == 0) break;
      done += static_cast<size_t>(got);
    }
    return done;
  }

  Status write_at(uint64_t offset, Bytes bytes) override {
    size_t done = 0;
    while (done < bytes.size()) {
      const ssize_t put = ::pwrite(descriptor_.get(), bytes.data() + done, bytes.size() - done,
                                   static_cast<off_t>(offset + done));
      if (put < 0 && errno == EINTR) continue;
      if (put < 0) return system_error("write", path_, errno);
      done += static_cast<size_t>(put);
    }
    return Unit{};
  }

  Status sync() override {
    // Never repeated: after a failure the kernel may have dropped the pages that it could not
    // write.
    if (::fdatasync(descriptor_.get()) != 0) return system_error("sync", path_, errno);
    return Unit{};
  }

  Status resize(uint64_t size) override {
    if (::ftruncate(descriptor_.get(), static_cast<off_t>(size)) != 0)
      return system_error("resize", path_, errno);
    return Unit{};
  }

  Result<uint64_t> size() override {
    struct stat status {};
    if (::fstat(descriptor_.get(), &status) != 0) return system_error("look at", path_, errno);
    return static_cast<uint64_t>(status.st_size);
  }

  Result<bool> lock(uint64_t offset, uint64_t count, Lock kind) override {
    struct flock range {};
    range.l_type = kind == Lock::kNone ? F_UNLCK : kind == Lock::kShared ? F_RDLCK : F_WRLCK;
    range.l_whence = SEEK_SET;
    range.l_start = static_cast<off_t>(offset);
    range.l_len = static_cast<off_t>(count);
    // Of the open file, not of the process: those would be lost when any other handle of the file
    // is closed. The two kinds see each other.
    if (::fcntl(descriptor_.get(), F_OFD_SETLK, &range) == 0) return true;
    if (errno == EAGAIN || errno == EACCES) return false;
    return system_error("lock", path_, errno);
  }

  Result<char*> map(uint64_t offset, size_t count) override {
    void* at = ::mmap(nullptr, count, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor_.get(),
                      static_cast<off_t>(offset));
    if (at == MAP_FAILED) return system_error("map", path_, errno);
    mapped_.emplace_back(at, count);
    return static_cast<char*>(at);
  }

  void forget(uint64_t offset, uint64_t count) override {
    (void)::posix_fadvise(descriptor_.get(), static_cast<off_t>(offset), static_cast<off_t>(count),
                          POSIX_FADV_DONTNEED);
  }

 private:
  Descriptor descriptor_;
  std::string path_;
  std::vector<std::pair<void*, size_t>> mapped_;
};

class PosixDirectoryLock final : public DirectoryLock {
 public:
  explicit PosixDirectoryLock(Descriptor descriptor) : descriptor_(std::move(descriptor)) {}

 private:
  Descriptor descriptor_;  // closing it lets the lock go
};

std::string parent_of(const std::string& path) {
  const size_t end = path.find_last_not_of('/');
  if (end == std::string::npos) return "/";
  const size_t slash = path.rfind('/', end);
  if (slash == std::string::npos) return ".";
  const size_t keep = path.find_last_not_of('/', slash);
  return keep == std::string::npos ? "/" : path.substr(0, keep + 1);
}

bool is_directory(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

}  // namespace

Result<std::unique_ptr<File>> PosixFileSystem::open(const std::string& path, Mode mode) {
  int flags = O_RDONLY;
  if (mode == Mode::kReadWrite) flags = O_RDWR;
  if (mode == Mode::kCreate) flags = O_RDWR | O_CREAT | O_TRUNC;
  Descriptor descriptor(open_retrying(path, flags));
  if (descriptor.get() < 0)
    return system_error(mode == Mode::kCreate ? "create" : "open", path, errno);
  return std::unique_ptr<File>(std::make_unique<PosixFile>(std::move(descriptor), path));
}

Status PosixFileSystem::rename(const std::string& from, const std::string& to) {
  if (::rename(from.c_str(), to.c_str()) != 0)
    return system_error("rename " + from + " to", to, errno);
  return Unit{};
}

Status PosixFileSystem::remove(const std::string& path) {
  if (::unlink(path.c_str()) == 0) return Unit{};
  // An empty directory.
  if (errno != EISDIR || ::rmdir(path.c_str()) != 0) return system_error("remove", path, errno);
  return Unit{};
}

Result<std::vector<std::string>> PosixFileSystem::list(const std::string& directory) {
  DIR* stream = ::opendir(directory.c_str());
  if (stream == nullptr) return system_error("list", directory, errno);
  std::vector<std::string> names;
  int problem = 0;
  for (;;) {
    errno = 0;
    const dirent* entry = ::readdir(stream);
    if (entry == nullptr) {
      problem = errno;
      break;
    }
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
  }
  ::closedir(stream);
  if (problem != 0) return system_error("list", directory, problem);
  std::sort(names.begin(), names.end());
  return names;
}

Status PosixFileSystem::make_directories(const std::string& directory) {
  if (is_directory(directory)) return Unit{};
  const std::string parent = parent_of(directory);
  if (parent != directory) {
    if (Status made = make_directories(parent); !made) return made;
  }
  if (::mkdir(directory.c_str(), 0755) != 0) {
    const int error = errno;
    // Somebody else may have made it meanwhile; a file of that name is an error.
    if (error == EEXIST && is_directory(directory)) return Unit{};
    return system_error("make directory", directory, error == EEXIST ? ENOTDIR : error);
  }
  return sync_directory(parent);
}

Status PosixFileSystem::sync_directory(const std::string& directory) {
  const Descriptor descriptor(open_retrying(directory, O_RDONLY | O_DIRECTORY));
  if (descriptor.get() < 0) return system_error("open directory", directory, errno);
  // Some network file systems cannot sync a directory and say so with EINVAL; there is nothing
  // better to do.
  if (::fsync(descriptor.get()) != 0 && errno != EINVAL)
    return system_error("sync directory", directory, errno);
  return Unit{};
}

bool PosixFileSystem::exists(const std::string& path) {
  struct stat status {};
  return ::lstat(path.c_str(), &status) == 0;
}

Result<std::unique_ptr<DirectoryLock>> PosixFileSystem::lock_directory(
    const std::string& directory) {
  const std::string path = directory + "/" + kLockFile;
  Descriptor descriptor(open_retrying(path, O_RDWR | O_CREAT));
  if (descriptor.get() < 0) return system_error("create", path, errno);
  if (::flock(descriptor.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return system_error("lock", path, errno);
    char text[32] = {};
    const ssize_t count = ::pread(descriptor.get(), text, sizeof text - 1, 0);
    std::string owner(text, count > 0 ? static_cast<size_t>(count) : 0);
    owner.erase(
        std::remove_if(owner.begin(), owner.end(), [](char c) { return c < '0' || c > '9'; }),
        owner.end());
    return Error{Errc::kExists, "lock " + directory + ": another server is using this directory" +
                                    (owner.empty() ? "" : " (process " + owner + ")") +
                                    "; stop it, or give this one a dataDir of its own"};
  }
  // For the message above only; nothing relies on it.
  const std::string process = std::to_string(::getpid()) + "\n";
  if (::ftruncate(descriptor.get(), 0) == 0) {
    [[maybe_unused]] const ssize_t written =
        ::pwrite(descriptor.get(), process.data(), process.size(), 0);
  }
  return std::unique_ptr<DirectoryLock>(
      std::make_unique<PosixDirectoryLock>(std::move(descriptor)));
}

Result<uint64_t> PosixFileSystem::free_space(const std::string& path) {
  struct statvfs status {};
  if (::statvfs(path.c_str(), &status) != 0)
    return system_error("look at the file system of", path, errno);
  return static_cast<uint64_t>(status.f_bavail) * static_cast<uint64_t>(status.f_frsize);
}

}  // namespace zookernel::shell
