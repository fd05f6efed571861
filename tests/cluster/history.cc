#include "tests/cluster/history.h"

#include "zookernel/log.h"
#include "zookernel/wire/records/txn.h"

namespace zookernel::cluster {
namespace {

uint64_t hash_of(Bytes bytes) {
  uint64_t hash = 0xcbf29ce484222325ull;
  for (const char byte : bytes) hash = (hash ^ static_cast<unsigned char>(byte)) * 0x100000001b3ull;
  return hash;
}

}  // namespace

void History::applied(int server, const LogRecord& record) {
  wire::Reader reader(record.body.view());
  wire::TxnHeader header;
  if (!wire::decode(reader, header) || header.zxid != record.zxid.value)
    throw Violation("one history", "a record that is not what its zxid says");
  Entry entry{hash_of(record.body.view()), header.client_id, header.cxid,
              static_cast<wire::Opcode>(header.type)};
  if (entry.type == wire::Opcode::kError)
    entry.error = static_cast<wire::ErrorCode>(reader.read_int());
  const auto known = log_.find(record.zxid);
  if (known == log_.end()) {
    enter(record.zxid, entry);
  } else if (known->second.hash != entry.hash) {
    throw Violation("one history", "server " + std::to_string(server) + " has another " +
                                       hex(record.zxid.value) + " than others");
  }
  const Zxid before = positions_[server];
  if (record.zxid <= before) return;  // once more, over a tree that had it
  const auto next = log_.upper_bound(before);
  if (next->first != record.zxid)
    throw Violation("one history", "server " + std::to_string(server) + " applies " +
                                       hex(record.zxid.value) + " after " + hex(before.value) +
                                       ", where others have " + hex(next->first.value));
  positions_[server] = record.zxid;
}

void History::enter(Zxid zxid, const Entry& entry) {
  if (!log_.empty() && zxid < log_.rbegin()->first)
    throw Violation("one history",
                    hex(zxid.value) + " is committed after " + hex(log_.rbegin()->first.value));
  if (entry.cxid > 0 && !requests_.emplace(entry.session, entry.cxid).second)
    throw Violation("nothing invented", "two transactions for xid " + std::to_string(entry.cxid) +
                                            " of session " + hex(entry.session));
  if (entry.type == wire::Opcode::kCreateSession) sessions_.insert(entry.session);
  const bool expired = entry.type == wire::Opcode::kCloseSession && entry.cxid == 0;
  if (expired && on_expired) on_expired(entry.session);
  log_.emplace(zxid, entry);
}

void History::state(int server, Zxid zxid, uint64_t digest, size_t nodes) {
  const auto [known, added] = states_.emplace(zxid, State{digest, nodes, server});
  if (added || (known->second.digest == digest && known->second.nodes == nodes)) return;
  throw Violation("equal trees", "servers " + std::to_string(known->second.server) + " and " +
                                     std::to_string(server) + " differ after " + hex(zxid.value));
}

void History::answered(int64_t session, int32_t xid, wire::Opcode opcode, Zxid zxid,
                       wire::ErrorCode error) const {
  const std::string what = "reply to xid " + std::to_string(xid) + " of session " + hex(session) +
                           ", error " + std::to_string(static_cast<int32_t>(error)) + ", zxid " +
                           hex(zxid.value);
  const auto found = log_.find(zxid);
  if (found == log_.end()) throw Violation("answers are true", what + ": no such transaction");
  const Entry& entry = found->second;
  if (entry.session != session || entry.cxid != xid)
    throw Violation("answers are true", what + ": it is of xid " + std::to_string(entry.cxid) +
                                            " of session " + hex(entry.session));
  const bool multi = opcode == wire::Opcode::kMulti && entry.type == wire::Opcode::kMulti;
  if (!multi && entry.error != error)
    throw Violation("answers are true",
                    what + ": it has error " + std::to_string(static_cast<int32_t>(entry.error)));
}

void History::session_opened(int64_t session) const {
  if (!sessions_.contains(session))
    throw Violation("answers are true", "session " + hex(session) + " was never created");
}

}  // namespace zookernel::cluster
