#include "kernel/core/tree_install.h"

#include <libdeflate.h>

#include <utility>

#include "zookernel/wire/jute.h"
#include "zookernel/wire/records/persist.h"

namespace zookernel::core {

Status TreeInstall::take(InstallSnapshot& piece, InstallPiece& file) {
  if (Status taken = decoder_.take(piece.bytes.view()); !taken) return taken;
  if (piece.last) {
    if (Status whole = decoder_.end(piece.zxid); !whole) return whole;
  }
  file.zxid = piece.zxid;
  file.begin = piece.begin;
  file.last = piece.last;
  if (piece.begin) {
    wire::Writer writer(file.bytes);
    write(writer, wire::FileHeader{wire::kSnapshotMagic, wire::kFileVersion, wire::kSnapshotDbId});
    file.bytes.append(piece.bytes.view());
  } else {
    file.bytes = std::move(piece.bytes);
  }
  checksum(file.bytes.view());
  if (piece.last) write_end(piece.zxid, file.bytes);
  return Unit{};
}

// With the section that tells the last transaction: without it, a later truncation could not build
// on this file. What it may hold of later ones was committed, and is never taken back.
void TreeInstall::write_end(Zxid zxid, Buffer& bytes) {
  const auto seal = [this, &bytes] {
    wire::Writer writer(bytes);
    writer.write_long(adler_);
    writer.write_string("/");
  };
  const size_t tree_end = bytes.size();
  seal();
  wire::Writer(bytes).write_long(zxid.value);
  checksum(bytes.view().substr(tree_end));
  seal();
}

void TreeInstall::checksum(Bytes bytes) {
  adler_ = libdeflate_adler32(adler_, bytes.data(), bytes.size());
}

}  // namespace zookernel::core
