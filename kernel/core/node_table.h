// The znodes: where they are kept, how a path finds one, which are whose children. Knows nothing of
// transactions, ACLs or owners: the fields of a Node that carry those are its users' to set.
//
// A path is not stored. Each record holds its own name; an index holds 32 bits of hash and an id
// for each znode, and what it finds is verified by walking up the parents. So a znode costs its
// record (112 bytes), one heap block with name and data, and about 13 bytes of index. Records lie
// in slab pages that never move: a Node& stays good until its znode is erased.
//
// Ids are used again after erase(): keep a path, not an id, over anything that may erase. [core]
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "kernel/core/acl_cache.h"
#include "kernel/core/node_index.h"
#include "zookernel/bytes.h"

namespace zookernel::core {

inline constexpr NodeId kRoot = 1;  // always there

struct Node {
  int64_t czxid;
  int64_t mzxid;
  int64_t pzxid;
  int64_t ctime;  // ms since 1970, as mtime
  int64_t mtime;
  int64_t owner;  // ephemeralOwner as it is stored: 0, a session, or an encoded container or TTL
  char* block;    // name, then data; the table's
  int32_t version;
  int32_t cversion;  // as it is stored: children ever created
  int32_t aversion;
  AclId acl;
  NodeId parent;       // kNoNode for the root
  NodeId first_child;  // the newest; the list is newest first
  NodeId next;         // sibling
  NodeId previous;     // sibling
  uint32_t child_count;
  uint32_t data_size;
  uint32_t hash;         // of the path
  uint32_t crc_prefix;   // of path and data, for the digest
  uint32_t owner_index;  // position in its list in OwnerIndex
  uint32_t name_size : 30;
  uint32_t data_null : 1;
  uint32_t outside_digest : 1;
};
static_assert(sizeof(Node) == 112);

class NodeTable {
 public:
  // The limit of Node::name_size.
  static constexpr size_t kNameBytesMax = (size_t{1} << 30) - 1;

  // A table with a root that has no data (empty, not null). `hash_seed` makes collisions hard to
  // provoke; no order depends on it.
  explicit NodeTable(uint64_t hash_seed = 0);
  ~NodeTable();
  NodeTable(const NodeTable&) = delete;
  NodeTable& operator=(const NodeTable&) = delete;

  // The znode at `path`; kNoNode if there is none. "" and "/" are the root. Any bytes may be asked
  // for.
  [[nodiscard]] NodeId find(Bytes path) const;
  [[nodiscard]] NodeId find_child(NodeId parent, Bytes name) const;
  // True for an id that stands for a znode now.
  [[nodiscard]] bool contains(NodeId id) const;

  // A new znode without children, all other fields 0. `name` is not empty, holds no '/', and
  // `parent` has no child of that name.
  NodeId create(NodeId parent, Bytes name, Bytes data = {}, bool data_null = false);
  // The same for loading many, several times as fast: what it makes cannot be found by path or name
  // until settle() was called, and whether the parent has a child of that name is for settle() to
  // say.
  NodeId create_unsettled(NodeId parent, Bytes name, Bytes data, bool data_null);
  // Everything can be found. kNoNode; or one of two znodes with the same path: then the table is
  // only good for clear().
  [[nodiscard]] NodeId settle();
  // `id` has no children and is not the root. Cursors that stand on it move on.
  void erase(NodeId id);

  [[nodiscard]] Node& node(NodeId id) { return pages_[id / kPageNodes][id % kPageNodes]; }
  [[nodiscard]] const Node& node(NodeId id) const {
    return pages_[id / kPageNodes][id % kPageNodes];
  }
  // Both live until the data change or the znode is erased. The root's name is empty.
  [[nodiscard]] Bytes name(NodeId id) const { return {node(id).block, node(id).name_size}; }
  [[nodiscard]] Bytes data(NodeId id) const {
    const Node& of = node(id);
    return {of.block + of.name_size, of.data_size};
  }
  [[nodiscard]] bool data_is_null(NodeId id) const { return node(id).data_null != 0; }
  // `data` must not lie in the znode's own block. Null data have no bytes.
  void set_data(NodeId id, Bytes data, bool data_null);

  // "/" for the root.
  [[nodiscard]] std::string path_of(NodeId id) const;
  // Appends the same.
  void append_path(NodeId id, std::string& to) const;
  [[nodiscard]] size_t path_size(NodeId id) const;

  // Znodes, the root included.
  [[nodiscard]] size_t size() const { return size_; }
  // Znodes below `id`, on all levels. Kept as the tree changes, so that asking is cheap for any
  // tree.
  [[nodiscard]] size_t descendants(NodeId id) const;
  // What the table takes from the heap, allocator overhead included as far as it is known.
  [[nodiscard]] size_t memory_bytes() const;

  // The one after `id` when parents come before children and the newest sibling first; kNoNode
  // after the last. Within the subtree of `top` only, which must hold `id`.
  [[nodiscard]] NodeId next_in_preorder(NodeId id, NodeId top = kRoot) const;

  // Erases all but the root, and resets that. No Cursor may exist.
  void clear();
  // Takes over all that `other` holds, and leaves it what was here. No Cursor may exist in either.
  void swap(NodeTable& other);

  // A position in the preorder that survives changes: begins at the root; when its znode is erased
  // it moves to the one that follows. What is created after its parent was passed is not met: this
  // is what fuzzy snapshots rely on.
  class Cursor {
   public:
    explicit Cursor(NodeTable& table);
    Cursor(const Cursor&) = delete;
    Cursor& operator=(const Cursor&) = delete;
    ~Cursor();

    [[nodiscard]] NodeId at() const { return at_; }  // kNoNode: past the end
    void advance() { at_ = table_.next_in_preorder(at_); }

   private:
    friend class NodeTable;
    NodeTable& table_;  // outlives this
    NodeId at_ = kRoot;
  };

 private:
  static constexpr uint32_t kPageNodes = 4096;

  static constexpr size_t kUnsettledMax =
      16;  // as many cache misses as a processor has under way at once

  NodeId make(NodeId parent, Bytes name, Bytes data, bool data_null);
  void settle_one(NodeId id);
  [[nodiscard]] uint32_t hash_child(uint32_t parent_hash, Bytes name) const;
  [[nodiscard]] bool has_path(NodeId id, Bytes path) const;
  [[nodiscard]] NodeId take_record();
  void make_root();
  void free_blocks();
  void unlink(NodeId id);
  void count_below(NodeId parent, int change);
  void allocate_block(Node& node, size_t bytes);
  void free_block(Node& node);

  uint64_t seed_;
  std::vector<std::unique_ptr<Node[]>> pages_;  // records are not initialised before they are taken
  NodeId fresh_ = kRoot;                        // the first id that was never taken
  NodeId free_ = kNoNode;                       // head of the free list, linked by Node::next
  size_t size_ = 0;
  size_t block_bytes_ = 0;
  // Of znodes with grandchildren, but for the root: how many descendants they have that are not
  // their children. Most znodes have none, and cost nothing here. Never iterated.
  std::unordered_map<NodeId, uint32_t> deeper_;
  NodeIndex index_;
  std::array<NodeId, kUnsettledMax> unsettled_ = {};  // a ring; not yet in the index
  size_t unsettled_begin_ = 0;
  size_t unsettled_count_ = 0;
  NodeId twice_ = kNoNode;        // whose path another one has
  std::vector<Cursor*> cursors_;  // borrowed; each removes itself
};

}  // namespace zookernel::core
