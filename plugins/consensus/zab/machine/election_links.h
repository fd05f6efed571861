// Connections of the election port: at most one between two servers, used both ways. The rules of
// Apache's QuorumCnxManager:
//
//   a connection is dialled when there is something to say and none is there
//   the dialling side says first who it is, and where it is to be found
//   the side with the larger id keeps the connection that it dialled; the other one closes it after
//   the first message, or on receiving it, and is dialled back
//   what was said last is said again on a new connection
//
// Pure. [core]
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "plugins/consensus/zab/machine/outlet.h"

namespace zookernel::zab {

class ElectionLinks {
 public:
  // A connection that has not said who it is by then is closed.
  static constexpr int64_t kHelloWaitMs = 10000;
  // A member that something waits for and that could not be reached is dialled again after so long;
  // the next message may be a minute away.
  static constexpr int64_t kRedialMs = 1000;
  // Connections that have not said who they are; more are closed at once.
  static constexpr size_t kUnknownMax = 100;
  // Servers that are in no list but speak to us.
  static constexpr size_t kStrangersMax = 100;

  struct Heard {
    ServerId from;
    wire::Notification notification;
  };

  explicit ElectionLinks(const Ensemble& ensemble);

  // Who takes part from now on: the members of either (`next` may be null). Connections to those
  // who do not, or are elsewhere now, are closed.
  void set_members(const Ensemble& ensemble, const Ensemble* next, Outlet& out);

  // As the line of this server in `ensemble` says, when there is one.
  void introduce_as(const Ensemble& ensemble);

  // Sends, or remembers it until there is a connection: then only the newest message counts.
  void send(ServerId to, const wire::Notification& notification, Outlet& out);
  void on_opened(const Opened& opened, Outlet& out);
  // False: the token is not ours.
  bool on_dial_failed(uint64_t dial, Outlet& out);
  // False: the connection is not ours.
  bool on_closed(ConnId conn);
  bool on_received(ConnId conn, Bytes bytes, Outlet& out, std::vector<Heard>& heard);
  void on_tick(Outlet& out);
  [[nodiscard]] int64_t wake_at_ms() const;

  [[nodiscard]] bool connected(ServerId to) const;

 private:
  struct Peer {
    std::vector<Endpoint> addresses;
    size_t next_address = 0;
    bool member = false;
    ConnId conn;           // 0: none
    uint64_t dialing = 0;  // token; 0: not
    bool waiting = false;  // `last` was not sent yet
    int64_t redial_at_ms = INT64_MAX;
    std::optional<wire::Notification> last;
  };
  struct Connection {
    std::optional<ServerId> peer;  // once it is known
    std::string pending;           // bytes of a message that is not whole
    int64_t hello_until_ms = 0;
  };

  void dial(Peer& peer, Outlet& out);
  void use(ServerId id, Peer& peer, ConnId conn, Outlet& out);
  void drop(ConnId conn, Outlet& out);
  // Answers how much was taken; nothing: the connection is closed.
  std::optional<size_t> on_hello(ConnId conn, Bytes bytes, Outlet& out);
  bool on_messages(ConnId conn, ServerId from, Bytes& bytes, Outlet& out,
                   std::vector<Heard>& heard);
  void say(ConnId conn, const wire::Notification& notification, Outlet& out);

  const ServerId self_;
  wire::ElectionHello hello_;
  std::map<ServerId, Peer> peers_;
  std::map<ConnId, Connection> connections_;
  int64_t next_stranger_ = -1;  // the id of the next observer without one
};

}  // namespace zookernel::zab
