// A listening socket. Belongs to the thread of its loop.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <functional>

#include "zookernel/log.h"
#include "zookernel/transport.h"

namespace zookernel::transport {

class Listener {
 public:
  // Connections taken in one go before others get their turn.
  static constexpr int kAcceptsInARow = 64;
  // How long to wait when the system has no descriptor left for a connection.
  static constexpr std::chrono::milliseconds kExhaustedPause{200};

  // Takes over an accepted socket: it is open and non-blocking.
  using Deliver =
      std::function<void(int socket, const boost::asio::ip::tcp& protocol, const PeerInfo& peer)>;

  Listener(boost::asio::io_context& context, Logger& log, Deliver deliver);

  // Binds and listens. [startup]
  Result<Endpoint> open(const Endpoint& at, int backlog);
  // Begins or pauses accepting. While paused the system queues connections up to the backlog.
  void accept(bool on);
  void close();

 private:
  void arm();
  void accept_all();
  void exhausted(int error);

  Logger& log_;
  const Deliver deliver_;
  boost::asio::ip::tcp::acceptor acceptor_;
  boost::asio::steady_timer pause_;
  std::string name_;  // for messages
  bool on_ = false, armed_ = false;
  bool complained_ = false;  // about exhaustion, since it last went well
};

}  // namespace zookernel::transport
