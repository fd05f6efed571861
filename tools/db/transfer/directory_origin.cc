#include <optional>
#include <vector>

#include "tools/db/snapshot_walk.h"
#include "tools/db/stored_data.h"
#include "tools/db/transfer/transfer.h"
#include "zookernel/log.h"

namespace zookernel::db_tool {
namespace {

class DirectoryOrigin final : public Origin {
 public:
  static Result<std::unique_ptr<Origin>> open(FileSystem& files, const Places& places) {
    auto stored = StoredData::read(files, places, StoredData::Lock::kAlways);
    if (!stored) return stored.error();
    std::unique_ptr<DirectoryOrigin> origin(new DirectoryOrigin(*std::move(stored)));
    auto contents = origin->storage().contents();
    if (!contents) return contents.error();
    origin->epochs_ = contents->epochs;
    if (Status chosen = origin->choose(*contents, places); !chosen) return chosen.error();
    auto snapshot = origin->storage().read_snapshot(origin->name_);
    if (!snapshot) return snapshot.error();
    origin->snapshot_ = *std::move(snapshot);
    auto log = origin->storage().read_log(origin->name_.next());
    if (!log) return log.error();
    origin->log_ = *std::move(log);
    return std::unique_ptr<Origin>(std::move(origin));
  }

  [[nodiscard]] Zxid snapshot_name() const override { return name_; }
  [[nodiscard]] Epochs epochs() const override { return epochs_; }
  SnapshotReader& snapshot() override { return *snapshot_; }
  TxnReader& transactions() override { return *log_; }
  // A newer snapshot that cannot be read is made up for by the logs, or is a loss.
  Status complete(const Transferred& carried) override {
    for (const auto& [name, why] : skipped_) {
      if (name <= carried.last) continue;
      return Error{Errc::kCorrupt, "the snapshot of transaction " + hex(name.value) +
                                       " is damaged (" + why +
                                       "), and the logs reach only transaction " +
                                       hex(carried.last.value) + ": what came between is lost"};
    }
    return Unit{};
  }

 private:
  explicit DirectoryOrigin(std::unique_ptr<StoredData> stored) : stored_(std::move(stored)) {}
  Storage& storage() { return stored_->storage(); }

  Status choose(const StorageContents& contents, const Places& places) {
    for (const Zxid name : contents.snapshots) {
      auto reader = storage().read_snapshot(name);
      if (!reader) return reader.error();
      const Status whole = walk_snapshot(**reader, {});
      if (whole) {
        name_ = name;
        return Unit{};
      }
      skipped_.emplace_back(name, whole.error().message);
    }
    if (skipped_.empty()) {
      return Error{Errc::kNotFound,
                   places.snapshots + " holds no snapshot: " +
                       (contents.has_log ? "start a server on it once, which writes one"
                                         : "there is nothing to carry")};
    }
    std::string reasons;
    for (const auto& [name, why] : skipped_) {
      reasons += (reasons.empty() ? "" : "; ") + hex(name.value) + ": " + why;
    }
    return Error{Errc::kCorrupt, places.snapshots + ": no snapshot can be read: " + reasons};
  }

  std::unique_ptr<StoredData> stored_;
  Zxid name_;
  Epochs epochs_;
  std::vector<std::pair<Zxid, std::string>> skipped_;
  std::unique_ptr<SnapshotReader> snapshot_;
  std::unique_ptr<TxnReader> log_;
};

}  // namespace

Result<std::unique_ptr<Origin>> open_directory(FileSystem& files, const Places& places) {
  return DirectoryOrigin::open(files, places);
}

}  // namespace zookernel::db_tool
