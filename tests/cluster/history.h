// What must hold of an ensemble of whole servers, whatever breaks:
//
//   one history        every server applies the same transactions in the same order, none left out
//   equal trees        servers that have applied the same transactions have the same tree
//   nothing invented   each request of a client becomes at most one transaction
//   answers are true   a reply to a write names a transaction of that session and xid that was
//                      committed, with the error that the transaction has
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>

#include "tests/simulation/violation.h"
#include "zookernel/storage.h"
#include "zookernel/wire/error.h"
#include "zookernel/wire/opcode.h"

namespace zookernel::cluster {

using sim::Violation;

class History {
 public:
  // A server that serves has applied this one after the last one that it told, or after jumped().
  void applied(int server, const LogRecord& record);
  // All up to here is in the tree of this server.
  void jumped(int server, Zxid to) { positions_[server] = to; }
  void state(int server, Zxid zxid, uint64_t digest, size_t nodes);
  // A reply leaves for a client.
  void answered(int64_t session, int32_t xid, wire::Opcode opcode, Zxid zxid,
                wire::ErrorCode error) const;
  void session_opened(int64_t session) const;

  [[nodiscard]] size_t transactions() const { return log_.size(); }
  // Called for each session that ends though no client asked for it, when the first server has
  // applied that.
  std::function<void(int64_t session)> on_expired;

 private:
  struct Entry {
    uint64_t hash = 0;
    int64_t session = 0;
    int32_t cxid = 0;
    wire::Opcode type = wire::Opcode::kError;
    wire::ErrorCode error = wire::ErrorCode::kOk;
  };
  struct State {
    uint64_t digest = 0;
    size_t nodes = 0;
    int server = 0;
  };

  void enter(Zxid zxid, const Entry& entry);

  std::map<Zxid, Entry> log_;
  std::map<int, Zxid> positions_;
  std::map<Zxid, State> states_;
  std::set<std::pair<int64_t, int32_t>> requests_;
  std::set<int64_t> sessions_;
};

}  // namespace zookernel::cluster
