// The server: one pure machine. An input goes in, effects come out; it knows no socket, file,
// clock, thread or random device. Equal inputs in equal order give equal effects.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "kernel/core/effects.h"
#include "kernel/core/options.h"
#include "kernel/core/outside.h"
#include "zookernel/admin_command.h"
#include "zookernel/auth_scheme.h"
#include "zookernel/consensus.h"
#include "zookernel/metrics.h"
#include "zookernel/result.h"

namespace zookernel::core {

// What the server is made of. Tables are borrowed and outlive the server.
struct ServerParts {
  Options options;
  struct Scheme {
    std::string name;
    const ZookernelAuthScheme* table;
  };
  struct Command {
    std::string word;
    const ZookernelAdminCommand* table;
  };
  std::vector<Scheme> auth_schemes;  // in the order in which connections get their ids
  std::vector<Command> admin_commands;
  Metrics* metrics = nullptr;
  Outside* outside = nullptr;
  // Of hash tables, which changes nothing that can be seen, and of the chance by which the
  // connection throttle drops.
  uint64_t seed = 0;
};

class Server {
 public:
  explicit Server(ServerParts parts);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // ---- recovery, in this order, before start() [core]

  // Reads a snapshot: read(to, count) answers up to count bytes, 0 at the end. On an error this
  // server is spoilt: make another one and try an older snapshot.
  using ReadBytes = std::function<Result<size_t>(char* to, size_t count)>;
  Status load_snapshot(Zxid name, const ReadBytes& read);
  // Applies one transaction of the log. Errors mean a record that cannot be understood.
  Status replay(Bytes record);
  [[nodiscard]] Zxid last_zxid() const;
  // True while the snapshot holds effects of transactions that were not replayed: at the end of the
  // log it means that some of them are missing, and that the tree may hold halves.
  [[nodiscard]] bool replay_incomplete() const;

  // After ConsensusEffects::rewind: the tree and the sessions begin anew, and are filled by
  // load_snapshot() and replay() once more. When a snapshot turns out to be damaged, call this
  // again and try an older one. At the end the input Rewound is due.
  void begin_rebuild();

  // ---- serving

  // Recovery is over; from now on the machine decides. Ephemerals whose session is unknown are
  // removed here.
  void start(std::unique_ptr<ConsensusMachine> machine, const Tick& now, Effects& effects);

  // Appends to effects. Give a Tick before each batch, so that times are right.
  void step(const Input& input, Effects& effects);

  // ---- what the shell and tests may look at [core]

  [[nodiscard]] bool serving() const;
  [[nodiscard]] Role role() const;
  [[nodiscard]] bool snapshot_running() const;
  [[nodiscard]] size_t node_count() const;
  [[nodiscard]] uint64_t tree_digest() const;
  [[nodiscard]] size_t connection_count() const;
  [[nodiscard]] size_t session_count() const;
  [[nodiscard]] size_t ephemeral_count() const;

  class Impl;  // server_impl.h

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace zookernel::core
