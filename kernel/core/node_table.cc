#include "kernel/core/node_table.h"

#include <algorithm>
#include <cstring>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "zookernel/assert.h"

namespace zookernel::core {
namespace {

constexpr NodeId kFreed = UINT32_MAX;  // in first_child of a record that is free

// What the allocator would hand out for `bytes` anyway, so that data may grow a little without a
// new block.
size_t block_capacity(size_t bytes) {
  constexpr size_t kOverhead = 8;
  const size_t chunk = (bytes + kOverhead + 15) / 16 * 16;
  return std::max<size_t>(chunk, 32) - kOverhead;
}

}  // namespace

NodeTable::NodeTable(uint64_t hash_seed) : seed_(hash_seed) {
  make_root();
}

NodeTable::~NodeTable() {
  ZOOKERNEL_ASSERT(cursors_.empty());
  free_blocks();
}

void NodeTable::make_root() {
  const NodeId id = take_record();
  ZOOKERNEL_ASSERT(id == kRoot);
  Node& root = node(id);
  root = {};
  root.hash = static_cast<uint32_t>(seed_ >> 32) ^ 0x9e3779b9u;
  size_ = 1;
}

void NodeTable::free_blocks() {
  for (NodeId id = kRoot; id < fresh_; ++id) {
    if (node(id).first_child != kFreed) free_block(node(id));
  }
}

void NodeTable::clear() {
  ZOOKERNEL_ASSERT(cursors_.empty());
  free_blocks();
  pages_.clear();
  index_.clear();
  deeper_.clear();
  fresh_ = kRoot;
  free_ = kNoNode;
  unsettled_count_ = 0;
  twice_ = kNoNode;
  make_root();
}

void NodeTable::swap(NodeTable& other) {
  ZOOKERNEL_ASSERT(cursors_.empty() && other.cursors_.empty());
  std::swap(seed_, other.seed_);
  pages_.swap(other.pages_);
  std::swap(fresh_, other.fresh_);
  std::swap(free_, other.free_);
  std::swap(size_, other.size_);
  std::swap(block_bytes_, other.block_bytes_);
  deeper_.swap(other.deeper_);
  std::swap(index_, other.index_);
  std::swap(unsettled_, other.unsettled_);
  std::swap(unsettled_begin_, other.unsettled_begin_);
  std::swap(unsettled_count_, other.unsettled_count_);
  std::swap(twice_, other.twice_);
}

// The hash of a path is made from its components, each seeded by the hash of what stands before it:
// so a child's hash needs its parent's record and its name, never the whole path.
uint32_t NodeTable::hash_child(uint32_t parent_hash, Bytes name) const {
  return static_cast<uint32_t>(XXH3_64bits_withSeed(name.data(), name.size(), seed_ ^ parent_hash));
}

NodeId NodeTable::find(Bytes path) const {
  if (path.empty() || path == "/") return kRoot;
  if (path.front() != '/') return kNoNode;
  uint32_t hash = node(kRoot).hash;
  const char* at = path.data() + 1;
  const char* const end = path.data() + path.size();
  for (;;) {
    const void* slash = std::memchr(at, '/', static_cast<size_t>(end - at));
    const char* stop = slash == nullptr ? end : static_cast<const char*>(slash);
    hash = hash_child(hash, {at, static_cast<size_t>(stop - at)});
    if (stop == end) break;
    at = stop + 1;
  }
  return index_.find(hash, [&](NodeId id) { return has_path(id, path); });
}

bool NodeTable::has_path(NodeId id, Bytes path) const {
  while (id != kRoot) {
    const Node& at = node(id);
    const size_t size = at.name_size;
    if (path.size() <= size) return false;
    const size_t slash = path.size() - size - 1;
    if (path[slash] != '/' || std::memcmp(path.data() + slash + 1, at.block, size) != 0)
      return false;
    path.remove_suffix(size + 1);
    id = at.parent;
  }
  return path.empty();
}

NodeId NodeTable::find_child(NodeId parent, Bytes name) const {
  return index_.find(hash_child(node(parent).hash, name), [&](NodeId id) {
    return node(id).parent == parent && this->name(id) == name;
  });
}

bool NodeTable::contains(NodeId id) const {
  return id != kNoNode && id < fresh_ && node(id).first_child != kFreed;
}

NodeId NodeTable::take_record() {
  if (free_ != kNoNode) {
    const NodeId id = free_;
    free_ = node(id).next;
    return id;
  }
  const NodeId id = fresh_;
  ZOOKERNEL_ASSERT(id != kFreed);
  if (id / kPageNodes == pages_.size())
    pages_.push_back(std::unique_ptr<Node[]>(new Node[kPageNodes]));
  ++fresh_;
  return id;
}

NodeId NodeTable::create(NodeId parent, Bytes name, Bytes data, bool data_null) {
  const NodeId id = make(parent, name, data, data_null);
  index_.insert(node(id).hash, id);
  return id;
}

// What makes a create slow is the way to its slot in the index, which is never in a cache. So the
// slot is asked for, and used some creates later.
NodeId NodeTable::create_unsettled(NodeId parent, Bytes name, Bytes data, bool data_null) {
  const NodeId id = make(parent, name, data, data_null);
  index_.prefetch(node(id).hash);
  if (unsettled_count_ == kUnsettledMax) {
    settle_one(unsettled_[unsettled_begin_]);
    unsettled_begin_ = (unsettled_begin_ + 1) % kUnsettledMax;
    --unsettled_count_;
  }
  unsettled_[(unsettled_begin_ + unsettled_count_) % kUnsettledMax] = id;
  ++unsettled_count_;
  return id;
}

void NodeTable::settle_one(NodeId id) {
  const Node& made = node(id);
  const NodeId other = index_.find(made.hash, [&](NodeId found) {
    return node(found).parent == made.parent && name(found) == name(id);
  });
  if (other != kNoNode) {
    twice_ = id;
  } else {
    index_.insert(made.hash, id);
  }
}

NodeId NodeTable::settle() {
  for (; unsettled_count_ > 0; --unsettled_count_) {
    settle_one(unsettled_[unsettled_begin_]);
    unsettled_begin_ = (unsettled_begin_ + 1) % kUnsettledMax;
  }
  return twice_;
}

NodeId NodeTable::make(NodeId parent, Bytes name, Bytes data, bool data_null) {
  ZOOKERNEL_ASSERT(contains(parent));
  ZOOKERNEL_ASSERT(!name.empty());
  ZOOKERNEL_ASSERT(name.size() <= kNameBytesMax);
  ZOOKERNEL_ASSERT(data.size() <= INT32_MAX);
  if (data_null) ZOOKERNEL_ASSERT(data.empty());

  const NodeId id = take_record();
  Node& made = node(id);
  Node& above = node(parent);
  made = {};
  made.name_size = static_cast<uint32_t>(name.size()) & kNameBytesMax;
  made.data_size = static_cast<uint32_t>(data.size());
  made.data_null = data_null;
  allocate_block(made, name.size() + data.size());
  std::memcpy(made.block, name.data(), name.size());
  if (!data.empty()) std::memcpy(made.block + name.size(), data.data(), data.size());
  made.hash = hash_child(above.hash, name);

  made.parent = parent;
  made.next = above.first_child;
  if (made.next != kNoNode) node(made.next).previous = id;
  above.first_child = id;
  ++above.child_count;
  ++size_;
  count_below(parent, 1);
  return id;
}

// A child of `parent` came or went: those above the parent have one descendant more or less. The
// root's number is the size of the table.
void NodeTable::count_below(NodeId parent, int change) {
  if (parent == kRoot) return;
  for (NodeId at = node(parent).parent; at != kRoot; at = node(at).parent) {
    uint32_t& count = deeper_[at];
    count += static_cast<uint32_t>(change);
    if (count == 0) deeper_.erase(at);
  }
}

size_t NodeTable::descendants(NodeId id) const {
  if (id == kRoot) return size_ - 1;
  const auto found = deeper_.find(id);
  return node(id).child_count + size_t{found == deeper_.end() ? 0 : found->second};
}

void NodeTable::erase(NodeId id) {
  ZOOKERNEL_ASSERT(contains(id));
  ZOOKERNEL_ASSERT(id != kRoot);
  Node& gone = node(id);
  ZOOKERNEL_ASSERT(gone.first_child == kNoNode);
  for (Cursor* cursor : cursors_) {
    if (cursor->at_ == id) cursor->at_ = next_in_preorder(id);
  }
  index_.erase(gone.hash, id);
  unlink(id);
  free_block(gone);
  gone.first_child = kFreed;
  gone.next = free_;
  free_ = id;
  --size_;
}

void NodeTable::unlink(NodeId id) {
  const Node& gone = node(id);
  Node& above = node(gone.parent);
  if (gone.next != kNoNode) node(gone.next).previous = gone.previous;
  if (gone.previous != kNoNode) {
    node(gone.previous).next = gone.next;
  } else {
    above.first_child = gone.next;
  }
  ZOOKERNEL_ASSERT(above.child_count > 0);
  --above.child_count;
  count_below(gone.parent, -1);
}

void NodeTable::set_data(NodeId id, Bytes data, bool data_null) {
  ZOOKERNEL_ASSERT(contains(id));
  ZOOKERNEL_ASSERT(data.size() <= INT32_MAX);
  if (data_null) ZOOKERNEL_ASSERT(data.empty());
  Node& to = node(id);
  const size_t name_size = to.name_size;
  const size_t bytes = name_size + data.size();
  if (to.block == nullptr || block_capacity(bytes) != block_capacity(name_size + to.data_size)) {
    Node old = to;  // keeps the block until the name is copied
    allocate_block(to, bytes);
    if (name_size != 0) std::memcpy(to.block, old.block, name_size);
    free_block(old);
  }
  if (!data.empty()) std::memcpy(to.block + name_size, data.data(), data.size());
  to.data_size = static_cast<uint32_t>(data.size());
  to.data_null = data_null;
}

void NodeTable::allocate_block(Node& node, size_t bytes) {
  const size_t capacity = block_capacity(bytes);
  node.block = static_cast<char*>(::operator new(capacity));
  block_bytes_ += capacity + 8;
}

void NodeTable::free_block(Node& node) {
  if (node.block == nullptr) return;
  block_bytes_ -= block_capacity(size_t{node.name_size} + node.data_size) + 8;
  ::operator delete(node.block);
  node.block = nullptr;
}

std::string NodeTable::path_of(NodeId id) const {
  std::string path;
  append_path(id, path);
  return path;
}

void NodeTable::append_path(NodeId id, std::string& to) const {
  const size_t begin = to.size();
  to.resize(begin + path_size(id));
  if (id == kRoot) to[begin] = '/';
  size_t end = to.size();
  for (; id != kRoot; id = node(id).parent) {
    const Bytes part = name(id);
    end -= part.size();
    std::memcpy(to.data() + end, part.data(), part.size());
    to[--end] = '/';
  }
}

size_t NodeTable::path_size(NodeId id) const {
  size_t size = id == kRoot ? 1 : 0;
  for (; id != kRoot; id = node(id).parent) size += 1 + size_t{node(id).name_size};
  return size;
}

NodeId NodeTable::next_in_preorder(NodeId id, NodeId top) const {
  if (node(id).first_child != kNoNode) return node(id).first_child;
  for (; id != top; id = node(id).parent) {
    if (node(id).next != kNoNode) return node(id).next;
  }
  return kNoNode;
}

size_t NodeTable::memory_bytes() const {
  return pages_.size() * (kPageNodes * sizeof(Node) + 16) + pages_.capacity() * sizeof(pages_[0]) +
         block_bytes_ + index_.memory_bytes() + deeper_.size() * 32 + deeper_.bucket_count() * 8;
}

NodeTable::Cursor::Cursor(NodeTable& table) : table_(table) {
  table_.cursors_.push_back(this);
}

NodeTable::Cursor::~Cursor() {
  std::erase(table_.cursors_, this);
}

}  // namespace zookernel::core
