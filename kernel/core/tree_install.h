// The tree that a leader sends, as it arrives: built beside the present one, and made into a
// snapshot file at the same time, so that what is written are the bytes that came. [core]
#pragma once

#include <cstdint>

#include "kernel/core/data_tree.h"
#include "kernel/core/effects.h"
#include "kernel/core/snapshot_decoder.h"
#include "zookernel/consensus.h"
#include "zookernel/result.h"

namespace zookernel::core {

class TreeInstall {
 public:
  explicit TreeInstall(const TreeOptions& options) : tree_(options), decoder_(tree_) {}

  // Takes the piece's bytes; `file` becomes what is to be written of them. An Error: no tree comes
  // of this.
  Status take(InstallSnapshot& piece, InstallPiece& file);

  // Whole when the last piece was taken.
  [[nodiscard]] DataTree& tree() { return tree_; }
  [[nodiscard]] const SnapshotDecoder::Sessions& sessions() const { return decoder_.sessions(); }

 private:
  void checksum(Bytes bytes);
  void write_end(Zxid zxid, Buffer& bytes);

  DataTree tree_;
  TreeDecoder decoder_;
  uint32_t adler_ = 1;
};

}  // namespace zookernel::core
