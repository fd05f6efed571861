// The running server as admin commands see it: tables of plain rows (zookernel/admin_command.h
// lists them). Lives for one command.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "kernel/core/server_impl.h"
#include "zookernel/admin_command.h"

namespace zookernel::core {

class View {
 public:
  // `asking` is the connection that the command came through.
  View(Server::Impl& server, ConnId asking, size_t rows_max)
      : server_(server), asking_(asking), rows_left_(rows_max) {}

  // The C face; valid as long as this is.
  [[nodiscard]] ZookernelServerView table();
  // Visits were ended because there were more rows than allowed.
  [[nodiscard]] bool too_long() const { return too_long_; }

  bool act(std::string_view action, int64_t argument);
  // Copies the rows of a table, of "watches" about `row_budget` from `at` on.
  void slice(std::string_view table, size_t row_budget, WatchTable::Position& at,
             AdminBlock& block);

 private:
  // Ends early when the visitor answers nonzero.
  struct Rows {
    ZookernelRowVisitor visitor;
    void* context;
    View& view;
    bool ended = false;

    template <typename... Columns>
    void put(const Columns&... columns);
  };

  bool visit(std::string_view table, Rows& rows);
  [[nodiscard]] int64_t shown_nodes() const;
  [[nodiscard]] int64_t shown_zxid() const;
  void server_facts(Rows& rows);
  void metrics(Rows& rows);
  void ensemble_metrics(Rows& rows);
  void quota_metrics(Rows& rows);
  void connections(Rows& rows);
  void session_expiry(Rows& rows);
  void global_sessions(Rows& rows);
  void connection_expiry(Rows& rows);
  void ephemerals(Rows& rows);
  void watches(Rows& rows);
  void watches(Rows& rows, WatchTable::Position& at, size_t budget);
  void digests(Rows& rows);
  void outside(const char* table, Rows& rows);

  Server::Impl& server_;
  ConnId asking_;
  size_t rows_left_;
  bool too_long_ = false;
};

}  // namespace zookernel::core
