// A client connection, as the core knows it.
#pragma once

#include <cstdint>
#include <deque>
#include <string>

#include "kernel/core/auth_schemes.h"
#include "zookernel/ids.h"
#include "zookernel/transport.h"
#include "zookernel/wire/error.h"
#include "zookernel/wire/opcode.h"

namespace zookernel::core {

struct Session;

// A request that waits for its turn: replies leave in the order of the requests.
struct PendingRequest {
  enum class Kind : uint8_t {
    kTransaction,   // answered when the transaction `zxid` is applied, or, when it was forwarded,
                    // the one with its session and xid
    kSync,          // runs when it reaches the head and the leader has answered
    kRevalidation,  // the handshake of a session that the leader is asked about
    kRead,          // runs when it reaches the head
    kRefusal,       // only answered: an error that took no zxid
    kImmediate,     // the answer to a packet that overtakes all but the answer to the handshake
  };
  Kind kind = Kind::kRead;
  wire::Opcode opcode = wire::Opcode::kPing;
  int32_t xid = 0;
  bool forwarded = false;                        // kTransaction: the leader gives it its zxid
  bool released = false;                         // kSync: the leader has answered
  wire::ErrorCode error = wire::ErrorCode::kOk;  // kRefusal, kImmediate
  uint32_t identities = 0;                       // how many of the connection's ids it runs with
  uint32_t large_bytes = 0;                      // its size when it counts as a large request
  Zxid zxid;                                     // kTransaction
  int64_t received_ms = 0;                       // mono
  std::string body;                              // kRead: what follows the header
};

// A request that waits to be worked on at all: see RequestThrottleOptions.
struct ThrottledRequest {
  ConnId conn;
  int32_t xid = 0;
  wire::Opcode opcode = wire::Opcode::kPing;
  uint32_t identities = 0;
  uint32_t large_bytes = 0;
  int64_t received_ms = 0;  // mono
  std::string body;
};

struct Connection {
  enum class State : uint8_t {
    kHandshake,  // waits for the ConnectRequest
    kOpen,       // has a session
    kClosed,     // to be closed or gone on our side: takes nothing any more
  };

  ConnId id;
  PeerInfo peer;
  State state = State::kHandshake;
  bool has_read_only_byte = true;  // of the handshake: 3.4-era clients leave it out
  bool reading = true;
  bool ending = false;         // is closed once the handshake is answered: takes nothing more
  Session* session = nullptr;  // borrowed from the session table; null before the handshake and
                               // after the session's end
  SessionId session_id;        // stays when the session is gone
  int32_t timeout_ms = 0;      // negotiated
  Identities identities;
  std::deque<PendingRequest> pending;

  uint64_t reply_batch = 0;  // in which batch of effects reply_index is valid
  size_t reply_index = 0;
  size_t reply_bytes = 256;  // what the last batch for it took

  // For the admin words.
  int64_t established_ms = 0;      // wall
  int64_t received = 0, sent = 0;  // packets
  wire::Opcode last_opcode = wire::Opcode::kNotification;
  int64_t last_cxid = -1, last_zxid = -1;
  int64_t last_response_ms = 0;  // wall
  int64_t last_latency = 0, min_latency = INT64_MAX, max_latency = 0, latency_sum = 0,
          latency_count = 0;  // ms
};

}  // namespace zookernel::core
