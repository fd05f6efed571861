#include "zookernel/wire/error.h"
#include "zookernel/wire/opcode.h"
#include "zookernel/wire/records/quorum.h"

namespace zookernel::wire {

// No default in these switches: the compiler then names an enumerator without a line. Numbers from
// outside that are no enumerator fall through to the end.

std::string_view opcode_name(Opcode opcode) {
  switch (opcode) {
    case Opcode::kNotification:
      return "notification";
    case Opcode::kCreate:
      return "create";
    case Opcode::kDelete:
      return "delete";
    case Opcode::kExists:
      return "exists";
    case Opcode::kGetData:
      return "getData";
    case Opcode::kSetData:
      return "setData";
    case Opcode::kGetAcl:
      return "getACL";
    case Opcode::kSetAcl:
      return "setACL";
    case Opcode::kGetChildren:
      return "getChildren";
    case Opcode::kSync:
      return "sync";
    case Opcode::kPing:
      return "ping";
    case Opcode::kGetChildren2:
      return "getChildren2";
    case Opcode::kCheck:
      return "check";
    case Opcode::kMulti:
      return "multi";
    case Opcode::kCreate2:
      return "create2";
    case Opcode::kReconfig:
      return "reconfig";
    case Opcode::kCheckWatches:
      return "checkWatches";
    case Opcode::kRemoveWatches:
      return "removeWatches";
    case Opcode::kCreateContainer:
      return "createContainer";
    case Opcode::kDeleteContainer:
      return "deleteContainer";
    case Opcode::kCreateTtl:
      return "createTTL";
    case Opcode::kMultiRead:
      return "multiRead";
    case Opcode::kAuth:
      return "auth";
    case Opcode::kSetWatches:
      return "setWatches";
    case Opcode::kSasl:
      return "sasl";
    case Opcode::kGetEphemerals:
      return "getEphemerals";
    case Opcode::kGetAllChildrenNumber:
      return "getAllChildrenNumber";
    case Opcode::kSetWatches2:
      return "setWatches2";
    case Opcode::kAddWatch:
      return "addWatch";
    case Opcode::kWhoAmI:
      return "whoAmI";
    case Opcode::kCreateSession:
      return "createSession";
    case Opcode::kCloseSession:
      return "closeSession";
    case Opcode::kError:
      return "error";
  }
  return "unknown";
}

bool opcode_is_known(int32_t number) {
  return opcode_name(static_cast<Opcode>(number)) != "unknown";
}

std::string_view error_name(ErrorCode code) {
  switch (code) {
    case ErrorCode::kOk:
      return "OK";
    case ErrorCode::kSystemError:
      return "SYSTEMERROR";
    case ErrorCode::kRuntimeInconsistency:
      return "RUNTIMEINCONSISTENCY";
    case ErrorCode::kDataInconsistency:
      return "DATAINCONSISTENCY";
    case ErrorCode::kConnectionLoss:
      return "CONNECTIONLOSS";
    case ErrorCode::kMarshallingError:
      return "MARSHALLINGERROR";
    case ErrorCode::kUnimplemented:
      return "UNIMPLEMENTED";
    case ErrorCode::kOperationTimeout:
      return "OPERATIONTIMEOUT";
    case ErrorCode::kBadArguments:
      return "BADARGUMENTS";
    case ErrorCode::kUnknownSession:
      return "UNKNOWNSESSION";
    case ErrorCode::kNewConfigNoQuorum:
      return "NEWCONFIGNOQUORUM";
    case ErrorCode::kReconfigInProgress:
      return "RECONFIGINPROGRESS";
    case ErrorCode::kApiError:
      return "APIERROR";
    case ErrorCode::kNoNode:
      return "NONODE";
    case ErrorCode::kNoAuth:
      return "NOAUTH";
    case ErrorCode::kBadVersion:
      return "BADVERSION";
    case ErrorCode::kNoChildrenForEphemerals:
      return "NOCHILDRENFOREPHEMERALS";
    case ErrorCode::kNodeExists:
      return "NODEEXISTS";
    case ErrorCode::kNotEmpty:
      return "NOTEMPTY";
    case ErrorCode::kSessionExpired:
      return "SESSIONEXPIRED";
    case ErrorCode::kInvalidCallback:
      return "INVALIDCALLBACK";
    case ErrorCode::kInvalidAcl:
      return "INVALIDACL";
    case ErrorCode::kAuthFailed:
      return "AUTHFAILED";
    case ErrorCode::kSessionMoved:
      return "SESSIONMOVED";
    case ErrorCode::kNotReadOnly:
      return "NOTREADONLY";
    case ErrorCode::kEphemeralOnLocalSession:
      return "EPHEMERALONLOCALSESSION";
    case ErrorCode::kNoWatcher:
      return "NOWATCHER";
    case ErrorCode::kRequestTimeout:
      return "REQUESTTIMEOUT";
    case ErrorCode::kReconfigDisabled:
      return "RECONFIGDISABLED";
    case ErrorCode::kSessionClosedRequireSaslAuth:
      return "SESSIONCLOSEDREQUIRESASLAUTH";
    case ErrorCode::kQuotaExceeded:
      return "QUOTAEXCEEDED";
    case ErrorCode::kThrottledOp:
      return "THROTTLEDOP";
  }
  return "UNKNOWN";
}

std::string_view packet_type_name(PacketType type) {
  switch (type) {
    case PacketType::kRequest:
      return "REQUEST";
    case PacketType::kProposal:
      return "PROPOSAL";
    case PacketType::kAck:
      return "ACK";
    case PacketType::kCommit:
      return "COMMIT";
    case PacketType::kPing:
      return "PING";
    case PacketType::kRevalidate:
      return "REVALIDATE";
    case PacketType::kSync:
      return "SYNC";
    case PacketType::kInform:
      return "INFORM";
    case PacketType::kCommitAndActivate:
      return "COMMITANDACTIVATE";
    case PacketType::kNewLeader:
      return "NEWLEADER";
    case PacketType::kFollowerInfo:
      return "FOLLOWERINFO";
    case PacketType::kUpToDate:
      return "UPTODATE";
    case PacketType::kDiff:
      return "DIFF";
    case PacketType::kTrunc:
      return "TRUNC";
    case PacketType::kSnap:
      return "SNAP";
    case PacketType::kObserverInfo:
      return "OBSERVERINFO";
    case PacketType::kLeaderInfo:
      return "LEADERINFO";
    case PacketType::kAckEpoch:
      return "ACKEPOCH";
    case PacketType::kInformAndActivate:
      return "INFORMANDACTIVATE";
  }
  return "UNKNOWN";
}

}  // namespace zookernel::wire
