// What learners send to the leader: requests of their clients, which become transactions as those
// of our own do, and what they know and ask of sessions. Source: LearnerHandler,
// LeaderSessionTracker.
#include "kernel/core/server_impl.h"
#include "kernel/core/well_formed.h"

namespace zookernel::core {

using wire::ErrorCode;
using wire::Opcode;

void Server::Impl::from_learner(const FromLearner& sent) {
  if (role_ != Role::kLeading) return;
  if (const auto* request = std::get_if<ForwardedRequest>(&sent.what))
    return forwarded_request(sent.learner, *request);
  if (const auto* ask = std::get_if<RevalidateAsk>(&sent.what))
    return revalidate_for(sent.learner, *ask);
  const Touch& touched = std::get<Touch>(sent.what);
  Session* session = sessions_.find(touched.session);
  if (session == nullptr || session->closing) return;
  // Its client has gone on to another server, with another timeout perhaps.
  if (session->owner != kNoOwner && session->owner != sent.learner) return;
  session->timeout_ms = touched.timeout_ms;
  touch(*session);
}

// Each one becomes exactly one transaction with its session and cxid: a learner waits for them in
// the order in which it sent them.
void Server::Impl::forwarded_request(ConnId learner, const ForwardedRequest& request) {
  if (request.type == static_cast<int32_t>(Opcode::kSync))
    return drive(ConsensusInput(Sync{learner}));
  LogRecord record = prepare_forwarded(learner, request);
  if (std::string warning = preparer_.take_warning(); !warning.empty())
    effects_->warnings.push_back(std::move(warning));
  propose(std::move(record));
}

LogRecord Server::Impl::prepare_forwarded(ConnId learner, const ForwardedRequest& request) {
  Identities identities;
  for (const auto& [scheme, id] : request.ids)
    identities.push_back({std::string(scheme), std::string(id), schemes_.find(scheme)});
  const Requester who{request.session, request.cxid, identities, now_.wall_ms, learner};
  const auto opcode = static_cast<Opcode>(request.type);
  Session* session = sessions_.find(request.session);
  switch (opcode) {
    case Opcode::kCreateSession: {
      wire::Reader reader(request.body);
      const int32_t timeout_ms = reader.read_int();
      if (!reader.ok()) return preparer_.refuse(who, ErrorCode::kMarshallingError);
      Session& made = sessions_.add(request.session, timeout_ms);
      made.owner = learner;
      touch(made);
      return preparer_.create_session(request.session, timeout_ms, now_.wall_ms, request.cxid);
    }
    case Opcode::kCloseSession:
      if (session != nullptr) session->closing = true;
      return preparer_.close_session(who);
    default: {
      if (!is_write(opcode)) return preparer_.refuse(who, ErrorCode::kUnimplemented);
      if (session != nullptr && !session->closing) touch(*session);
      std::optional<LogRecord> record = preparer_.prepare(who, opcode, request.body);
      return record ? std::move(*record) : preparer_.refuse(who, ErrorCode::kMarshallingError);
    }
  }
}

// The client of the session has come to this learner.
void Server::Impl::revalidate_for(ConnId learner, const RevalidateAsk& ask) {
  Session* session = sessions_.find(ask.session);
  const bool valid = session != nullptr && !session->closing && session->committed;
  if (valid) {
    if (session->connection != nullptr) close_connection(*session->connection);
    session->owner = learner;
    session->timeout_ms = ask.timeout_ms;
    touch(*session);
  }
  drive(ConsensusInput(RevalidateAnswer{learner, ask.session, valid}));
}

}  // namespace zookernel::core
