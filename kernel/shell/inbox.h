// Where other threads leave messages for the core thread. Three lanes: what the server's own
// threads report is never held up and small in number; what clients send is bounded in bytes, and
// its writers wait at the limit, which stops reading from sockets; so is what other servers send,
// but all of that is taken each time, whatever the clients wait for.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "zookernel/bytes.h"
#include "zookernel/consensus.h"
#include "zookernel/ids.h"
#include "zookernel/transport.h"

namespace zookernel::shell {

// ---- of the server's own threads

struct RoundDurable {  // every Persist up to the ticket is on disk
  uint64_t ticket = 0;
  std::vector<Send> then;
};
struct SnapshotDue {};
struct StopRequested {};
struct DiskRoomChanged {  // clients' writes are to be refused, or are taken again
  bool low = false;
};
// Of the admin thread, which waits for an answer to each.
struct RowsWanted {
  ConnId conn;
  std::string table;
  bool first = false;
};
struct ActionWanted {
  ConnId conn;
  std::string action;
  int64_t argument = 0;
};
struct TextPiece {
  ConnId conn;
  std::string text;
  bool last = false;
};
struct LogPiece {  // what a ReadLog found
  LogRead read;
};
// Of the backup thread, which waits for an answer to each.
struct BackupBound {};  // which transaction was applied last?
struct BackupPiece {
  ConnId conn;
  std::string bytes;
  bool last = false;
};
using OwnMessage = std::variant<RoundDurable, SnapshotDue, StopRequested, RowsWanted, ActionWanted,
                                TextPiece, LogPiece, DiskRoomChanged, BackupBound,
                                BackupPiece>;

// ---- of I/O threads, when the transport has some

struct ArrivedOpen {
  ConnId conn;
  PeerInfo peer;
};
struct ArrivedFrame {
  ConnId conn;
  Buffer payload;
};
struct ArrivedWord {
  ConnId conn;
  std::string_view word;  // of a constant
  Buffer argument;
};
struct ArrivedNonsense {  // the connection is to be closed
  ConnId conn;
};
struct ArrivedClose {
  ConnId conn;
};
using ClientMessage =
    std::variant<ArrivedOpen, ArrivedFrame, ArrivedWord, ArrivedNonsense, ArrivedClose>;

// ---- of the I/O thread of the other servers, when the transport has one

struct PeerBytes {
  ConnId conn;
  Buffer bytes;
};
using PeerMessage = std::variant<Opened, PeerBytes, Closed, DialFailed>;

class Inbox {
 public:
  static constexpr size_t kClientBytesMax = size_t{16} << 20;
  static constexpr size_t kClientMessagesMax = 64 * 1024;
  static constexpr size_t kPeerBytesMax = size_t{16} << 20;

  // `wake` ends the core thread's wait; called from any thread, outside of locks.
  explicit Inbox(std::function<void()> wake) : wake_(std::move(wake)) {}

  void post(OwnMessage message);            // [any] never waits
  void post_client(ClientMessage message);  // [io] waits while the lane is full; after shut()
                                            // messages are dropped

  void post_peer(PeerMessage message);  // [io] the same, for its lane

  // Takes all that other servers sent. Appends. [core]
  void drain_peers(std::vector<PeerMessage>& peers);
  // Takes all own messages, and client messages up to `clients_max`, in order. Appends. [core]
  void drain(std::vector<OwnMessage>& own, std::vector<ClientMessage>& clients, size_t clients_max);
  // Something is left, for example client messages above the maximum. [core]
  [[nodiscard]] bool has_clients();

  // Nobody drains any more: lets waiting writers go. [any]
  void shut();

 private:
  [[nodiscard]] static size_t size_of(const ClientMessage& message);
  [[nodiscard]] bool full() const {
    return client_bytes_ >= kClientBytesMax || clients_.size() >= kClientMessagesMax;
  }

  const std::function<void()> wake_;
  std::mutex mutex_;  // guards what follows
  std::condition_variable room_;
  std::vector<OwnMessage> own_;
  std::deque<ClientMessage> clients_;
  size_t client_bytes_ = 0;
  std::vector<PeerMessage> peers_;
  size_t peer_bytes_ = 0;
  bool shut_ = false;
};

}  // namespace zookernel::shell
