#include "plugins/transport/tcp/io_loop.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "plugins/transport/tcp/address.h"
#include "zookernel/assert.h"

namespace zookernel::transport {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

// Above this, what is unread is a large frame on its way: bytes are received behind it instead of
// being copied in front of new ones.
constexpr size_t kUnreadCopiedMax = 16 * 1024;

Error closed(std::string message) {
  return {Errc::kClosed, std::move(message)};
}

}  // namespace

IoLoop::IoLoop(uint16_t index, SocketOptions options, Logger& log, LoopHooks hooks)
    // One thread runs the loop and its sockets; only posting and waking come from others.
    : context_(BOOST_ASIO_CONCURRENCY_HINT_UNSAFE_IO),
      id_prefix_((static_cast<uint64_t>(index) + 1) << 48),
      options_(options),
      log_(log),
      hooks_(std::move(hooks)),
      names_(context_),
      shared_(kReceiveBytes),
      deadline_timer_(context_) {}

IoLoop::~IoLoop() = default;

ConnId IoLoop::new_id() {
  return ConnId{id_prefix_ | (id_counter_.fetch_add(1, std::memory_order_relaxed) + 1)};
}

Connection* IoLoop::find(ConnId id) const {
  const auto at = connections_.find(id);
  return at == connections_.end() ? nullptr : at->second.get();
}

void IoLoop::adopt(int socket, const tcp& protocol, Channel channel, const PeerInfo& peer,
                   ConnectionEvents& events) {
  boost::system::error_code problem;
  tcp::socket accepted(context_);
  accepted.assign(protocol, socket, problem);
  if (problem) {
    log_.warn("accepted connection dropped",
              {{"peer", peer.address}, {"reason", problem.message()}});
    return;
  }
  accepted.set_option(tcp::no_delay(true), problem);
  // Of another server it must be found out that it is gone, even when nothing is said.
  if (options_.keep_alive || channel != Channel::kClient)
    accepted.set_option(asio::socket_base::keep_alive(true), problem);

  const ConnId id = new_id();
  auto connection = std::make_unique<Connection>(id, channel, std::move(accepted), events);
  if (!events.on_open(id, channel, peer)) {
    connection->close_with_reset();
    return;
  }
  Connection& added = *connection;
  connections_.emplace(id, std::move(connection));
  // Clients speak first, and mostly have: reading now saves them a round through the event queue.
  receive(added);
}

void IoLoop::send(ConnId id, Buffer bytes) {
  Connection* connection = find(id);
  if (connection == nullptr) return;
  if (connection->state != Connection::State::kOpen &&
      connection->state != Connection::State::kEnded)
    return;
  switch (connection->send(std::move(bytes))) {
    case Connection::Io::kDone:
      return;
    case Connection::Io::kBlocked:
      break;
    case Connection::Io::kEnd:
    case Connection::Io::kFailed:
      return kill(*connection, "write to", connection->last_errno);
  }
  tell_backlog(*connection);
  arm_write(*connection);
}

void IoLoop::close(ConnId id) {
  Connection* connection = find(id);
  if (connection == nullptr) return;
  switch (connection->state) {
    case Connection::State::kConnecting:
      return kill(*connection, closed("closed before the connection was there"));
    case Connection::State::kOpen:
    case Connection::State::kEnded:
      break;
    case Connection::State::kFlushing:
    case Connection::State::kDraining:
    case Connection::State::kDead:
      return;
  }
  connection->unread = Buffer();
  connection->state = Connection::State::kFlushing;
  set_deadline(*connection);
  if (connection->queued_bytes() == 0) begin_drain(*connection);
}

void IoLoop::reset(ConnId id) {
  Connection* connection = find(id);
  if (connection == nullptr || connection->state == Connection::State::kDead) return;
  connection->close_with_reset();
  kill(*connection, closed("reset by this server"));
}

void IoLoop::read(ConnId id, bool on) {
  Connection* connection = find(id);
  if (connection == nullptr || connection->reading == on) return;
  connection->reading = on;
  if (!on || connection->state != Connection::State::kOpen) return;
  if (connection->unread.empty()) {
    arm_read(*connection);
  } else {
    // Not offered here: the owner calls this from the middle of its own work.
    resumed_.push_back(id);
  }
}

size_t IoLoop::queued_bytes(ConnId id) const {
  const Connection* connection = find(id);
  return connection == nullptr ? 0 : connection->queued_bytes();
}

bool IoLoop::begin_round() {
  flushed_ = 0;
  bool called = reap();
  for (const ConnId id : std::exchange(reportable_, {})) {
    Connection* connection = find(id);
    // Anything else means that the owner closed it meanwhile, which is the usual end of a
    // four-letter word.
    if (connection == nullptr || connection->state != Connection::State::kEnded) continue;
    finish(*connection);
  }
  for (const ConnId id : std::exchange(resumed_, {})) {
    Connection* connection = find(id);
    if (connection == nullptr || !connection->takes_input()) continue;
    called = true;
    offer_unread(*connection);
    if (connection->takes_input()) arm_read(*connection);
  }
  return reap() || called;
}

void IoLoop::report_ends() {
  reportable_.insert(reportable_.end(), ended_.begin(), ended_.end());
  ended_.clear();
}

bool IoLoop::reap() {
  bool any = false;
  while (!dead_.empty()) {
    any = true;
    for (const auto& [id, why] : std::exchange(dead_, {})) {
      const auto at = connections_.find(id);
      ZOOKERNEL_ASSERT(at != connections_.end());
      ConnectionEvents& events = at->second->events;
      connections_.erase(at);
      events.on_close(id, why);
    }
  }
  return any;
}

void IoLoop::close_all() {
  connections_.clear();
  dead_.clear();
  ended_.clear();
  reportable_.clear();
  resumed_.clear();
  deadlines_.clear();
  deadline_timer_.cancel();
}

// ---- reading

void IoLoop::arm_read(Connection& connection) {
  if (connection.read_armed) return;
  connection.read_armed = true;
  connection.socket.async_wait(
      tcp::socket::wait_read, [this, id = connection.id](const boost::system::error_code& problem) {
        on_readable(id, problem);
        reap();
      });
}

void IoLoop::on_readable(ConnId id, const boost::system::error_code& problem) {
  Connection* connection = find(id);
  if (connection == nullptr || connection->state == Connection::State::kDead) return;
  connection->read_armed = false;
  if (problem) return kill(*connection, closed("wait for bytes: " + problem.message()));
  if (connection->state == Connection::State::kDraining) return drain(*connection);
  receive(*connection);
}

void IoLoop::receive(Connection& connection) {
  for (int i = 0; i < kReadsInARow && connection.takes_input(); ++i) {
    bool filled = false;
    switch (receive_and_offer(connection, filled)) {
      case Connection::Io::kDone:
        break;
      case Connection::Io::kBlocked:
        return arm_read(connection);
      case Connection::Io::kEnd:
        return peer_ended(connection);
      case Connection::Io::kFailed:
        return kill(connection, "read from", connection.last_errno);
    }
    // Less than there was room for: the socket is empty now, asking again would be a wasted call.
    if (!filled) break;
  }
  if (connection.takes_input()) arm_read(connection);
}

Connection::Io IoLoop::receive_and_offer(Connection& connection, bool& filled) {
  size_t received = 0;
  if (connection.unread.size() > kUnreadCopiedMax) {
    const size_t before = connection.unread.size();
    char* to = connection.unread.extend(kReceiveBytes);
    const Connection::Io result = connection.receive(to, kReceiveBytes, received);
    connection.unread.truncate(before + received);
    if (result != Connection::Io::kDone) return result;
    filled = received == kReceiveBytes;
    offer_unread(connection);
    return result;
  }

  const size_t before = connection.unread.size();
  const size_t room = kReceiveBytes - before;
  const Connection::Io result = connection.receive(shared_.data() + before, room, received);
  if (result != Connection::Io::kDone) return result;
  filled = received == room;
  if (before != 0) std::memcpy(shared_.data(), connection.unread.data(), before);
  const Bytes bytes(shared_.data(), before + received);
  // Emptied first: the owner may close the connection from within.
  connection.unread.clear();
  const size_t consumed = connection.events.on_bytes(connection.id, bytes);
  ZOOKERNEL_ASSERT(consumed <= bytes.size());
  if (consumed == bytes.size()) {
    connection.unread = Buffer();
  } else if (connection.state == Connection::State::kOpen) {
    connection.unread.append(bytes.substr(consumed));
  }
  return result;
}

void IoLoop::offer_unread(Connection& connection) {
  Buffer unread = std::move(connection.unread);
  const size_t consumed = connection.events.on_bytes(connection.id, unread.view());
  ZOOKERNEL_ASSERT(consumed <= unread.size());
  if (connection.state != Connection::State::kOpen || consumed == unread.size()) return;
  if (consumed == 0) {
    connection.unread = std::move(unread);
  } else {
    connection.unread.append(unread.view().substr(consumed));
  }
}

void IoLoop::peer_ended(Connection& connection) {
  connection.peer_ended = true;
  connection.state = Connection::State::kEnded;
  // The owner is told in a later round: what it answers in this one (a four-letter word from `nc`)
  // must still find the connection.
  ended_.push_back(connection.id);
  hooks_.ended();
}

// ---- writing

void IoLoop::arm_write(Connection& connection) {
  if (connection.write_armed) return;
  connection.write_armed = true;
  connection.socket.async_wait(
      tcp::socket::wait_write,
      [this, id = connection.id](const boost::system::error_code& problem) {
        on_writable(id, problem);
        reap();
      });
}

void IoLoop::on_writable(ConnId id, const boost::system::error_code& problem) {
  Connection* connection = find(id);
  if (connection == nullptr || connection->state == Connection::State::kDead) return;
  connection->write_armed = false;
  if (problem) return kill(*connection, closed("wait for room: " + problem.message()));
  const size_t waited = connection->queued_bytes();
  const Connection::Io result = connection->flush();
  flushed_ += waited - connection->queued_bytes();
  if (result == Connection::Io::kFailed)
    return kill(*connection, "write to", connection->last_errno);
  tell_backlog(*connection);
  if (result == Connection::Io::kBlocked) return arm_write(*connection);
  if (connection->state == Connection::State::kFlushing) begin_drain(*connection);
}

// ---- ends

// The owner closed the connection, or the other side did and the owner was given time to answer.
void IoLoop::finish(Connection& connection) {
  if (connection.queued_bytes() == 0)
    return kill(connection, closed("the other side closed the connection"));
  connection.state = Connection::State::kFlushing;
  set_deadline(connection);
}

void IoLoop::begin_drain(Connection& connection) {
  if (connection.peer_ended) return kill(connection, closed("closed"));
  connection.state = Connection::State::kDraining;
  connection.shut_down_sending();
  drain(connection);
}

// Closing a socket with unread bytes sends RST, which makes the other side forget what it has not
// read yet: our last reply. So what comes is read and dropped until the other side is done, within
// limits.
void IoLoop::drain(Connection& connection) {
  for (size_t drained = 0; drained < kDrainBytesMax;) {
    size_t received = 0;
    switch (connection.receive(shared_.data(), shared_.size(), received)) {
      case Connection::Io::kDone:
        drained += received;
        break;
      case Connection::Io::kBlocked:
        return arm_read(connection);
      case Connection::Io::kEnd:
        return kill(connection, closed("closed"));
      case Connection::Io::kFailed:
        return kill(connection, "read from", connection.last_errno);
    }
  }
  kill(connection, closed("closed while the other side kept sending"));
}

void IoLoop::kill(Connection& connection, const char* doing, int error) {
  kill(connection, closed(std::string(doing) + " the other side: " + std::strerror(error)));
}

void IoLoop::kill(Connection& connection, Error why) {
  if (connection.state == Connection::State::kDead) return;
  connection.state = Connection::State::kDead;
  connection.close();
  connection.unread = Buffer();
  if (hooks_.backlog && connection.queued_bytes() != 0) hooks_.backlog(connection.id, 0);
  dead_.emplace_back(connection.id, std::move(why));
}

void IoLoop::tell_backlog(const Connection& connection) {
  if (hooks_.backlog) hooks_.backlog(connection.id, connection.queued_bytes());
}

void IoLoop::set_deadline(Connection& connection) {
  if (connection.has_deadline) return;
  connection.has_deadline = true;
  deadlines_.emplace_back(Clock::now() + kCloseLimit, connection.id);
  arm_deadline();
}

void IoLoop::arm_deadline() {
  if (deadline_armed_) return;
  // Most connections end long before: they leave no entry behind to wait for.
  while (!deadlines_.empty() && find(deadlines_.front().second) == nullptr) deadlines_.pop_front();
  if (deadlines_.empty()) return;
  deadline_armed_ = true;
  deadline_timer_.expires_at(deadlines_.front().first);
  deadline_timer_.async_wait([this](const boost::system::error_code& problem) {
    deadline_armed_ = false;
    if (!problem) on_deadline();
    reap();
  });
}

void IoLoop::on_deadline() {
  const Clock::time_point now = Clock::now();
  while (!deadlines_.empty() && deadlines_.front().first <= now) {
    const ConnId id = deadlines_.front().second;
    deadlines_.pop_front();
    Connection* connection = find(id);
    if (connection == nullptr || connection->state == Connection::State::kDead) continue;
    connection->close_with_reset();
    kill(*connection, closed("the other side did not take the last bytes in time"));
  }
  arm_deadline();
}

// ---- dialling

void IoLoop::dial(ConnId id, Channel channel, const Endpoint& to, ConnectionEvents& events) {
  auto connection = std::make_unique<Connection>(id, channel, tcp::socket(context_), events);
  connection->state = Connection::State::kConnecting;
  connections_.emplace(id, std::move(connection));
  Dialling dialling{display(to), {}, 0};
  boost::system::error_code problem;
  const asio::ip::address numeric = asio::ip::make_address(to.host, problem);
  if (!problem) {
    dialling.addresses.emplace_back(numeric, to.port);
    return connect_next(id, std::move(dialling));
  }
  names_.look_up(to.host, [this, id, port = to.port, dialling = std::move(dialling)](
                              const Result<NameLookup::Addresses>& found) mutable {
    Connection* waiting = find(id);
    if (waiting == nullptr || waiting->state != Connection::State::kConnecting) return;
    if (!found) {
      kill(*waiting, Error{Errc::kNotFound, "connect to " + dialling.name +
                                                ": the host name cannot be resolved (" +
                                                found.error().message + ")"});
    } else {
      for (const asio::ip::address& address : *found)
        dialling.addresses.emplace_back(address, port);
      const auto first = static_cast<std::ptrdiff_t>(dialled_++ % dialling.addresses.size());
      std::rotate(dialling.addresses.begin(), dialling.addresses.begin() + first,
                  dialling.addresses.end());
      connect_next(id, std::move(dialling));
    }
    reap();
  });
}

void IoLoop::connect_next(ConnId id, Dialling dialling) {
  Connection* connection = find(id);
  if (connection == nullptr) return;
  const tcp::endpoint to = dialling.addresses[dialling.next++];
  connection->socket.async_connect(to, [this, id, dialling = std::move(dialling)](
                                           const boost::system::error_code& problem) mutable {
    connected(id, std::move(dialling), problem);
    reap();
  });
}

void IoLoop::connected(ConnId id, Dialling dialling, const boost::system::error_code& problem) {
  Connection* connection = find(id);
  if (connection == nullptr || connection->state != Connection::State::kConnecting) return;
  if (problem) {
    if (dialling.next < dialling.addresses.size()) {
      connection->close();
      return connect_next(id, std::move(dialling));
    }
    std::string tried;
    for (const tcp::endpoint& each : dialling.addresses)
      tried += (tried.empty() ? "" : ", ") + each.address().to_string();
    return kill(*connection,
                closed("connect to " + dialling.name + " (" + tried + "): " + problem.message()));
  }
  boost::system::error_code ignored;
  connection->socket.set_option(tcp::no_delay(true), ignored);
  connection->socket.set_option(asio::socket_base::keep_alive(true), ignored);
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (::getpeername(connection->socket.native_handle(), reinterpret_cast<sockaddr*>(&address),
                    &size) != 0) {
    return kill(*connection, "connect to", errno);
  }
  connection->state = Connection::State::kOpen;
  if (!connection->events.on_open(id, connection->channel, peer_info(address))) {
    connection->close_with_reset();
    return kill(*connection, closed("refused by this server"));
  }
  arm_read(*connection);
}

}  // namespace zookernel::transport
