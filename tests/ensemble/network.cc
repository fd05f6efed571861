#include "tests/ensemble/network.h"

#include <algorithm>

namespace zookernel::ensemble {
namespace {

constexpr int64_t kDialTimeoutUs = 5000000;  // cnxTimeout

}  // namespace

int64_t Network::delay_us() {
  // Exponential enough: most are short, some long.
  int64_t delay = static_cast<int64_t>(random_.below(static_cast<uint64_t>(2 * plan_.network_us)));
  if (random_.chance(1, 50)) delay *= plan_.network_us < 5000 ? 10 : 2;
  return delay + 20;
}

void Network::dial(int from, int to, Channel channel, uint64_t token) {
  if (blocked(from, to) || blocked(to, from)) {
    events_.after(kDialTimeoutUs, [this, from, token] { listener_.dial_failed(from, token); });
    return;
  }
  events_.after(delay_us() + delay_us(), [this, from, to, channel, token] {
    if (!listener_.is_up(from)) return;
    if (!listener_.is_up(to) || blocked(from, to) || blocked(to, from))
      return listener_.dial_failed(from, token);
    const ConnId mine{++last_conn_}, theirs{++last_conn_};
    ends_[mine] = {from, to, theirs, {}, events_.now_us(), false, false};
    ends_[theirs] = {to, from, mine, {}, events_.now_us(), false, false};
    listener_.opened(to, theirs, channel, 0);
    if (ends_.contains(mine)) listener_.opened(from, mine, channel, token);
  });
}

void Network::send(ConnId conn, Bytes bytes) {
  const auto mine = ends_.find(conn);
  if (mine == ends_.end()) return;
  const auto theirs = ends_.find(mine->second.other);
  // A connection that broke takes what is sent, and brings it nowhere.
  if (theirs == ends_.end() || theirs->second.closing) return;
  theirs->second.coming.emplace_back(bytes);
  pump(theirs->first);
}

void Network::close(ConnId conn) {
  const auto mine = ends_.find(conn);
  if (mine == ends_.end()) return;
  const auto theirs = ends_.find(mine->second.other);
  ends_.erase(mine);
  if (theirs == ends_.end()) return;
  theirs->second.closing = true;
  pump(theirs->first);
}

void Network::pump(ConnId conn) {
  const auto found = ends_.find(conn);
  if (found == ends_.end() || found->second.pumping) return;
  if (found->second.coming.empty() && !found->second.closing) return;
  found->second.pumping = true;
  found->second.arrives_us = std::max(found->second.arrives_us, events_.now_us() + delay_us());
  events_.at(found->second.arrives_us, [this, conn] { deliver(conn); });
}

void Network::deliver(ConnId conn) {
  const auto found = ends_.find(conn);
  if (found == ends_.end()) return;
  End& end = found->second;
  end.pumping = false;
  if (blocked(end.other_server, end.server)) return;
  if (end.coming.empty()) {
    const int server = end.server;
    if (!end.closing) return;
    ends_.erase(found);
    return listener_.closed(server, conn);
  }
  std::string bytes;
  // What arrives together, cut anywhere.
  while (!end.coming.empty() && bytes.size() < 100000) {
    bytes += end.coming.front();
    end.coming.pop_front();
  }
  if (bytes.size() > 1 && random_.chance(1, 8)) {
    const size_t cut = 1 + random_.below(bytes.size() - 1);
    end.coming.push_front(bytes.substr(cut));
    bytes.resize(cut);
  }
  pump(conn);
  listener_.received(found->second.server, conn, std::move(bytes));
}

void Network::lose_suffix(ConnId conn, End& end) {
  std::string all;
  for (const std::string& piece : end.coming) all += piece;
  all.resize(random_.below(all.size() + 1));
  end.coming.clear();
  if (!all.empty()) end.coming.push_back(std::move(all));
  end.closing = true;
  pump(conn);
}

void Network::server_ended(int server) {
  std::vector<ConnId> gone;
  for (const auto& [conn, end] : ends_) {
    if (end.server == server) gone.push_back(conn);
  }
  for (const ConnId conn : gone) {
    const ConnId other = ends_[conn].other;
    ends_.erase(conn);
    const auto theirs = ends_.find(other);
    if (theirs != ends_.end()) lose_suffix(other, theirs->second);
  }
}

void Network::reset_any() {
  if (ends_.empty()) return;
  auto at = ends_.begin();
  std::advance(at, static_cast<int64_t>(random_.below(ends_.size())));
  const ConnId other = at->second.other;
  lose_suffix(at->first, at->second);
  const auto theirs = ends_.find(other);
  if (theirs != ends_.end()) lose_suffix(other, theirs->second);
}

void Network::unblock_all() {
  blocked_.clear();
  std::vector<ConnId> all;
  for (const auto& [conn, end] : ends_) all.push_back(conn);
  for (const ConnId conn : all) pump(conn);
}

}  // namespace zookernel::ensemble
