// The core thread: waits for the transport, turns what comes into inputs of the server, and carries
// the effects out, batch by batch.
//
//   poll -> inputs -> (Tick before the first) step ... -> effects: Persists to the log thread,
//   replies to the transport, pieces to the snapshot thread, rows to the admin thread
//
// Without I/O threads the transport calls the loop inside poll(), and a frame is stepped where it
// lies in the receive buffer. With I/O threads the frames come copied through the inbox. Effects
// are carried out once per round either way.
//
// Backpressure. A connection is not read while
//   the core says so                                  too many requests are outstanding
//   its replies of this batch are large               until the batch is carried out
//   what it does not take from us is a lot            until the system took it; beyond a limit it
//   is cut off the log is behind                                 until the disk caught up
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <unordered_map>
#include <vector>

#include "kernel/core/server.h"
#include "kernel/shell/admin_thread.h"
#include "kernel/shell/backup_thread.h"
#include "kernel/shell/connections.h"
#include "kernel/shell/inbox.h"
#include "kernel/shell/log_writer.h"
#include "kernel/shell/logging.h"
#include "kernel/shell/peer_work.h"
#include "kernel/shell/snapshotter.h"
#include "zookernel/log.h"
#include "zookernel/transport.h"

namespace zookernel::shell {

// Copies what I/O threads bring into the inbox.
class InboxSink final : public ClientSink {
 public:
  explicit InboxSink(Inbox& inbox) : inbox_(inbox) {}
  void opened(ConnId conn, const PeerInfo& peer) override {
    inbox_.post_client(ArrivedOpen{conn, peer});
  }
  Flow frame(ConnId conn, Bytes payload) override;
  Flow word(ConnId conn, std::string_view word, Bytes argument) override;
  void nonsense(ConnId conn) override { inbox_.post_client(ArrivedNonsense{conn}); }
  void closed(ConnId conn) override { inbox_.post_client(ArrivedClose{conn}); }

 private:
  Inbox& inbox_;
};

class CoreLoop final : public ClientSink {
 public:
  // Replies to one connection within a batch, above which it has to wait for the next.
  static constexpr size_t kReplyBytesPerBatch = size_t{256} << 10;
  // What a connection did not take: above the first it is not read, below the second it is again,
  // above the third it is cut off.
  static constexpr size_t kUnsentHigh = size_t{1} << 20;
  static constexpr size_t kUnsentLow = size_t{256} << 10;
  static constexpr size_t kUnsentMax = size_t{512} << 20;
  // Records that wait for the disk: above the first nobody is read, below the second everybody is
  // again.
  static constexpr size_t kLogBacklogHigh = size_t{64} << 20;
  static constexpr size_t kLogBacklogLow = size_t{16} << 20;
  // Client messages taken from the inbox in a round.
  static constexpr size_t kMessagesPerRound = 1024;
  // What a slice of a snapshot may take from the clients' time.
  static constexpr int64_t kSliceNs = 500'000;
  // What a slice of a long listing may take from the clients' time: slices follow one another
  // quickly, so that a request waits for one more often than not.
  static constexpr int64_t kListingNs = 25'000;
  // How long the reader of a backup may take nothing, before it is cut off.
  static constexpr int64_t kBackupStallMs = 60'000;
  // How long an orderly stop waits for the log and for clients to take their last replies.
  static constexpr int64_t kStopMs = 1500;

  // Everything borrowed outlives the loop. The others are introduced by run(): they are made later.
  CoreLoop(Transport& transport, Inbox& inbox, Logger& log, int64_t tick_ms);

  struct Partners {
    core::Server& server;
    Connections& connections;
    LogWriter& log_writer;
    Snapshotter& snapshotter;
    AdminThread& admin;
    PeerWork* peers = nullptr;  // of an ensemble
    BackupThread* backup = nullptr;  // null: the word is not allowed
  };
  // Serves until StopRequested came and everything is in order, or kStopMs passed. `effects` is
  // what Server::start() made. [core]
  void run(const Partners& partners, core::Effects effects);

  // For those who bring inputs on the core thread. [core], while run() runs
  void step(const core::Input& input);

  // ClientSink, for a transport without threads. [core], inside poll()
  void opened(ConnId conn, const PeerInfo& peer) override;
  Flow frame(ConnId conn, Bytes payload) override;
  Flow word(ConnId conn, std::string_view word, Bytes argument) override;
  void nonsense(ConnId conn) override;
  void closed(ConnId conn) override;

 private:
  enum Pause : uint8_t { kByCore = 1, kByBatch = 2, kByUnsent = 4, kByLog = 8, kByStop = 16 };

  void round();
  [[nodiscard]] int64_t poll_timeout_ms() const;
  void take_messages();
  void take(OwnMessage& message);
  void take(ClientMessage& message);
  void hand_out_rows(const RowsWanted& wanted);
  void take_text();
  void begin_backup(ConnId conn);
  void take_backup();
  void watch_clocks();
  void advance_snapshot();
  void carry_out();
  void send(Send& send);
  void apply_reading();
  Flow after_frame(ConnId conn);
  void pause(ConnId conn, Pause reason);
  void resume(ConnId conn, Pause reason);
  void resume_those_with_room();
  void begin_stop();
  [[nodiscard]] bool stopped();

  Transport& transport_;
  Inbox& inbox_;
  Logger& log_;
  const int64_t tick_ms_;
  const Partners* partners_ = nullptr;

  core::Effects effects_;
  bool batch_open_ = false;                     // something was stepped since the last carry_out()
  Tick now_;                                    // of the batch
  int64_t wake_at_ms_ = INT64_MAX;              // the server's wish
  size_t reading_applied_ = 0;                  // of effects_.reading
  std::unordered_map<ConnId, uint8_t> paused_;  // Pause bits; only connections that are not read
  std::vector<ConnId> batch_paused_;            // kByBatch
  std::vector<ConnId> unsent_paused_;           // kByUnsent
  bool log_behind_ = false;                     // some are kByLog
  bool snapshot_due_ = false;
  uint64_t submitted_ticket_ = 0, durable_ticket_ = 0;
  LineLimit warnings_;                 // of the server, one limit for each kind and path
  size_t slice_nodes_ = 256;           // adapts to kSliceNs
  size_t slice_rows_ = 32;             // adapts to kListingNs
  int64_t stop_deadline_ms_ = 0;       // 0: serving
  std::optional<TextPiece> text_;      // waits until its connection has room
  std::optional<BackupPiece> backup_;  // the same
  std::vector<BackupPiece> refused_backups_;
  int64_t backup_since_ms_ = 0;         // since when it waits
  std::vector<OwnMessage> own_;         // scratch
  std::vector<ClientMessage> clients_;  // scratch
  std::vector<PeerMessage> others_;     // scratch
};

}  // namespace zookernel::shell
