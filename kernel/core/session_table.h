// Sessions: who exists, until when, and through which connection. Source: SessionTrackerImpl,
// ExpiryQueue.
//
// Time goes in buckets of one tick: a session touched at t ends at the first multiple of the tick
// strictly after t + timeout. One bucket at a time counts for a session, the one in listed_ms;
// touching it only notes the later time, and the bucket moves it on when it comes due. So a touch
// is two stores, however many sessions there are.
#pragma once

#include <cstdint>
#include <map>
#include <unordered_map>
#include <utility>
#include <vector>

#include "zookernel/ids.h"

namespace zookernel::core {

struct Connection;

inline constexpr ConnId kOwnClients{0};  // those that are connected to this server
inline constexpr ConnId kNoOwner{UINT64_MAX};

struct Session {
  SessionId id;
  int32_t stored_timeout_ms = 0;     // as the createSession transaction said: what snapshots keep
  int32_t timeout_ms = 0;            // as the last connection negotiated
  int64_t expires_ms = 0;            // mono; a multiple of the tick
  int64_t listed_ms = 0;             // the bucket that lists it; 0: none yet
  bool committed = false;            // its createSession transaction was applied
  bool closing = false;              // accepts nothing any more
  bool touched = false;              // of a learner: its leader is to hear that the client lives
  ConnId owner = kNoOwner;           // of a leader: the learner that the client is connected to
  Connection* connection = nullptr;  // borrowed from the server; null while detached
};

class SessionTable {
 public:
  explicit SessionTable(int32_t tick_ms) : tick_ms_(tick_ms) {}

  // The session, or null. Pointers stay valid until the session is erased.
  [[nodiscard]] Session* find(SessionId id);
  // Adds a session, or answers the one that is there.
  Session& add(SessionId id, int32_t timeout_ms);
  void erase(SessionId id);
  void clear();
  // Ends what only the present role knows: sessions that are not committed go, and nobody closes or
  // owns the others.
  void leave_role();

  // Begins to count the time of every session from `now_ms`: at the start of serving.
  void track_all(int64_t now_ms);
  void touch(Session& session, int64_t now_ms) {
    session.expires_ms = round_up(now_ms + session.timeout_ms);
    // Also when it came back with a shorter timeout: its bucket would come too late.
    if (session.listed_ms == 0 || session.expires_ms < session.listed_ms) list(session);
  }
  // Sessions that are due, in the order of their buckets and of their listing. They are listed no
  // more; whoever asks closes them.
  void take_expired(int64_t now_ms, std::vector<SessionId>& expired);
  // When the next bucket is due; INT64_MAX without sessions.
  [[nodiscard]] int64_t next_expiry_ms() const {
    return buckets_.empty() ? INT64_MAX : buckets_.begin()->first;
  }

  [[nodiscard]] size_t size() const { return sessions_.size(); }
  // (id, stored timeout) of every committed session, ascending: for snapshots.
  [[nodiscard]] std::vector<std::pair<int64_t, int32_t>> stored() const;
  // (expiry, id) ascending: for the admin words.
  [[nodiscard]] std::vector<std::pair<int64_t, SessionId>> by_expiry() const;

 private:
  [[nodiscard]] int64_t round_up(int64_t ms) const { return (ms / tick_ms_ + 1) * tick_ms_; }
  void list(Session& session);

  int32_t tick_ms_;
  std::unordered_map<SessionId, Session> sessions_;
  std::map<int64_t, std::vector<SessionId>> buckets_;  // by the time they come due
};

}  // namespace zookernel::core
