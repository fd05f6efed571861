// The running server as admin commands see it: tables of plain rows (zookernel/admin_command.h
// lists them). Lives for one command.
#pragma once

#include <cstdint>
#include <string_view>

#include "kernel/core/server_impl.h"
#include "zookernel/admin_command.h"

namespace zookernel::core {

class View {
 public:
  // `asking` is the connection that the command came through.
  View(Server::Impl& server, ConnId asking) : server_(server), asking_(asking) {}

  // The C face; valid as long as this is.
  [[nodiscard]] ZookernelServerView table();

 private:
  // Ends early when the visitor answers nonzero.
  struct Rows {
    ZookernelRowVisitor visitor;
    void* context;
    bool ended = false;

    template <typename... Columns>
    void put(const Columns&... columns);
  };

  bool visit(std::string_view table, Rows& rows);
  bool act(std::string_view action, int64_t argument);
  [[nodiscard]] int64_t shown_nodes() const;
  void server_facts(Rows& rows);
  void metrics(Rows& rows);
  void quota_metrics(Rows& rows);
  void connections(Rows& rows);
  void session_expiry(Rows& rows);
  void connection_expiry(Rows& rows);
  void ephemerals(Rows& rows);
  void watches(Rows& rows);
  void digests(Rows& rows);
  void outside(const char* table, Rows& rows);

  Server::Impl& server_;
  ConnId asking_;
};

}  // namespace zookernel::core
