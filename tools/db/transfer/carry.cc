#include "tools/db/transfer/carry.h"

#include <algorithm>
#include <optional>

#include "zookernel/log.h"
#include "zookernel/wire/txn_order.h"

namespace zookernel::db_tool {
namespace {

// Gives the receiver what the walk reads.
class PassedOn final : public SnapshotReader {
 public:
  PassedOn(SnapshotReader& from, Receiver& to) : from_(from), to_(to) {}
  Result<size_t> read(char* to, size_t count) override {
    auto got = from_.read(to, count);
    if (!got || *got == 0) return got;
    if (Status taken = to_.snapshot_bytes({to, *got}); !taken) return taken.error();
    return got;
  }

 private:
  SnapshotReader& from_;
  Receiver& to_;
};

class Carry {
 public:
  Carry(Origin& from, Receiver& to) : from_(from), to_(to) {}

  Result<Transferred> run() {
    counts_.last = from_.snapshot_name();
    if (Status begun = to_.begin(from_); !begun) return begun.error();
    if (Status done = snapshot(); !done) return done.error();
    if (Status done = transactions(); !done) return done.error();
    if (newest_inside_ > counts_.last) {
      return Error{Errc::kCorrupt, "the snapshot holds changes of transaction " +
                                       hex(newest_inside_.value) + ", but the log ends at " +
                                       hex(counts_.last.value) + ": transactions are missing"};
    }
    if (Status whole = from_.complete(counts_); !whole) return whole.error();
    if (Status finished = to_.finish(counts_); !finished) return finished.error();
    return counts_;
  }

 private:
  Status snapshot() {
    PassedOn reader(from_.snapshot(), to_);
    const SnapshotVisitor inner = to_.visitor();
    SnapshotVisitor visitor = inner;
    visitor.session = [&](const wire::SessionEntry& session) {
      ++counts_.sessions;
      if (inner.session) inner.session(session);
    };
    visitor.acl = [&](int64_t ref, const wire::AclListView& list) {
      ++counts_.acls;
      if (inner.acl) inner.acl(ref, list);
    };
    visitor.node = [&](const SnapshotNode& node) {
      ++counts_.znodes;
      note(node.stat);
      if (inner.node) inner.node(node);
    };
    visitor.last_zxid = [&](Zxid last) {
      newest_inside_ = std::max(newest_inside_, last);
      if (inner.last_zxid) inner.last_zxid(last);
    };
    if (Status walked = walk_snapshot(reader, visitor); !walked) {
      if (walked.error().code != Errc::kCorrupt) return walked;
      return Error{Errc::kCorrupt, "snapshot of transaction " + hex(from_.snapshot_name().value) +
                                       ": " + walked.error().message};
    }
    return to_.snapshot_end();
  }

  // Older snapshots do not say how far they reach; their znodes do.
  void note(const wire::StatPersisted& stat) {
    newest_inside_ =
        std::max({newest_inside_, Zxid{stat.czxid}, Zxid{stat.mzxid}, Zxid{stat.pzxid}});
  }

  Status transactions() {
    TxnReader& reader = from_.transactions();
    for (;;) {
      auto record = reader.next();
      if (!record) return record.error();
      if (!*record) return Unit{};
      const auto [zxid, body] = **record;
      const auto order = wire::order_of(counts_.last, zxid);
      if (order == wire::Order::kGap || order == wire::Order::kBack) {
        return Error{Errc::kCorrupt,
                     "transaction " + hex(zxid.value) + " follows " + hex(counts_.last.value)};
      }
      if (Status taken = to_.transaction(zxid, body); !taken) return taken;
      counts_.last = zxid;
      ++counts_.transactions;
    }
  }

  Origin& from_;
  Receiver& to_;
  Transferred counts_;
  Zxid newest_inside_;
};

}  // namespace

Result<Transferred> carry(Origin& from, Receiver& to) {
  return Carry(from, to).run();
}

}  // namespace zookernel::db_tool
