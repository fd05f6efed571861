// The checker's model of what a committed transaction does: to the tree, to who watches, to who
// asked.
#include "tests/simulation/checkers.h"
#include "tests/simulation/trace.h"
#include "tests/simulation/violation.h"
#include "zookernel/log.h"
#include "zookernel/wire/records/multi.h"
#include "zookernel/wire/records/txn.h"

namespace zookernel::sim {

using wire::ErrorCode;
using wire::Opcode;

namespace {

bool is_create(Opcode type) {
  return type == Opcode::kCreate || type == Opcode::kCreate2 || type == Opcode::kCreateContainer ||
         type == Opcode::kCreateTtl;
}

}  // namespace

// What the record must hold, the digest aside.
ExpectedTxn Checker::expected_of(const Proposal& proposal, const wire::TxnHeader& header,
                                 Bytes body) {
  switch (proposal.opcode) {
    case Opcode::kCreateSession:
      return {
          proposal.opcode,
          wire::encoded(wire::CreateSessionTxn{sessions_.at(header.client_id).stored_timeout_ms})};
    case Opcode::kDeleteContainer:
      return {proposal.opcode, wire::encoded(wire::DeleteTxn{proposal.request})};
    case Opcode::kCloseSession:
      return {proposal.opcode, std::string(body)};  // the order of its list is the server's affair
    default:
      return expected_txn(tree_, plan_.options.extended_types, proposal.writer, proposal.opcode,
                          proposal.request, header);
  }
}

void Checker::apply(int64_t zxid, bool serving) {
  const Proposal& proposal = history_[static_cast<size_t>(zxid - 1)];
  wire::Reader reader(proposal.bytes);
  wire::TxnHeader header;
  const bool whole = wire::decode(reader, header);
  ZOOKERNEL_ASSERT(whole);  // take_proposal() has read it
  const auto type = static_cast<Opcode>(header.type);
  // Single requests that fail change nothing and carry no digest.
  const size_t digest_bytes = type == Opcode::kError ? 0 : wire::kTxnDigestBytes;
  const Bytes rest = reader.rest();
  if (rest.size() < digest_bytes)
    throw Violation("a proposal is what was asked for", "it has no digest");
  const Bytes body = rest.substr(0, rest.size() - digest_bytes);

  const ExpectedTxn expected = expected_of(proposal, header, body);
  if (type != expected.type || body != Bytes(expected.body)) {
    wire::TxnHeader due = header;
    due.type = static_cast<int32_t>(expected.type);
    throw Violation("a proposal is what was asked for",
                    describe_record(proposal.bytes) + ", due was " +
                        describe_record(wire::encoded(due) + expected.body));
  }

  std::vector<ModelChange> changes;
  const std::vector<PartResult> results = apply_parts(header, body, changes);
  zxid_ = zxid;
  if (digest_bytes != 0 && rest.substr(body.size()) !=
                               Bytes(wire::encoded(wire::TxnDigest{
                                   wire::kTxnDigestVersion, static_cast<int64_t>(tree_.digest())})))
    throw Violation("a proposal has the digest of the tree after it",
                    describe_record(proposal.bytes));

  if (type == Opcode::kCloseSession) ended_sessions_[header.client_id] = zxid;
  if (type == Opcode::kCreateSession) {
    sessions_.at(header.client_id).committed = true;
  }
  if (!serving) {
    if (type == Opcode::kCloseSession) sessions_.erase(header.client_id);
    return;
  }
  fire(changes, zxid);
  const auto asked = connections_.find(proposal.conn);
  if (asked != connections_.end() && !asked->second.requests.empty() &&
      asked->second.requests.front().zxid == zxid) {
    answer_write(proposal.conn, asked->second, header, results);
    if (type != Opcode::kCloseSession) run_reads(proposal.conn, asked->second);
  }
  if (type == Opcode::kCloseSession) {
    const ConnId conn = sessions_.at(header.client_id).conn;
    if (conn != ConnId{}) end_connection(conn);
    sessions_.erase(header.client_id);
  }
}

std::vector<Checker::PartResult> Checker::apply_parts(const wire::TxnHeader& header, Bytes body,
                                                      std::vector<ModelChange>& changes) {
  const auto one = [&](Opcode type, Bytes bytes) {
    PartResult result;
    result.type = type;
    wire::Reader reader(bytes);
    if (type == Opcode::kError) {
      result.error = static_cast<ErrorCode>(reader.read_int());
      return result;
    }
    tree_.apply(header, type, bytes, changes);
    if (is_create(type) || type == Opcode::kSetData || type == Opcode::kSetAcl) {
      result.path = std::string(reader.read_string().bytes);
      result.stat = tree_.stat(result.path);
    }
    return result;
  };
  if (header.type != static_cast<int32_t>(Opcode::kMulti))
    return {one(static_cast<Opcode>(header.type), body)};

  wire::MultiTxn multi;
  wire::Reader reader(body);
  const bool whole = wire::decode(reader, multi);
  ZOOKERNEL_ASSERT(whole);  // it equals the one we made
  bool failed = false;
  for (const wire::Txn& part : multi.txns)
    failed = failed || part.type == static_cast<int32_t>(Opcode::kError);
  std::vector<PartResult> results;
  for (const wire::Txn& part : multi.txns) {
    const auto type = static_cast<Opcode>(part.type);
    if (failed && type != Opcode::kError) {
      results.push_back({Opcode::kError, ErrorCode::kOk, "", {}});  // undone
    } else {
      results.push_back(one(type, part.data.value_or("")));
    }
  }
  return results;
}

// ---- watches

void Checker::fire_list(Watches Connection::*list, wire::EventType type, const std::string& path,
                        const std::vector<wire::Acl>& acl, int64_t zxid, std::set<ConnId>* told) {
  for (auto& [id, connection] : connections_) {
    Watches& watches = connection.*list;
    bool hears = false;
    if (const auto at = watches.find(path); at != watches.end()) {
      hears = true;
      at->second &= ~unsigned{kOnce};
      if (at->second == 0) watches.erase(at);
    }
    for (std::string above = path; above != "/" && !hears;) {
      above = parent_of(above);
      const auto at = watches.find(above);
      hears = at != watches.end() && (at->second & kRecursive) != 0;
    }
    if (!hears) continue;
    if (told != nullptr && !told->insert(id).second) continue;
    // Who may not read it is not told; the watch is used up all the same.
    if (allowed(connection.ids, acl, wire::kPermRead)) expect_event(id, type, path, zxid);
  }
}

void Checker::fire(const std::vector<ModelChange>& changes, int64_t zxid) {
  for (const ModelChange& change : changes) {
    std::set<ConnId> told;  // who watches data and children of what is deleted hears it once
    fire_list(&Connection::data_watches, change.type, change.path, change.acl, zxid, &told);
    if (change.type == wire::EventType::kNodeDataChanged) continue;
    if (change.type == wire::EventType::kNodeDeleted)
      fire_list(&Connection::child_watches, change.type, change.path, change.acl, zxid, &told);
    fire_list(&Connection::child_watches, wire::EventType::kNodeChildrenChanged,
              parent_of(change.path), change.parent_acl, zxid, nullptr);
  }
}

// ---- replies

void Checker::answer_write(ConnId id, Connection& connection, const wire::TxnHeader& header,
                           const std::vector<PartResult>& results) {
  const Request request = std::move(connection.requests.front());
  connection.requests.pop_front();
  if (request.opcode == Opcode::kCreateSession) {
    const std::string frame = take_frame(id, "the answer to connect");
    wire::ConnectResponse response;
    wire::Reader reader(frame);
    const Session& session = sessions_.at(connection.session);
    if (!wire::decode(reader, response) || response.session_id != connection.session ||
        response.timeout != session.timeout_ms || response.protocol_version != 0 ||
        response.passwd.value_or("").size() != wire::kPasswordBytes ||
        response.read_only.has_value() != connection.has_read_only)
      throw Violation("a new session is announced", describe_reply(frame, true));
    passwords_[connection.session] = response.passwd.value_or("");
    return;
  }
  ++acknowledged_writes_;
  if (request.opcode == Opcode::kMulti) {
    wire::MultiResponse response;
    for (const PartResult& part : results) {
      wire::MultiResult each;
      each.type = part.type;
      if (part.type == Opcode::kError) {
        each.err = static_cast<int32_t>(part.error);
        each.result = wire::ErrorResponse{each.err};
      } else if (part.type == Opcode::kCreate) {
        each.result = wire::CreateResponse{part.path};
      } else if (is_create(part.type)) {
        each.type = Opcode::kCreate2;
        each.result = wire::Create2Response{part.path, part.stat};
      } else if (part.type == Opcode::kSetData) {
        each.result = wire::SetDataResponse{part.stat};
      }
      response.results.push_back(std::move(each));
    }
    return expect_frame(id, wire::encoded(wire::ReplyHeader{request.xid, header.zxid, 0}) +
                                wire::encoded(response));
  }
  const PartResult& first = results.front();  // only a multi may have none
  std::string expected =
      wire::encoded(wire::ReplyHeader{request.xid, header.zxid, static_cast<int32_t>(first.error)});
  if (first.error == ErrorCode::kOk) {
    if (request.opcode == Opcode::kCreate) {
      expected += wire::encoded(wire::CreateResponse{first.path});
    } else if (is_create(request.opcode)) {
      expected += wire::encoded(wire::Create2Response{first.path, first.stat});
    } else if (request.opcode == Opcode::kSetData || request.opcode == Opcode::kSetAcl) {
      expected += wire::encoded(wire::SetDataResponse{first.stat});
    }
  }
  expect_frame(id, expected);
}

}  // namespace zookernel::sim
