// A disk in memory that remembers what was synced, crashes, fails and fills up. Deterministic:
// equal calls and equal seeds give equal contents. One thread.
//
// What a crash leaves (a power failure, seen from the programs that wrote):
//   files      Every write, resize and truncation since the file's last successful sync is,
//   independently of others and of other
//              files, kept, lost or torn: of a torn write some 512-byte sectors are kept. Sectors
//              that were lost read as before. What was synced is there.
//   names      Creating, renaming and removing are kept up to some point per directory, in order:
//   all up to the last
//              sync_directory, and a random number of those after it.
//   handles    Files and locks that were open are dead: calls on them fail, and the locks are free.
// A killed process (kill()) leaves handles dead and everything that was written.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "tests/simulation/random.h"
#include "zookernel/file_system.h"

namespace zookernel::sim {

class SimFile;
struct SimInode;

class SimDisk : public FileSystem {
 public:
  enum class Operation {
    kOpen,
    kRead,
    kWrite,
    kSync,
    kResize,
    kRename,
    kRemove,
    kList,
    kMakeDirectories,
    kSyncDirectory,
    kLock,
  };
  // Asked before each operation with the path; an error makes it fail. A write that fails has
  // written a part, a sync that fails has synced nothing: what was written since the last good one
  // may be lost for ever.
  using Fault = std::function<Status(Operation, const std::string& path)>;

  SimDisk();
  ~SimDisk() override;

  Result<std::unique_ptr<File>> open(const std::string& path, Mode mode) override;
  Status rename(const std::string& from, const std::string& to) override;
  Status remove(const std::string& path) override;
  Result<std::vector<std::string>> list(const std::string& directory) override;
  Status make_directories(const std::string& directory) override;
  Status sync_directory(const std::string& directory) override;
  [[nodiscard]] bool exists(const std::string& path) override;
  Result<std::unique_ptr<DirectoryLock>> lock_directory(const std::string& directory) override;
  Result<uint64_t> free_space(const std::string& path) override;

  // The power fails and comes back. Faults and the limit of operations are forgotten.
  void crash(Random& random);
  // The process ends, the system goes on.
  void kill();
  // A copy of everything that is on the disk, synced or not, with open handles dead.
  [[nodiscard]] std::unique_ptr<SimDisk> clone() const;

  // -- faults
  void set_fault(Fault fault) { fault_ = std::move(fault); }
  // After `count` more changes of the disk (writes, syncs, resizes, renames, removals, creations,
  // directory syncs) each further one fails without an effect, as if the process had died there;
  // the writing one that crosses is torn.
  void stop_after(uint64_t count) { changes_left_ = count; }
  // The `nth` next operation of the kind (1: the very next) fails once with `error`.
  void fail_nth(Operation operation, uint64_t nth, Error error);
  // Bytes that all files together may take; writes beyond fail with kFull.
  void set_capacity(uint64_t bytes) { capacity_ = bytes; }
  // Turns one bit, on the disk and in the cache. The file must be longer.
  void flip_bit(const std::string& path, uint64_t offset, int bit);

  // -- for tests and their reports
  [[nodiscard]] uint64_t changes() const { return changes_; }
  // The whole content. The file must be there.
  [[nodiscard]] std::string content(const std::string& path) const;
  // Makes or replaces a file with its directories, all durable.
  void put(const std::string& path, Bytes content);
  // All paths of files, sorted.
  [[nodiscard]] std::vector<std::string> paths() const;

 private:
  friend class SimFile;
  friend class SimLock;
  using Names = std::map<std::string, std::shared_ptr<SimInode>>;  // path: file

  // One change of a directory, to be done again over what was durable.
  struct NameChange {
    std::string remove, add;  // paths; empty: none
    std::shared_ptr<SimInode> inode;
  };

  Status check(Operation operation, const std::string& path);
  Status check_change(Operation operation, const std::string& path);
  void change_name(NameChange change);
  [[nodiscard]] uint64_t used() const;

  // A shared inode has two owners: its names (now and durably) and the open files; either may be
  // the last.
  Names names_, durable_names_;
  std::map<std::string, std::vector<NameChange>> pending_names_;  // by directory
  std::set<std::string> directories_{"/"};
  std::set<std::string> locked_;
  // Rises with each crash; handles of an older generation are dead. Shared, as handles may outlive
  // the disk.
  std::shared_ptr<uint64_t> generation_ = std::make_shared<uint64_t>(1);
  Fault fault_;
  std::map<Operation, std::pair<uint64_t, Error>> nth_faults_;
  std::optional<uint64_t> changes_left_;
  bool dead_ = false;  // a change was one too many
  uint64_t changes_ = 0;
  uint64_t capacity_ = UINT64_MAX;
};

}  // namespace zookernel::sim
