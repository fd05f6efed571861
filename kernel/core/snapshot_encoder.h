// Writes the tree as a snapshot of Apache's format, a piece at a time, while transactions go on:
// the file is named after the transaction that was the last when it began, and may hold effects of
// later ones, which replay applies once more.
//
//   snapshot := FileHeader sessions acls nodes "/" Seal
//               [ SnapshotDigest Seal ]  long last_zxid Seal
//
// Parents come before children, and a child that is created after its parent was written is left
// out, as Apache's reader and replay need it. Sessions and ACLs are as they were at the beginning;
// digest and last_zxid as they are at the end. The digest section is left out when the tree keeps
// no digest. [core]
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "kernel/core/data_tree.h"
#include "zookernel/bytes.h"
#include "zookernel/ids.h"

namespace zookernel::core {

class SnapshotEncoder {
 public:
  enum class Form : uint8_t {
    kFile,
    kStream,  // what one server sends another: no file header, and instead of the seals an end mark
  };
  // `sessions`: id and timeout in ms, ascending. The tree outlives the encoder, and no record is
  // being applied.
  SnapshotEncoder(DataTree& tree, const std::vector<std::pair<int64_t, int32_t>>& sessions,
                  Form form = Form::kFile);
  SnapshotEncoder(const SnapshotEncoder&) = delete;
  SnapshotEncoder& operator=(const SnapshotEncoder&) = delete;

  // The snapshot's name.
  [[nodiscard]] Zxid name() const { return name_; }
  // Appends the next `node_budget` znodes (at least one) to `out`. False when this was the last
  // piece; then no more calls.
  bool slice(size_t node_budget, Buffer& out);

 private:
  void write_node(NodeId id, Buffer& out);
  void write_end(Buffer& out);
  void write_seal(Buffer& out);
  void checksum(const Buffer& out);

  DataTree& tree_;
  const Zxid name_;
  const Form form_;
  AclCache::HoldIds hold_;
  NodeTable::Cursor cursor_;
  Buffer head_;              // what comes before the znodes; empty once it is written
  uint32_t adler_ = 1;       // over all before summed_
  size_t summed_ = 0;        // bytes of this slice's `out` that adler_ knows
  NodeId parent_ = kNoNode;  // whose path is parent_path_; for the time of one slice
  std::string parent_path_;
  bool done_ = false;
};

}  // namespace zookernel::core
