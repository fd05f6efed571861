// Turns write requests into transactions: checks each against the tree and all that is proposed
// before it, gives it a zxid, and says what it will do, a tree digest included. A request that
// fails becomes an error transaction; nothing is changed here but the overlay. Source:
// PrepRequestProcessor.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "kernel/core/auth_schemes.h"
#include "kernel/core/data_tree.h"
#include "kernel/core/options.h"
#include "kernel/core/overlay.h"
#include "kernel/core/session_table.h"
#include "zookernel/bytes.h"
#include "zookernel/consensus.h"
#include "zookernel/storage.h"
#include "zookernel/wire/error.h"
#include "zookernel/wire/opcode.h"
#include "zookernel/wire/records/client_views.h"

namespace zookernel::core {

// Who asks.
struct Requester {
  SessionId session;
  int32_t cxid = 0;
  std::span<const Identity> identities;
  int64_t wall_ms = 0;
  ConnId through = kOwnClients;  // the learner that passes it on
};

class Preparer {
 public:
  // Everything is borrowed from the server.
  Preparer(const Options& options, DataTree& tree, SessionTable& sessions,
           const AuthSchemes& schemes);

  // Knows who takes part; borrowed. Before serving.
  void use(const ConsensusMachine& machine) { machine_ = &machine; }
  // Zxids continue after `last`; nothing is outstanding.
  void reset(Zxid last);
  // The transaction for a write. Empty: the body cannot be parsed, the answer is a marshalling
  // error and no zxid is taken. `failed`, when not null, learns the error that the transaction
  // records.
  [[nodiscard]] std::optional<LogRecord> prepare(const Requester& who, wire::Opcode opcode,
                                                 Bytes body);
  // The transaction that only says why the request failed.
  [[nodiscard]] LogRecord refuse(const Requester& who, wire::ErrorCode error);
  [[nodiscard]] LogRecord create_session(SessionId session, int32_t timeout_ms, int64_t wall_ms,
                                         int32_t cxid = 0);
  [[nodiscard]] LogRecord close_session(const Requester& who);
  // The end of a container or TTL znode. Empty when something outstanding has made it another, or
  // gave it a child, since the tree said that it is due: then it stays.
  [[nodiscard]] std::optional<LogRecord> delete_container(Bytes path, int64_t wall_ms);
  // A line for the log about the request that was prepared last; empty mostly. Takes it away.
  [[nodiscard]] std::string take_warning() { return std::exchange(warning_, {}); }
  // How often a quota refused something, by the first name of its path.
  [[nodiscard]] const std::map<std::string, int64_t>& quota_refusals() const {
    return quota_refusals_;
  }
  void reset_quota_refusals() { quota_refusals_.clear(); }
  // The tree has everything up to `zxid`.
  void applied(Zxid zxid);
  [[nodiscard]] size_t outstanding() const {
    return static_cast<size_t>(last_.value - applied_.value);
  }

 private:
  using Error = wire::ErrorCode;

  // One create of any kind, from its record, alone or inside a multi.
  struct Create {
    wire::Opcode opcode;
    wire::OptBytes path;
    Bytes data;
    bool data_null;
    const wire::AclListView* acl;
    int32_t flags;
    int64_t ttl;
  };

  // prepare_create.cc
  Error create(const Requester& who, const Create& request, wire::Opcode& type, Buffer& txn);
  // prepare_change.cc; each appends the transaction's body
  Error remove(const Requester& who, const wire::DeleteRequestView& request, Buffer& txn);
  Error set_data(const Requester& who, const wire::SetDataRequestView& request, Buffer& txn);
  Error set_acl(const Requester& who, const wire::SetAclRequestView& request, Buffer& txn);
  Error check(const Requester& who, const wire::CheckVersionRequestView& request, Buffer& txn);
  // prepare_quota.cc; for a change that adds so much at `path`
  Error check_quota(Bytes path, int64_t bytes, int64_t count);
  // prepare_multi.cc; other than kDone: the whole request cannot be understood
  enum class Multi : uint8_t { kDone, kBad, kBadWithoutZxid };
  Multi multi(const Requester& who, Bytes body, Buffer& txn);
  Error multi_part(const Requester& who, wire::Opcode opcode, wire::Reader& reader,
                   bool& understood, wire::Opcode& type, Buffer& txn);

  // The single write `opcode`: false when the body cannot be parsed.
  bool single(const Requester& who, wire::Opcode opcode, Bytes body, Error& error,
              wire::Opcode& type, Buffer& txn);

  // prepare_reconfig.cc
  Error reconfig(const Requester& who, const wire::ReconfigRequestView& request, Buffer& txn);
  Error next_ensemble(const wire::ReconfigRequestView& request, Ensemble& next) const;
  // A session that may still write, and does so through the server that its client came to last?
  Error check_session(const Requester& who) const;
  // The state of a path after everything outstanding; false when there is no such znode.
  bool look_up(Bytes path, ChangeRecord& record) const;
  [[nodiscard]] const std::vector<AclEntry>& acl_of(const ChangeRecord& record) const;
  [[nodiscard]] bool allows(const Requester& who, const ChangeRecord& record, int32_t permissions,
                            Bytes path) const;
  // Notes that `path` changes from `before` (null: it is new) to `after`, for those who come later
  // and for the digest.
  void change(Bytes path, const ChangeRecord* before, ChangeRecord after);
  // The same for a znode that goes, and for what its parent loses.
  void change_to_removed(Bytes path, const ChangeRecord& node, Bytes parent_path,
                         const ChangeRecord& parent);
  static void write_acl(wire::Writer& writer, const std::vector<AclEntry>& acl);

  // Header, body and digest as one record; takes the next zxid, which the body was made for.
  LogRecord seal(const Requester& who, wire::Opcode type, Bytes body, bool with_digest);
  LogRecord error_record(const Requester& who, Error error);

  const Options& options_;
  DataTree& tree_;
  SessionTable& sessions_;
  const AuthSchemes& schemes_;
  const ConsensusMachine* machine_ = nullptr;
  Overlay overlay_;
  Zxid last_;  // taken last
  Zxid applied_;
  Zxid zxid_;            // of the transaction that is being made
  uint64_t digest_ = 0;  // of the tree after everything outstanding

  std::string warning_;
  std::map<std::string, int64_t> quota_refusals_;

  Buffer body_;  // scratch of prepare()
  Buffer part_;  // scratch of multi()
  std::vector<AclEntry> acl_;
  wire::CreateRequestView create_view_;
  wire::CreateTtlRequestView create_ttl_view_;
  wire::SetAclRequestView set_acl_view_;
};

}  // namespace zookernel::core
