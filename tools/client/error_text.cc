#include "tools/client/error_text.h"

#include <cstdint>

namespace zookernel::client {

std::string code_message(wire::ErrorCode code) {
  using enum wire::ErrorCode;
  switch (code) {
    case kOk:
      return "ok";
    case kSystemError:
      return "SystemError";
    case kRuntimeInconsistency:
      return "RuntimeInconsistency";
    case kDataInconsistency:
      return "DataInconsistency";
    case kConnectionLoss:
      return "ConnectionLoss";
    case kMarshallingError:
      return "MarshallingError";
    case kUnimplemented:
      return "Unimplemented";
    case kOperationTimeout:
      return "OperationTimeout";
    case kBadArguments:
      return "BadArguments";
    case kUnknownSession:
      return "Unknown session";
    case kNewConfigNoQuorum:
      return "NewConfigNoQuorum";
    case kReconfigInProgress:
      return "ReconfigInProgress";
    case kApiError:
      return "APIError";
    case kNoNode:
      return "NoNode";
    case kNoAuth:
      return "NoAuth";
    case kBadVersion:
      return "BadVersion";
    case kNoChildrenForEphemerals:
      return "NoChildrenForEphemerals";
    case kNodeExists:
      return "NodeExists";
    case kNotEmpty:
      return "Directory not empty";
    case kSessionExpired:
      return "Session expired";
    case kInvalidCallback:
      return "Invalid callback";
    case kInvalidAcl:
      return "InvalidACL";
    case kAuthFailed:
      return "AuthFailed";
    case kSessionMoved:
      return "Session moved";
    case kNotReadOnly:
      return "Not a read-only call";
    case kEphemeralOnLocalSession:
      return "Ephemeral node on local session";
    case kNoWatcher:
      return "No such watcher";
    case kRequestTimeout:
      return "Request timeout";
    case kReconfigDisabled:
      return "Reconfig is disabled";
    case kSessionClosedRequireSaslAuth:
      return "Session closed because client failed to authenticate";
    case kQuotaExceeded:
      return "Quota has exceeded";
    case kThrottledOp:
      return "Op throttled due to high load";
  }
  return "Unknown error " + std::to_string(static_cast<int32_t>(code));
}

std::string keeper_message(wire::ErrorCode code, std::string_view path) {
  std::string text = "KeeperErrorCode = " + code_message(code);
  if (!path.empty()) text.append(" for ").append(path);
  return text;
}

}  // namespace zookernel::client
