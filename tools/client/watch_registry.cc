#include "tools/client/watch_registry.h"

#include <utility>

#include "tools/client/path.h"

namespace zookernel::client {

using wire::EventType;
using wire::WatcherType;

namespace {

template <typename Paths>
bool take(Paths& paths, std::string_view path) {
  const auto found = paths.find(path);
  if (found == paths.end()) return false;
  paths.erase(found);
  return true;
}

// Collects paths into requests of a bounded size.
class ResetWriter {
 public:
  ResetWriter(int64_t last_zxid, std::string_view chroot, wire::Opcode opcode)
      : last_zxid_(last_zxid), chroot_(chroot), opcode_(opcode) {
    batch_.relative_zxid = last_zxid;
  }

  template <typename Paths>
  void add(const Paths& paths, std::vector<std::string> wire::SetWatches2::*list) {
    for (const std::string& path : paths) {
      std::string full = with_chroot(chroot_, path);
      if (bytes_ != 0 && bytes_ + full.size() + 4 > WatchRegistry::kResetBytesMax) flush();
      bytes_ += full.size() + 4;
      (batch_.*list).push_back(std::move(full));
    }
  }

  std::vector<WatchReset> finish() {
    if (bytes_ != 0) flush();
    return std::move(done_);
  }

 private:
  void flush() {
    std::string body;
    if (opcode_ == wire::Opcode::kSetWatches2) {
      body = wire::encoded(batch_);
    } else {
      body = wire::encoded(wire::SetWatches{last_zxid_, std::move(batch_.data_watches),
                                            std::move(batch_.exist_watches),
                                            std::move(batch_.child_watches)});
    }
    done_.push_back({opcode_, std::move(body)});
    batch_ = {};
    batch_.relative_zxid = last_zxid_;
    bytes_ = 0;
  }

  int64_t last_zxid_;
  std::string_view chroot_;  // the caller's, for the length of one call
  wire::Opcode opcode_;
  wire::SetWatches2 batch_;
  size_t bytes_ = 0;  // of the paths in batch_
  std::vector<WatchReset> done_;
};

}  // namespace

void WatchRegistry::add(WatchKind kind, std::string_view path) {
  switch (kind) {
    case WatchKind::kNone:
      return;
    case WatchKind::kData:
      data_.emplace(path);
      return;
    case WatchKind::kExists:
      exists_.emplace(path);
      return;
    case WatchKind::kChildren:
      children_.emplace(path);
      return;
    // A path has one mode; the later call changes it, as on the server.
    case WatchKind::kPersistent:
      recursive_.erase(std::string(path));
      persistent_.emplace(path);
      return;
    case WatchKind::kPersistentRecursive:
      persistent_.erase(std::string(path));
      recursive_.emplace(path);
      return;
  }
}

void WatchRegistry::clear() {
  *this = WatchRegistry();
}

bool WatchRegistry::contains(std::string_view path, WatcherType type) const {
  const bool any = type == WatcherType::kAny;
  if (any || type == WatcherType::kChildren) {
    if (children_.contains(path)) return true;
  }
  if (any || type == WatcherType::kData) {
    if (data_.contains(path) || exists_.contains(path)) return true;
  }
  if (any || type == WatcherType::kPersistent) {
    if (persistent_.contains(path)) return true;
  }
  if (any || type == WatcherType::kPersistentRecursive) {
    if (recursive_.contains(path)) return true;
  }
  return false;
}

std::vector<EventType> WatchRegistry::remove(std::string_view path, WatcherType type) {
  std::vector<EventType> events;
  const bool any = type == WatcherType::kAny;
  if (any || type == WatcherType::kData) {
    const bool data = take(data_, path);
    const bool exists = take(exists_, path);
    if (data || exists) events.push_back(EventType::kDataWatchRemoved);
  }
  if (any || type == WatcherType::kChildren) {
    if (take(children_, path)) events.push_back(EventType::kChildWatchRemoved);
  }
  if (any || type == WatcherType::kPersistent) {
    if (take(persistent_, path)) events.push_back(EventType::kPersistentWatchRemoved);
  }
  if (any || type == WatcherType::kPersistentRecursive) {
    if (take(recursive_, path)) events.push_back(EventType::kPersistentWatchRemoved);
  }
  return events;
}

bool WatchRegistry::has_recursive_above(std::string_view path) const {
  if (recursive_.empty()) return false;
  while (true) {
    if (recursive_.contains(path)) return true;
    if (path.size() <= 1) return false;
    const size_t slash = path.rfind('/');
    if (slash == std::string_view::npos) return false;
    path = slash == 0 ? std::string_view("/") : path.substr(0, slash);
  }
}

bool WatchRegistry::fire(EventType type, std::string_view path) {
  bool wanted = persistent_.contains(path);
  const bool recursive = has_recursive_above(path);
  switch (type) {
    case EventType::kNodeCreated:
    case EventType::kNodeDataChanged:
      wanted |= take(data_, path);
      wanted |= take(exists_, path);
      return wanted || recursive;
    case EventType::kNodeChildrenChanged:
      // A recursive watch hears of the children themselves instead.
      wanted |= take(children_, path);
      return wanted;
    case EventType::kNodeDeleted:
      wanted |= take(data_, path);
      wanted |= take(exists_, path);
      wanted |= take(children_, path);
      return wanted || recursive;
    default:
      return false;
  }
}

std::vector<WatchReset> WatchRegistry::reset_requests(int64_t last_zxid,
                                                      std::string_view chroot) const {
  const bool has_persistent = !persistent_.empty() || !recursive_.empty();
  ResetWriter writer(last_zxid, chroot,
                     has_persistent ? wire::Opcode::kSetWatches2 : wire::Opcode::kSetWatches);
  writer.add(data_, &wire::SetWatches2::data_watches);
  writer.add(exists_, &wire::SetWatches2::exist_watches);
  writer.add(children_, &wire::SetWatches2::child_watches);
  writer.add(persistent_, &wire::SetWatches2::persistent_watches);
  writer.add(recursive_, &wire::SetWatches2::persistent_recursive_watches);
  return writer.finish();
}

}  // namespace zookernel::client
