// One socket and what waits on either side of it. A passive part: IoLoop decides, a Connection
// reads, writes and keeps the rest. Everything here belongs to the thread of its loop.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <cstdint>
#include <vector>

#include "zookernel/bytes.h"
#include "zookernel/transport.h"

namespace zookernel::transport {

class Connection {
 public:
  enum class State : uint8_t {
    kConnecting,  // dialled, not there yet
    kOpen,
    kEnded,     // the other side has sent its last byte; our owner is not told yet, so that it can
                // still answer what came before
    kFlushing,  // no more input is delivered; what is queued goes out
    kDraining,  // our side is shut down; waits for the other side, so that no RST overtakes the
                // last reply
    kDead,      // the socket is closed; on_close is due
  };
  enum class Io : uint8_t { kDone, kBlocked, kEnd, kFailed };

  Connection(ConnId its_id, Channel its_channel, boost::asio::ip::tcp::socket its_socket,
             ConnectionEvents& owner)
      : id(its_id), channel(its_channel), events(owner), socket(std::move(its_socket)) {}

  // Receives into `to` once. kDone: `received` has the count, never 0.
  [[nodiscard]] Io receive(char* to, size_t size, size_t& received);
  // Queues bytes, writing at once what the system takes when nothing waits before them. kBlocked:
  // something is left, because the system takes no more or because others have their turn; wait
  // until the socket can be written to, then flush().
  [[nodiscard]] Io send(Buffer bytes);
  // Writes what is queued, many buffers in one call, but not without end. kDone: nothing is left;
  // kBlocked as for send().
  [[nodiscard]] Io flush();
  [[nodiscard]] size_t queued_bytes() const { return queued_bytes_; }
  [[nodiscard]] bool takes_input() const { return state == State::kOpen && reading; }

  // Shuts our sending side down.
  void shut_down_sending();
  // Closes the socket with RST instead of FIN.
  void close_with_reset();
  void close();

  const ConnId id;
  const Channel channel;
  ConnectionEvents& events;  // borrowed from the owner of the transport, which outlives it
  boost::asio::ip::tcp::socket socket;
  State state = State::kOpen;
  bool reading = true;      // backpressure: the owner wants bytes
  bool read_armed = false;  // a wait for readability is under way
  bool write_armed = false;
  bool peer_ended = false;    // an end of stream was read
  bool has_deadline = false;  // listed among those to be closed at a time
  Buffer unread;              // received but not consumed: mostly the beginning of a frame
  int last_errno = 0;         // of the last kFailed

 private:
  void forget_sent(size_t count);

  std::vector<Buffer> queue_;  // from head_ on, the first of them from head_offset_ on
  size_t head_ = 0, head_offset_ = 0;
  size_t queued_bytes_ = 0;
};

}  // namespace zookernel::transport
