// Reads a snapshot of any release from 3.4 on, uncompressed; see snapshot_encoder.h for the format.
// Releases differ in the sections behind the tree, which are told apart by their lengths: none, 33
// bytes (digest), 21 (last zxid) or 54 (both). [core]
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "kernel/core/data_tree.h"
#include "zookernel/ids.h"
#include "zookernel/result.h"

namespace zookernel::core {

class SnapshotDecoder {
 public:
  // Answers up to count bytes, 0 at the end.
  using ReadBytes = std::function<Result<size_t>(char* to, size_t count)>;
  using Sessions = std::vector<std::pair<int64_t, int32_t>>;  // id, timeout in ms

  // Replaces all that is in `tree`, which becomes the tree after transaction `name`, and fills
  // `sessions` in the order of the file. On an Error, which names the byte where the trouble is,
  // both are spoilt. Nothing in the file is believed before it was checked; memory is taken as
  // bytes arrive, not as lengths promise. A znode whose ACL is not in the file's table gets
  // kMissingAcl: replay repairs what a fuzzy snapshot left out.
  static Status load(Zxid name, const ReadBytes& read, DataTree& tree, Sessions& sessions);
};

// The tree section alone, as one server streams it to another: no header, no seal, and it comes in
// pieces. Memory beyond the tree's is that of one znode.
class TreeDecoder {
 public:
  // Empties `tree`, which outlives this.
  explicit TreeDecoder(DataTree& tree);
  ~TreeDecoder();
  TreeDecoder(const TreeDecoder&) = delete;
  TreeDecoder& operator=(const TreeDecoder&) = delete;

  // After an Error the tree is spoilt.
  Status take(Bytes piece);
  // Everything was taken: an Error unless the tree ended with it. It is the tree after transaction
  // `name`, and may hold effects of later ones.
  Status end(Zxid name);
  [[nodiscard]] const SnapshotDecoder::Sessions& sessions() const { return sessions_; }

 private:
  class Load;

  SnapshotDecoder::Sessions sessions_;
  std::unique_ptr<Load> load_;
};

}  // namespace zookernel::core
