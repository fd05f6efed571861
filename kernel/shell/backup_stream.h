// What a running server sends for a backup, behind the word "snap", until it closes the connection:
//
//   stream := "ZKBACKUP" | int version (1) | long snapshot | long last | long accepted | long
//   current
//             block*
//   block  := byte kind | int length | int sum | length bytes
//
//   kind 'S'   bytes of the snapshot of transaction `snapshot`, as they stand in a file of Apache's
//   kind 'T'   transactions, each int length | record of Apache's log, up to and with `last`
//   kind 'E'   the end: long snapshot bytes | long transactions
//   kind 'X'   the server gave up; a sentence says why
//
// Epochs that are absent are -1. `sum` is the CRC-32 of kind, length and bytes, begun with the sum
// of the block before (the first: of the head), so that nothing is lost, doubled or swapped. What
// does not begin with ZKBACKUP is a refusal, as text. [any]
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "zookernel/bytes.h"
#include "zookernel/ids.h"
#include "zookernel/result.h"
#include "zookernel/storage.h"

namespace zookernel::shell {

inline constexpr std::string_view kBackupMagic = "ZKBACKUP";
inline constexpr uint32_t kBackupVersion = 1;
// Above this a length is damage: a record, or a piece, and a little.
inline constexpr size_t kBackupBlockBytesMax = size_t{256} << 20;

struct BackupHead {
  Zxid snapshot, last;
  Epochs epochs;
};

enum class BackupBlock : char { kSnapshot = 'S', kTransactions = 'T', kEnd = 'E', kFailed = 'X' };

class BackupEncoder {
 public:
  [[nodiscard]] std::string head(const BackupHead& head);
  // Appends to `to`.
  void block(BackupBlock kind, Bytes bytes, std::string& to);

 private:
  uint32_t sum_ = 0;
};

class BackupDecoder {
 public:
  // read(to, count) answers up to count bytes, 0 at the end.
  using Read = std::function<Result<size_t>(char* to, size_t count)>;
  explicit BackupDecoder(Read read) : read_(std::move(read)) {}

  // First. kDenied with the server's text when it refuses.
  Result<BackupHead> head();
  struct Block {
    BackupBlock kind;
    Bytes bytes;  // borrowed until the next call
  };
  // Until kEnd. kFailed comes as an error.
  Result<Block> next();

 private:
  Status fill(size_t count);

  const Read read_;
  Buffer buffer_;
  uint32_t sum_ = 0;
};

}  // namespace zookernel::shell
