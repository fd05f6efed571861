#include "tests/simulation/sim_disk.h"

#include <algorithm>
#include <array>

#include "zookernel/assert.h"

namespace zookernel::sim {
namespace {

constexpr uint64_t kPageBytes = 4096;
constexpr uint64_t kSectorBytes = 512;

std::string parent_of(const std::string& path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

std::string plain(std::string path) {
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  return path;
}

Error stopped(const std::string& path) {
  return {Errc::kIo, path + ": the simulated process has stopped"};
}

}  // namespace

// Bytes in pages; absent pages are zero, so that preallocated files cost nothing.
class SparseBytes {
 public:
  [[nodiscard]] uint64_t size() const { return size_; }
  [[nodiscard]] uint64_t stored() const { return pages_.size() * kPageBytes; }

  [[nodiscard]] std::string read(uint64_t offset, uint64_t count) const {
    if (offset >= size_) return {};
    count = std::min(count, size_ - offset);
    std::string bytes(static_cast<size_t>(count), '\0');
    for_pages(offset, count,
              [&](uint64_t page, uint64_t in_page, uint64_t in_bytes, uint64_t length) {
                const auto found = pages_.find(page);
                if (found == pages_.end()) return;
                std::copy_n(found->second.data() + in_page, length, bytes.data() + in_bytes);
              });
    return bytes;
  }
  void write(uint64_t offset, Bytes bytes) {
    for_pages(offset, bytes.size(),
              [&](uint64_t page, uint64_t in_page, uint64_t in_bytes, uint64_t length) {
                std::copy_n(bytes.data() + in_bytes, length, pages_[page].data() + in_page);
              });
    size_ = std::max(size_, offset + bytes.size());
  }
  void resize(uint64_t size) {
    if (size < size_) {
      pages_.erase(pages_.lower_bound((size + kPageBytes - 1) / kPageBytes), pages_.end());
      const auto last = pages_.find(size / kPageBytes);
      if (last != pages_.end()) {
        std::fill(last->second.begin() + static_cast<ptrdiff_t>(size % kPageBytes),
                  last->second.end(), '\0');
      }
    }
    size_ = size;
  }

 private:
  using Page = std::array<char, kPageBytes>;

  template <typename Use>
  static void for_pages(uint64_t offset, uint64_t count, Use use) {
    for (uint64_t done = 0; done < count;) {
      const uint64_t in_page = (offset + done) % kPageBytes;
      const uint64_t length = std::min(kPageBytes - in_page, count - done);
      use((offset + done) / kPageBytes, in_page, done, length);
      done += length;
    }
  }

  std::map<uint64_t, Page> pages_;
  uint64_t size_ = 0;
};

struct SimInode {
  // What has not been synced, in order. A resize has no bytes.
  struct Change {
    bool resize = false;
    uint64_t offset = 0;  // of a write; the size of a resize
    std::string bytes;
  };

  void apply(SparseBytes& to, const Change& change) const {
    if (change.resize) {
      to.resize(change.offset);
    } else {
      to.write(change.offset, change.bytes);
    }
  }
  void change(Change change) {
    apply(now, change);
    pending.push_back(std::move(change));
  }
  void sync() {
    for (const Change& change : pending) apply(durable, change);
    pending.clear();
  }
  void crash(Random& random);

  SparseBytes now, durable;
  std::vector<Change> pending;

  struct RangeLock {
    const void* owner;  // the handle
    uint64_t begin, end;
    bool exclusive;
  };
  std::vector<RangeLock> locks;
  // By offset; not backed by the bytes above: what is mapped never outlives the processes that map
  // it. Owned with the handles, which may outlive a crash.
  std::map<uint64_t, std::shared_ptr<std::string>> mapped;
};

// Lost, kept or torn, each change for itself; whatever is kept is kept in order.
void SimInode::crash(Random& random) {
  // Whole files that were lost or kept are as likely as mixtures.
  const uint64_t mood = random.below(4);
  for (const Change& change : pending) {
    const uint64_t fate = mood == 0 ? 0 : mood == 1 ? 1 : random.below(3);
    if (fate == 0) continue;
    if (fate == 1 || change.resize) {
      apply(durable, change);
      continue;
    }
    const uint64_t end = change.offset + change.bytes.size();
    for (uint64_t begin = change.offset; begin < end;) {
      const uint64_t sector_end = std::min(end, (begin / kSectorBytes + 1) * kSectorBytes);
      if (random.chance(1, 2)) {
        durable.write(begin, Bytes(change.bytes)
                                 .substr(static_cast<size_t>(begin - change.offset),
                                         static_cast<size_t>(sector_end - begin)));
      }
      begin = sector_end;
    }
  }
  pending.clear();
  now = durable;
}

class SimFile : public File {
 public:
  SimFile(SimDisk& disk, std::string path, std::shared_ptr<SimInode> inode, bool writable)
      : disk_(disk),
        path_(std::move(path)),
        inode_(std::move(inode)),
        writable_(writable),
        generation_(disk.generation_),
        born_(*disk.generation_) {}
  ~SimFile() override {
    std::erase_if(inode_->locks, [this](const auto& each) { return each.owner == this; });
  }

  Result<size_t> read_at(uint64_t offset, char* to, size_t count) override {
    if (*generation_ != born_) return stopped(path_);
    if (auto allowed = disk_.check(SimDisk::Operation::kRead, path_); !allowed)
      return allowed.error();
    const std::string bytes = inode_->now.read(offset, count);
    std::copy(bytes.begin(), bytes.end(), to);
    return bytes.size();
  }

  Status write_at(uint64_t offset, Bytes bytes) override {
    if (*generation_ != born_) return stopped(path_);
    ZOOKERNEL_ASSERT(writable_);
    const bool dead = disk_.dead_;
    if (auto allowed = disk_.check_change(SimDisk::Operation::kWrite, path_); !allowed) {
      // One that fails has done half of its work, unless the process died before.
      if (!dead) {
        inode_->change({false, offset, std::string(bytes.substr(0, bytes.size() / 2))});
      }
      return allowed;
    }
    const uint64_t grows =
        offset + bytes.size() > inode_->now.size() ? offset + bytes.size() - inode_->now.size() : 0;
    if (disk_.capacity_ != UINT64_MAX &&
        disk_.used() + std::max<uint64_t>(grows, bytes.size()) > disk_.capacity_) {
      return Error{Errc::kFull, "write " + path_ + ": no space left on the simulated disk"};
    }
    inode_->change({false, offset, std::string(bytes)});
    return Unit{};
  }

  Status sync() override {
    if (*generation_ != born_) return stopped(path_);
    if (auto allowed = disk_.check_change(SimDisk::Operation::kSync, path_); !allowed)
      return allowed;
    inode_->sync();
    return Unit{};
  }

  Status resize(uint64_t size) override {
    if (*generation_ != born_) return stopped(path_);
    ZOOKERNEL_ASSERT(writable_);
    if (auto allowed = disk_.check_change(SimDisk::Operation::kResize, path_); !allowed)
      return allowed;
    inode_->change({true, size, {}});
    return Unit{};
  }

  Result<uint64_t> size() override {
    if (*generation_ != born_) return stopped(path_);
    return inode_->now.size();
  }

  Result<bool> lock(uint64_t offset, uint64_t count, Lock kind) override {
    if (*generation_ != born_) return stopped(path_);
    const uint64_t end = offset + count;
    std::vector<SimInode::RangeLock> left;
    for (const SimInode::RangeLock& each : inode_->locks) {
      if (each.end <= offset || each.begin >= end) {
        left.push_back(each);
      } else if (each.owner != this) {
        if (kind == Lock::kExclusive || (kind == Lock::kShared && each.exclusive)) return false;
        left.push_back(each);
      } else {
        if (each.begin < offset) left.push_back({this, each.begin, offset, each.exclusive});
        if (each.end > end) left.push_back({this, end, each.end, each.exclusive});
      }
    }
    if (kind != Lock::kNone) left.push_back({this, offset, end, kind == Lock::kExclusive});
    inode_->locks = std::move(left);
    return true;
  }

  Result<char*> map(uint64_t offset, size_t count) override {
    if (*generation_ != born_) return stopped(path_);
    std::shared_ptr<std::string>& bytes = inode_->mapped[offset];
    if (!bytes) bytes = std::make_shared<std::string>(count, '\0');
    ZOOKERNEL_ASSERT(bytes->size() == count);
    mapped_.push_back(bytes);
    return bytes->data();
  }

 private:
  std::vector<std::shared_ptr<std::string>> mapped_;  // owned with the inode
  SimDisk& disk_;  // outlives its files, or is dead by generation
  const std::string path_;
  std::shared_ptr<SimInode>
      inode_;  // owned with the disk's names: a removed file lives as long as it is open
  const bool writable_;
  std::shared_ptr<uint64_t> generation_;  // owned with the disk, which may end first
  const uint64_t born_;
};

class SimLock : public DirectoryLock {
 public:
  SimLock(SimDisk& disk, std::string directory)
      : disk_(disk),
        directory_(std::move(directory)),
        generation_(disk.generation_),
        born_(*generation_) {}
  ~SimLock() override {
    if (*generation_ == born_) disk_.locked_.erase(directory_);
  }

 private:
  SimDisk& disk_;
  const std::string directory_;
  std::shared_ptr<uint64_t> generation_;  // owned with the disk, which may end first
  const uint64_t born_;
};

SimDisk::SimDisk() = default;
SimDisk::~SimDisk() {
  ++*generation_;
}

Status SimDisk::check(Operation operation, const std::string& path) {
  if (fault_) {
    if (auto allowed = fault_(operation, path); !allowed) return allowed;
  }
  const auto nth = nth_faults_.find(operation);
  if (nth != nth_faults_.end() && --nth->second.first == 0) {
    Error error = std::move(nth->second.second);
    nth_faults_.erase(nth);
    return error;
  }
  return Unit{};
}

Status SimDisk::check_change(Operation operation, const std::string& path) {
  if (auto allowed = check(operation, path); !allowed) return allowed;
  if (changes_left_) {
    if (*changes_left_ == 0) {
      dead_ = true;
      return stopped(path);
    }
    --*changes_left_;
  }
  ++changes_;
  return Unit{};
}

void SimDisk::fail_nth(Operation operation, uint64_t nth, Error error) {
  ZOOKERNEL_ASSERT(nth > 0);
  nth_faults_[operation] = {nth, std::move(error)};
}

Result<std::unique_ptr<File>> SimDisk::open(const std::string& path, Mode mode) {
  if (auto allowed = check(Operation::kOpen, path); !allowed) return allowed.error();
  auto found = names_.find(path);
  if (mode != Mode::kCreate) {
    if (found == names_.end()) return Error{Errc::kNotFound, "open " + path + ": no such file"};
    return std::unique_ptr<File>(
        std::make_unique<SimFile>(*this, path, found->second, mode == Mode::kReadWrite));
  }
  if (!directories_.contains(parent_of(path))) {
    return Error{Errc::kNotFound, "open " + path + ": no such directory"};
  }
  if (auto allowed = check_change(Operation::kOpen, path); !allowed) return allowed.error();
  if (found == names_.end()) {
    auto inode = std::make_shared<SimInode>();
    change_name({"", path, inode});
    return std::unique_ptr<File>(std::make_unique<SimFile>(*this, path, std::move(inode), true));
  }
  if (found->second->now.size() != 0) found->second->change({true, 0, {}});
  return std::unique_ptr<File>(std::make_unique<SimFile>(*this, path, found->second, true));
}

void SimDisk::change_name(NameChange change) {
  const auto apply = [&change](Names& names) {
    if (!change.remove.empty()) names.erase(change.remove);
    if (!change.add.empty()) names[change.add] = change.inode;
  };
  apply(names_);
  pending_names_[parent_of(change.add.empty() ? change.remove : change.add)].push_back(
      std::move(change));
}

Status SimDisk::rename(const std::string& from, const std::string& to) {
  const auto found = names_.find(from);
  if (found == names_.end()) return Error{Errc::kNotFound, "rename " + from + ": no such file"};
  // From one directory to another it is one change, of the new one, as file systems with a journal
  // do it.
  if (auto allowed = check_change(Operation::kRename, from); !allowed) return allowed;
  change_name({from, to, found->second});
  return Unit{};
}

Status SimDisk::remove(const std::string& path) {
  if (!names_.contains(path)) return Error{Errc::kNotFound, "remove " + path + ": no such file"};
  if (auto allowed = check_change(Operation::kRemove, path); !allowed) return allowed;
  change_name({path, "", nullptr});
  return Unit{};
}

Result<std::vector<std::string>> SimDisk::list(const std::string& given) {
  const std::string directory = plain(given);
  if (auto allowed = check(Operation::kList, directory); !allowed) return allowed.error();
  if (!directories_.contains(directory)) {
    return Error{Errc::kNotFound, "list " + directory + ": no such directory"};
  }
  std::set<std::string> names;
  for (const auto& [path, inode] : names_) {
    if (parent_of(path) == directory) names.insert(path.substr(path.rfind('/') + 1));
  }
  for (const std::string& path : directories_) {
    if (path != "/" && parent_of(path) == directory) names.insert(path.substr(path.rfind('/') + 1));
  }
  return std::vector<std::string>(names.begin(), names.end());
}

Status SimDisk::make_directories(const std::string& given) {
  const std::string directory = plain(given);
  if (auto allowed = check_change(Operation::kMakeDirectories, directory); !allowed) return allowed;
  for (std::string path = directory; path != "." && directories_.insert(path).second;) {
    path = parent_of(path);
  }
  return Unit{};
}

Status SimDisk::sync_directory(const std::string& given) {
  const std::string directory = plain(given);
  if (auto allowed = check_change(Operation::kSyncDirectory, directory); !allowed) return allowed;
  for (NameChange& change : pending_names_[directory]) {
    if (!change.remove.empty()) durable_names_.erase(change.remove);
    if (!change.add.empty()) durable_names_[change.add] = change.inode;
  }
  pending_names_.erase(directory);
  return Unit{};
}

bool SimDisk::exists(const std::string& given) {
  const std::string path = plain(given);
  return names_.contains(path) || directories_.contains(path);
}

Result<std::unique_ptr<DirectoryLock>> SimDisk::lock_directory(const std::string& given) {
  const std::string directory = plain(given);
  if (auto allowed = check(Operation::kLock, directory); !allowed) return allowed.error();
  if (!directories_.contains(directory)) {
    return Error{Errc::kNotFound, "lock " + directory + ": no such directory"};
  }
  if (!locked_.insert(directory).second) {
    return Error{Errc::kExists, "lock " + directory + ": somebody holds it"};
  }
  return std::unique_ptr<DirectoryLock>(std::make_unique<SimLock>(*this, directory));
}

Result<uint64_t> SimDisk::free_space(const std::string&) {
  const uint64_t taken = used();
  return taken > capacity_ ? 0 : capacity_ - taken;
}

uint64_t SimDisk::used() const {
  uint64_t bytes = 0;
  for (const auto& [path, inode] : names_) bytes += inode->now.stored();
  return bytes;
}

void SimDisk::kill() {
  ++*generation_;
  locked_.clear();
  fault_ = nullptr;
  nth_faults_.clear();
  changes_left_.reset();
  dead_ = false;
  for (const auto& [path, inode] : names_) {
    inode->locks.clear();
    inode->mapped.clear();
  }
}

void SimDisk::crash(Random& random) {
  kill();
  for (auto& [directory, changes] : pending_names_) {
    const uint64_t kept = random.below(changes.size() + 1);
    for (uint64_t i = 0; i < kept; ++i) {
      if (!changes[i].remove.empty()) durable_names_.erase(changes[i].remove);
      if (!changes[i].add.empty()) durable_names_[changes[i].add] = changes[i].inode;
    }
  }
  pending_names_.clear();
  names_ = durable_names_;
  for (auto& [path, inode] : names_) inode->crash(random);
}

std::unique_ptr<SimDisk> SimDisk::clone() const {
  auto copy = std::make_unique<SimDisk>();
  std::map<const SimInode*, std::shared_ptr<SimInode>> copies;
  const auto inode = [&copies](const std::shared_ptr<SimInode>& from) {
    if (!from) return from;
    auto& to = copies[from.get()];
    if (!to) {
      to = std::make_shared<SimInode>(*from);
      to->locks.clear();
      to->mapped.clear();
    }
    return to;
  };
  for (const auto& [path, from] : names_) copy->names_[path] = inode(from);
  for (const auto& [path, from] : durable_names_) copy->durable_names_[path] = inode(from);
  for (const auto& [directory, changes] : pending_names_) {
    for (const NameChange& change : changes) {
      copy->pending_names_[directory].push_back({change.remove, change.add, inode(change.inode)});
    }
  }
  copy->directories_ = directories_;
  copy->capacity_ = capacity_;
  return copy;
}

void SimDisk::flip_bit(const std::string& path, uint64_t offset, int bit) {
  const auto found = names_.find(path);
  ZOOKERNEL_ASSERT(found != names_.end());
  for (SparseBytes* bytes : {&found->second->now, &found->second->durable}) {
    std::string byte = bytes->read(offset, 1);
    if (byte.empty()) continue;
    byte[0] = static_cast<char>(byte[0] ^ (1 << bit));
    bytes->write(offset, byte);
  }
}

std::string SimDisk::content(const std::string& path) const {
  const auto found = names_.find(path);
  ZOOKERNEL_ASSERT(found != names_.end());
  return found->second->now.read(0, found->second->now.size());
}

void SimDisk::put(const std::string& path, Bytes content) {
  for (std::string directory = parent_of(path);
       directory != "." && directories_.insert(directory).second;) {
    directory = parent_of(directory);
  }
  auto inode = std::make_shared<SimInode>();
  inode->change({false, 0, std::string(content)});
  inode->sync();
  names_[path] = inode;
  durable_names_[path] = inode;
}

std::vector<std::string> SimDisk::paths() const {
  std::vector<std::string> paths;
  for (const auto& [path, inode] : names_) paths.push_back(path);
  return paths;
}

}  // namespace zookernel::sim
