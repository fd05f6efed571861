#include "kernel/shell/inbox.h"

#include <iterator>
#include <utility>

namespace zookernel::shell {

size_t Inbox::size_of(const ClientMessage& message) {
  const auto* frame = std::get_if<ArrivedFrame>(&message);
  return frame == nullptr ? 0 : frame->payload.size();
}

void Inbox::post(OwnMessage message) {
  {
    const std::lock_guard lock(mutex_);
    own_.push_back(std::move(message));
  }
  wake_();
}

void Inbox::post_client(ClientMessage message) {
  {
    std::unique_lock lock(mutex_);
    room_.wait(lock, [this] { return shut_ || !full(); });
    if (shut_) return;
    client_bytes_ += size_of(message);
    clients_.push_back(std::move(message));
  }
  wake_();
}

void Inbox::post_peer(PeerMessage message) {
  const auto* bytes = std::get_if<PeerBytes>(&message);
  {
    std::unique_lock lock(mutex_);
    room_.wait(lock, [this] { return shut_ || peer_bytes_ < kPeerBytesMax; });
    if (shut_) return;
    if (bytes != nullptr) peer_bytes_ += bytes->bytes.size();
    peers_.push_back(std::move(message));
  }
  wake_();
}

void Inbox::drain_peers(std::vector<PeerMessage>& peers) {
  bool made_room = false;
  {
    const std::lock_guard lock(mutex_);
    made_room = peer_bytes_ >= kPeerBytesMax;
    std::move(peers_.begin(), peers_.end(), std::back_inserter(peers));
    peers_.clear();
    peer_bytes_ = 0;
  }
  if (made_room) room_.notify_all();
}

void Inbox::drain(std::vector<OwnMessage>& own, std::vector<ClientMessage>& clients,
                  size_t clients_max) {
  bool made_room = false;
  {
    const std::lock_guard lock(mutex_);
    const bool was_full = full();
    std::move(own_.begin(), own_.end(), std::back_inserter(own));
    own_.clear();
    for (; clients_max != 0 && !clients_.empty(); --clients_max) {
      client_bytes_ -= size_of(clients_.front());
      clients.push_back(std::move(clients_.front()));
      clients_.pop_front();
    }
    made_room = was_full && !full();
  }
  if (made_room) room_.notify_all();
}

bool Inbox::has_clients() {
  const std::lock_guard lock(mutex_);
  return !clients_.empty();
}

void Inbox::shut() {
  {
    const std::lock_guard lock(mutex_);
    shut_ = true;
  }
  room_.notify_all();
}

}  // namespace zookernel::shell
