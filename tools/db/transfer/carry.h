// How data move from one form to another: an origin gives a snapshot and the transactions behind
// it, a receiver takes them, and carry() stands between them and believes neither: each seal,
// count and number is checked on the way. Memory is that of a znode or a record, whatever the size.
#pragma once

#include <functional>
#include <memory>

#include "tools/db/snapshot_walk.h"
#include "zookernel/ids.h"
#include "zookernel/result.h"
#include "zookernel/storage.h"

namespace zookernel::db_tool {

struct Transferred {
  uint64_t znodes = 0, sessions = 0, acls = 0, transactions = 0;
  Zxid last;
};

// Directory, archive, or running server.
class Origin {
 public:
  virtual ~Origin() = default;
  [[nodiscard]] virtual Zxid snapshot_name() const = 0;
  [[nodiscard]] virtual Epochs epochs() const = 0;
  // To be read to its end before the first transaction.
  virtual SnapshotReader& snapshot() = 0;
  virtual TxnReader& transactions() = 0;
  // After the end: was this all that there is?
  virtual Status complete(const Transferred& carried) = 0;
};

class Receiver {
 public:
  virtual ~Receiver() = default;
  virtual Status begin(const Origin& origin) = 0;
  // The snapshot, in the form that the receiver likes better: as it stands in a file, or in parts.
  virtual Status snapshot_bytes(Bytes) { return Unit{}; }
  virtual SnapshotVisitor visitor() { return {}; }
  virtual Status snapshot_end() { return Unit{}; }
  virtual Status transaction(Zxid zxid, Bytes record) = 0;
  // Everything is there and checked: it gets its name. Without it nothing may be taken for data.
  virtual Status finish(const Transferred& carried) = 0;
};

Result<Transferred> carry(Origin& from, Receiver& to);

}  // namespace zookernel::db_tool
