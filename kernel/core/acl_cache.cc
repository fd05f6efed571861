#include "kernel/core/acl_cache.h"

#include "zookernel/assert.h"
#include "zookernel/wire/jute.h"
#include "zookernel/wire/records/client_views.h"

namespace zookernel::core {
namespace {

constexpr int32_t kAllPermissions = 31;
constexpr size_t kFixedLists = 2;  // kOpenAcl, kMissingAcl

std::string encode_list(std::span<const AclEntry> list) {
  Buffer out;
  wire::Writer writer(out);
  writer.write_count(list.size());
  for (const AclEntry& entry : list) {
    writer.write_int(entry.permissions);
    writer.write_string(entry.scheme);
    writer.write_string(entry.id);
  }
  return std::string(out.view());
}

std::string world_anyone(int32_t permissions) {
  const AclEntry entry{permissions, "world", "anyone"};
  return encode_list({&entry, 1});
}

}  // namespace

AclCache::AclCache() {
  clear();
}

void AclCache::clear() {
  ZOOKERNEL_ASSERT(holds_ == 0);
  by_raw_.clear();
  entries_.clear();
  free_.clear();
  held_.clear();
  last_ = kOpenAcl;
  size_ = 0;
  insert(world_anyone(kAllPermissions));
  insert(world_anyone(0));
  ZOOKERNEL_ASSERT(entries_.size() == kFixedLists);
}

void AclCache::swap(AclCache& other) {
  ZOOKERNEL_ASSERT(holds_ == 0 && other.holds_ == 0);
  entries_.swap(other.entries_);
  by_raw_.swap(other.by_raw_);
  free_.swap(other.free_);
  held_.swap(other.held_);
  std::swap(last_, other.last_);
  std::swap(size_, other.size_);
}

AclId AclCache::insert(Bytes raw) {
  auto made = std::make_unique<Entry>();
  made->raw = raw;
  wire::Reader reader(raw);
  wire::AclListView view;
  ZOOKERNEL_ASSERT(read(reader, view));
  for (const wire::AclView& entry : view.entries) {
    made->list.push_back(
        {entry.perms, std::string(entry.scheme.bytes), std::string(entry.id.bytes)});
  }
  AclId id = static_cast<AclId>(entries_.size());
  if (free_.empty()) {
    ZOOKERNEL_ASSERT(entries_.size() < UINT32_MAX);
    entries_.push_back(std::move(made));
  } else {
    id = free_.back();
    free_.pop_back();
    entries_[id] = std::move(made);
  }
  by_raw_.emplace(entries_[id]->raw, id);
  return id;
}

AclId AclCache::intern(std::span<const AclEntry> list) {
  return intern_raw(encode_list(list));
}

AclId AclCache::intern_raw(Bytes raw) {
  if (entries_[last_] == nullptr || entries_[last_]->raw != raw) {
    const auto found = by_raw_.find(raw);
    last_ = found != by_raw_.end() ? found->second : insert(raw);
  }
  add_ref(last_);
  return last_;
}

void AclCache::add_ref(AclId id) {
  if (id == kOpenAcl) return;
  Entry& entry = *entries_[id];
  if (entry.refs++ == 0) ++size_;
  ZOOKERNEL_ASSERT(entry.refs != 0);
}

void AclCache::release(AclId id) {
  if (id == kOpenAcl) return;
  Entry& entry = *entries_[id];
  ZOOKERNEL_ASSERT(entry.refs > 0);
  if (--entry.refs != 0) return;
  --size_;
  if (id < kFixedLists) return;
  by_raw_.erase(entry.raw);
  entries_[id].reset();
  (holds_ == 0 ? free_ : held_).push_back(id);
}

void AclCache::end_hold() {
  ZOOKERNEL_ASSERT(holds_ > 0);
  if (--holds_ != 0) return;
  free_.insert(free_.end(), held_.begin(), held_.end());
  held_.clear();
}

const std::vector<AclEntry>& AclCache::list(AclId id) const {
  ZOOKERNEL_ASSERT(id < entries_.size());
  ZOOKERNEL_ASSERT(entries_[id] != nullptr);
  return entries_[id]->list;
}

Bytes AclCache::raw(AclId id) const {
  ZOOKERNEL_ASSERT(id < entries_.size());
  ZOOKERNEL_ASSERT(entries_[id] != nullptr);
  return entries_[id]->raw;
}

std::vector<AclId> AclCache::ids() const {
  std::vector<AclId> ids;
  for (AclId id = kMissingAcl; id < entries_.size(); ++id) {
    if (entries_[id] != nullptr && entries_[id]->refs > 0) ids.push_back(id);
  }
  return ids;
}

}  // namespace zookernel::core
