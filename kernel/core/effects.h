// What goes into the server and what it wants done: the whole boundary between the pure core and
// the world.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "kernel/core/row_block.h"
#include "zookernel/admin_command.h"
#include "zookernel/bytes.h"
#include "zookernel/consensus.h"
#include "zookernel/ids.h"
#include "zookernel/transport.h"

namespace zookernel::core {

// ---- inputs of the server, beside those it hands on to consensus

struct ClientOpened {  // a connection of the client channel
  ConnId conn;
  PeerInfo peer;
};
struct ClientFrame {  // one frame without its length; borrowed for the step
  ConnId conn;
  Bytes payload;
};
struct ClientClosed {
  ConnId conn;
};
struct AdminCall {  // a four-letter word; the answer goes to the connection, which is then closed
  ConnId conn;
  std::string_view word;
  Bytes argument;
};
struct AdminRead {  // a command on the admin thread asks for rows: the first or the next ones
  ConnId conn;
  std::string_view table;
  bool first;
  size_t row_budget = 128;  // of a table that may be long, about so many at a time
};
struct AdminAction {  // ... asks for an action
  ConnId conn;
  std::string_view action;
  int64_t argument;
};
struct AdminAnswer {  // ... has made a piece of its text; with the last one it is done
  ConnId conn;
  Bytes piece;
  bool last;
};
struct DiskLow {  // writes of clients are refused from now on, or taken again
  bool low;
};
// Ignored while one is running, and while a server that was started serves nobody.
struct SnapshotBegin {};
struct SnapshotSlice {  // the next piece of the running snapshot, of about this many znodes
  size_t node_budget;
};
// The next piece of the tree that goes to a learner: see Effects::streams.
struct StreamSlice {
  ConnId conn;
  size_t node_budget;
};

// Opened, DialFailed, Closed, Received: of the quorum and election channels. LogRead, SnapshotSent,
// Rewound: answers to what consensus asked for. All are handed on.
using Input =
    std::variant<Tick, ClientFrame, Durable, ClientOpened, ClientClosed, AdminCall, AdminRead,
                 AdminAction, AdminAnswer, SnapshotBegin, SnapshotSlice, Opened, Closed, Received,
                 DialFailed, LogRead, SnapshotSent, Rewound, StreamSlice, DiskLow>;

// ---- effects

struct ReadSwitch {
  ConnId conn;
  bool on;
};

struct SnapshotPiece {
  Zxid zxid;  // the snapshot's name: the last transaction applied when it began
  Buffer bytes;
  bool last = false;
  bool abandoned = false;  // the tree was replaced: what was written of this snapshot is worth
                           // nothing. No bytes, and the last one
};

// A piece of our tree for a learner: the answer to a StreamSlice.
struct StreamPiece {
  ConnId conn;
  Buffer bytes;
  bool last = false;  // the end mark is in it. When these bytes were handed to the transport:
                      // SnapshotSent
};

// A piece of a snapshot file that holds the tree which a leader sends us: what came, with a file's
// header and seal around it, so that it can be written as it arrives (Storage::begin_snapshot).
struct InstallPiece {
  Zxid zxid;  // the snapshot's name
  Buffer bytes;
  bool begin = false;  // a file that was begun before and has not got its last piece is abandoned
  bool last = false;   // this one is whole: the next Persist with `snapshot` is about it
};

struct AdminRun {  // a command whose listing is too long for the core thread
  ConnId conn;
  const ZookernelAdminCommand* command;  // not used by the core before the last AdminAnswer
  std::string word, argument;
};
struct AdminBlock {  // what an AdminRead or an AdminAction asked for
  ConnId conn;
  RowBlock rows;
  bool known = false;  // there is such a table, or action
  bool end = false;    // these are the last rows
};

// Filled by steps, carried out and cleared by the shell after each batch. Order: persist, commit's
// replies and the rest do not depend on one another except through the tickets of Persist.
//
// Of `consensus` the shell carries out these; the core has seen to the others:
//
//   send, close, dial   on the quorum and election channels; `send` before `streams` and before
//                       `close`
//   persist             in order. One with `snapshot` makes a file of `installs` durable: each file
//                       that got its last piece has exactly one such Persist, in the same order
//   rewind              when every Persist of this batch and before is durable: Server::
//                       begin_rebuild(), then the snapshot and the log as at the start, then the
//                       input Rewound with last_zxid() (-1: nothing was left, though something
//                       should be)
//   stream_snapshot     from now on these connections take a StreamSlice each, again and again,
//                       until one is answered by the last piece or not at all (the connection or
//                       the role has ended). Several at once are fine
//   read_log            answered by LogRead
//   wake_at_ms          is in wake_at_ms below
struct Effects {
  ConsensusEffects consensus;
  std::vector<Send> replies;  // at most one per connection and batch: everything for it, in order
  std::vector<ReadSwitch> reading;  // backpressure of client connections
  std::vector<ConnId> close;        // client connections to close after their replies
  std::vector<SnapshotPiece> snapshot;
  std::vector<StreamPiece> streams;  // at most one for each StreamSlice
  std::vector<InstallPiece> installs;
  std::vector<RoleChange> roles;      // that were taken, for the log
  std::vector<std::string> warnings;  // lines for the log; of clients' making, so limit their rate
  std::vector<AdminRun> admin_runs;
  std::vector<AdminBlock> admin_blocks;  // one for each AdminRead and AdminAction
  int64_t wake_at_ms = INT64_MAX;        // mono_ms of the next Tick that matters
  uint64_t batch = 1;                    // which batch is being filled; see reply()

  // Begins a new batch; keeps capacity.
  void clear() {
    consensus.clear();
    replies.clear();
    reading.clear();
    close.clear();
    snapshot.clear();
    streams.clear();
    installs.clear();
    roles.clear();
    warnings.clear();
    admin_runs.clear();
    admin_blocks.clear();
    wake_at_ms = INT64_MAX;
    ++batch;
  }
};

}  // namespace zookernel::core
