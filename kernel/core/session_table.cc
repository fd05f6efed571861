#include "kernel/core/session_table.h"

#include <algorithm>

namespace zookernel::core {

Session* SessionTable::find(SessionId id) {
  const auto at = sessions_.find(id);
  return at == sessions_.end() ? nullptr : &at->second;
}

Session& SessionTable::add(SessionId id, int32_t timeout_ms) {
  Session& session = sessions_[id];
  if (session.id.value == 0) {
    session.id = id;
    session.stored_timeout_ms = timeout_ms;
    session.timeout_ms = timeout_ms;
  }
  return session;
}

void SessionTable::erase(SessionId id) {
  sessions_.erase(id);
}

void SessionTable::clear() {
  sessions_.clear();
  buckets_.clear();
}

void SessionTable::leave_role() {
  std::erase_if(sessions_, [](const auto& entry) { return !entry.second.committed; });
  for (auto& [id, session] : sessions_) {
    session.closing = session.touched = false;
    session.owner = kNoOwner;
    session.listed_ms = 0;
  }
  buckets_.clear();
}

void SessionTable::list(Session& session) {
  session.listed_ms = session.expires_ms;
  buckets_[session.expires_ms].push_back(session.id);
}

void SessionTable::track_all(int64_t now_ms) {
  buckets_.clear();
  // Ascending ids, so that the buckets do not depend on the order of the hash table.
  for (const auto& [id, timeout] : stored()) {
    Session& session = sessions_.at(SessionId{id});
    session.listed_ms = 0;
    touch(session, now_ms);
  }
}

void SessionTable::take_expired(int64_t now_ms, std::vector<SessionId>& expired) {
  while (!buckets_.empty() && buckets_.begin()->first <= now_ms) {
    const int64_t due_ms = buckets_.begin()->first;
    const std::vector<SessionId> listed = std::move(buckets_.begin()->second);
    buckets_.erase(buckets_.begin());
    for (const SessionId id : listed) {
      Session* session = find(id);
      // Erased, or a later session of the same id that another bucket lists.
      if (session == nullptr || session->listed_ms != due_ms || session->closing) continue;
      session->listed_ms = 0;
      if (session->expires_ms > now_ms) {
        list(*session);
      } else {
        expired.push_back(id);
      }
    }
  }
}

std::vector<std::pair<int64_t, int32_t>> SessionTable::stored() const {
  std::vector<std::pair<int64_t, int32_t>> all;
  all.reserve(sessions_.size());
  for (const auto& [id, session] : sessions_) {
    if (session.committed) all.emplace_back(id.value, session.stored_timeout_ms);
  }
  std::sort(all.begin(), all.end());
  return all;
}

std::vector<std::pair<int64_t, SessionId>> SessionTable::by_expiry() const {
  std::vector<std::pair<int64_t, SessionId>> all;
  all.reserve(sessions_.size());
  for (const auto& [id, session] : sessions_) all.emplace_back(session.expires_ms, id);
  std::sort(all.begin(), all.end());
  return all;
}

}  // namespace zookernel::core
