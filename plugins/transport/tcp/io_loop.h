// One event loop with its connections. It runs on one thread: the kernel's core thread through
// Transport::poll(), or an I/O thread of the transport. Only what says [any] may be used from other
// threads.
//
// An event of the owner (ConnectionEvents) may call back into the loop: send, close, reset and read
// of any connection. A connection is therefore never destroyed inside a call: it becomes kDead at
// once and is reaped at the end of the round.
#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "plugins/transport/tcp/connection.h"
#include "plugins/transport/tcp/name_lookup.h"
#include "zookernel/log.h"

namespace zookernel::transport {

struct SocketOptions {
  bool keep_alive = false;
};

// What a loop tells the transport around it, on the loop's thread.
struct LoopHooks {
  std::function<void()>
      ended;  // the end of a connection waits to be reported: there must be another round
  std::function<void(ConnId, size_t)>
      backlog;  // optional: bytes that the system did not take yet, whenever that number changes
};

class IoLoop {
 public:
  // Bytes read from a socket in one go, into a buffer that all connections of the loop share.
  static constexpr size_t kReceiveBytes = 64 * 1024;
  // Reads of one connection in a row before others get their turn.
  static constexpr int kReadsInARow = 4;
  // What waited and goes out in a round, before the round ends.
  static constexpr size_t kFlushBytesPerRound = 256 * 1024;
  // A closed connection may take this long to send its last bytes and to see the other side's end.
  static constexpr std::chrono::milliseconds kCloseLimit{5000};
  // What a connection may still send to us after we closed it, before it is cut off.
  static constexpr size_t kDrainBytesMax = size_t{8} << 20;

  // `index` tells the loops of a transport apart.
  IoLoop(uint16_t index, SocketOptions options, Logger& log, LoopHooks hooks);
  ~IoLoop();
  IoLoop(const IoLoop&) = delete;
  IoLoop& operator=(const IoLoop&) = delete;

  [[nodiscard]] boost::asio::io_context& context() { return context_; }  // [any]
  [[nodiscard]] ConnId new_id();                                         // [any]

  // Takes an accepted, non-blocking socket.
  void adopt(int socket, const boost::asio::ip::tcp& protocol, Channel channel,
             const PeerInfo& peer, ConnectionEvents& events);
  // Tries all addresses of the name, one after the other, beginning with another one each time.
  void dial(ConnId id, Channel channel, const Endpoint& to, ConnectionEvents& events);

  void send(ConnId id, Buffer bytes);
  void close(ConnId id);
  void reset(ConnId id);
  void read(ConnId id, bool on);
  [[nodiscard]] size_t queued_bytes(ConnId id) const;

  // Work that waits for no socket: unread bytes of connections that are read again, on_close of
  // dead ones, and ends of streams that were seen before `report_ends` was last called. True if the
  // owner was called.
  bool begin_round();
  // Lets begin_round() report the ends of streams seen so far.
  void report_ends();
  // Large replies have gone out in this round: the owner's other work is due before more does.
  [[nodiscard]] bool has_flushed_enough() const { return flushed_ >= kFlushBytesPerRound; }
  // Dead connections only; for the end of a handler.
  bool reap();

  // Closes everything at once; on_close does not come any more.
  void close_all();

 private:
  using Clock = std::chrono::steady_clock;

  Connection* find(ConnId id) const;
  void arm_read(Connection& connection);
  void arm_write(Connection& connection);
  void on_readable(ConnId id, const boost::system::error_code& problem);
  void on_writable(ConnId id, const boost::system::error_code& problem);
  void receive(Connection& connection);
  Connection::Io receive_and_offer(Connection& connection, bool& filled);
  void offer_unread(Connection& connection);
  void drain(Connection& connection);
  void peer_ended(Connection& connection);
  void begin_drain(Connection& connection);
  void finish(Connection& connection);
  // A connection that is being dialled: where it may lead, and which of that was tried.
  struct Dialling {
    std::string name;  // for messages
    std::vector<boost::asio::ip::tcp::endpoint> addresses;
    size_t next = 0;
  };
  void connect_next(ConnId id, Dialling dialling);
  void connected(ConnId id, Dialling dialling, const boost::system::error_code& problem);
  void kill(Connection& connection, Error why);
  void kill(Connection& connection, const char* doing, int error);
  void tell_backlog(const Connection& connection);
  void set_deadline(Connection& connection);
  void arm_deadline();
  void on_deadline();

  boost::asio::io_context context_;
  const uint64_t id_prefix_;
  const SocketOptions options_;
  Logger& log_;
  const LoopHooks hooks_;
  NameLookup names_;
  size_t dialled_ = 0;  // names so far
  std::atomic<uint64_t> id_counter_{0};
  std::unordered_map<ConnId, std::unique_ptr<Connection>> connections_;
  std::vector<char> shared_;        // kReceiveBytes, see Connection::unread for what stays
  std::vector<ConnId> resumed_;     // read again while bytes were unread
  std::vector<ConnId> ended_;       // seen, not to be reported yet
  std::vector<ConnId> reportable_;  // to be reported by the next begin_round()
  std::vector<std::pair<ConnId, Error>> dead_;  // on_close is due
  std::deque<std::pair<Clock::time_point, ConnId>>
      deadlines_;  // ascending, as all wait equally long
  boost::asio::steady_timer deadline_timer_;
  bool deadline_armed_ = false;
  size_t flushed_ = 0;  // bytes that had waited, in this round
};

}  // namespace zookernel::transport
