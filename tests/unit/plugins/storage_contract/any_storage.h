// A storage of either kind over a simulated disk, and snapshots that both can keep.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tests/unit/plugins/storage_file/harness.h"

namespace zookernel::test {

inline const std::vector<std::string> kStorages = {"file", "sqlite"};

// Settings on top of dataDir=/d.
struct AnyStorage {
  AnyStorage(const std::string& kind, FileSystem& files,
             std::map<std::string, std::string> settings = {});
  // Configures and starts; made apart so that tests can look at failures.
  Status begin();

  file_storage::FakeHost host;
  file_storage::FakeSettings settings;
  std::unique_ptr<Storage> storage;
};

// A whole snapshot of Apache's: sessions, an ACL, `znodes` children of the root with data that
// depend on `inside`.
std::string tree_snapshot(Zxid inside, int znodes = 20);
Status write_tree(Storage& storage, Zxid zxid, Zxid inside, int znodes = 20);

// What a kernel does at start: newest snapshot, log behind it, recovered(). The last zxid.
Result<Zxid> recover_any(Storage& storage, file_storage::Reading* reading = nullptr);

}  // namespace zookernel::test
