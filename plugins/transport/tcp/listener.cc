#include "plugins/transport/tcp/listener.h"

#include <sys/socket.h>

#include <boost/asio/ip/v6_only.hpp>
#include <cerrno>
#include <cstring>

#include "plugins/transport/tcp/address.h"

namespace zookernel::transport {
namespace {

using boost::asio::ip::tcp;

std::string advice(const boost::system::error_code& problem) {
  switch (problem.value()) {
    case EADDRINUSE:
      return " (another process listens there: stop it, or choose another port)";
    case EACCES:
      return " (ports below 1024 need a privilege: choose another port)";
    case EADDRNOTAVAIL:
      return " (this machine has no such address)";
    default:
      return "";
  }
}

Error cannot(const std::string& name, const boost::system::error_code& problem) {
  const Errc code = problem.value() == EADDRINUSE ? Errc::kExists
                    : problem.value() == EACCES   ? Errc::kDenied
                                                  : Errc::kIo;
  return {code, "listen on " + name + ": " + problem.message() + advice(problem)};
}

}  // namespace

Listener::Listener(boost::asio::io_context& context, Logger& log, Deliver deliver)
    : log_(log), deliver_(std::move(deliver)), acceptor_(context), pause_(context) {}

Result<Endpoint> Listener::open(const Endpoint& at, int backlog) {
  name_ = display(at);
  const Result<tcp::endpoint> address = listen_address(at);
  if (!address) return address.error();
  boost::system::error_code problem;
  acceptor_.open(address->protocol(), problem);
  if (!problem) acceptor_.set_option(tcp::acceptor::reuse_address(true), problem);
  if (!problem && address->address().is_v6() && address->address().is_unspecified()) {
    acceptor_.set_option(boost::asio::ip::v6_only(false), problem);
  }
  if (!problem) acceptor_.bind(*address, problem);
  if (!problem) acceptor_.non_blocking(true, problem);
  if (!problem) acceptor_.listen(backlog < 0 ? SOMAXCONN : backlog, problem);
  if (problem) {
    boost::system::error_code ignored;
    acceptor_.close(ignored);
    return cannot(name_, problem);
  }
  const tcp::endpoint bound = acceptor_.local_endpoint(problem);
  if (problem) return cannot(name_, problem);
  Endpoint chosen = at;
  chosen.port = bound.port();
  name_ = display(chosen);
  return chosen;
}

void Listener::accept(bool on) {
  on_ = on;
  if (on_) arm();
}

void Listener::close() {
  on_ = false;
  boost::system::error_code ignored;
  acceptor_.close(ignored);
  pause_.cancel();
}

void Listener::arm() {
  if (armed_ || !acceptor_.is_open()) return;
  armed_ = true;
  acceptor_.async_wait(tcp::acceptor::wait_read, [this](const boost::system::error_code& problem) {
    armed_ = false;
    if (!problem && on_) accept_all();
  });
}

void Listener::accept_all() {
  for (int i = 0; i < kAcceptsInARow; ++i) {
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    const int socket = ::accept4(acceptor_.native_handle(), reinterpret_cast<sockaddr*>(&address),
                                 &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (socket < 0) {
      if (errno == EAGAIN || errno == EWOULDBLOCK) break;
      if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
        return exhausted(errno);
      // The others concern one connection that did not come about (ECONNABORTED, EPROTO, a network
      // error): the next may.
      continue;
    }
    complained_ = false;
    deliver_(socket, address.ss_family == AF_INET6 ? tcp::v6() : tcp::v4(), peer_info(address));
    if (!on_) return;
  }
  arm();
}

// The connection stays in the system's queue, so waiting for readability again would spin.
// Descriptors come back when others close.
void Listener::exhausted(int error) {
  if (!complained_) {
    log_.error(
        "new connections have to wait: the system has no room for them (raise the limit of open "
        "files)",
        {{"listener", name_}, {"reason", std::strerror(error)}});
    complained_ = true;
  }
  pause_.expires_after(kExhaustedPause);
  pause_.async_wait([this](const boost::system::error_code& problem) {
    if (!problem && on_) accept_all();
  });
}

}  // namespace zookernel::transport
