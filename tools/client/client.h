// A client of ZooKeeper whose calls wait for their answer. Paths are checked by the caller
// (path_problem); they are the user's, below the chroot if there is one. Not thread-safe.
//
// Every call ends: with the server's answer, or with kConnectionLoss, kSessionExpired or
// kAuthFailed when there will be none. A signal that arrives meanwhile ends it with
// kOperationTimeout (interrupted() is true then); the request may be done all the same.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tools/client/connection.h"
#include "zookernel/wire/records/client.h"
#include "zookernel/wire/records/multi.h"

namespace zookernel::client {

// What became of a request. The value means something only if ok().
template <typename T>
struct [[nodiscard]] Answer {
  wire::ErrorCode error = wire::ErrorCode::kOk;
  T value = {};

  [[nodiscard]] bool ok() const { return error == wire::ErrorCode::kOk; }
};

enum class Watch { kNo, kYes };

struct Data {
  std::optional<std::string> bytes;  // none: the node has null data
  wire::Stat stat;
};

struct Children {
  std::vector<std::string> names;  // in the server's order
  wire::Stat stat;
};

struct Acls {
  std::vector<wire::Acl> entries;
  wire::Stat stat;
};

// What a create asks for; `ttl_ms` belongs to the two TTL modes.
struct CreateOptions {
  wire::CreateMode mode = wire::CreateMode::kPersistent;
  std::vector<wire::Acl> acl;
  int64_t ttl_ms = 0;
};

// The three parts of a change of the ensemble; see reconfig.
struct Reconfiguration {
  std::optional<std::string> joining;
  std::optional<std::string> leaving;
  std::optional<std::string> members;
  int64_t from_version = -1;
};

class Client {
 public:
  Client(ConnectString servers, Connection::Settings settings, EventHandler on_event);

  [[nodiscard]] Connection& connection() { return connection_; }
  [[nodiscard]] Session& session() { return connection_.session(); }

  // Waits until connected, and says whether that came to be before `deadline`.
  [[nodiscard]] bool wait_connected(int64_t deadline);
  // A signal ended the last call.
  [[nodiscard]] bool interrupted() const { return interrupted_; }

  // The path that was made.
  Answer<std::string> create(std::string_view path, std::optional<std::string> data,
                             const CreateOptions& options);
  Answer<Unit> remove(std::string_view path, int32_t version);
  Answer<wire::Stat> exists(std::string_view path, Watch watch);
  Answer<Data> get_data(std::string_view path, Watch watch);
  // The configuration of the ensemble, whatever the chroot.
  Answer<Data> get_config(Watch watch);
  Answer<wire::Stat> set_data(std::string_view path, std::string_view data, int32_t version);
  Answer<Acls> get_acl(std::string_view path);
  Answer<wire::Stat> set_acl(std::string_view path, const std::vector<wire::Acl>& acl,
                             int32_t version);
  Answer<Children> get_children(std::string_view path, Watch watch);
  Answer<int32_t> get_all_children_number(std::string_view path);
  Answer<std::vector<std::string>> get_ephemerals(std::string_view prefix);
  Answer<Unit> sync(std::string_view path);
  Answer<std::vector<wire::ClientInfo>> who_am_i();
  Answer<Unit> add_auth(std::string_view scheme, std::optional<std::string> auth);
  Answer<Unit> add_watch(std::string_view path, wire::AddWatchMode mode);
  // Local: forget the watch even when no server can be asked.
  enum class RemoveWhere { kServer, kLocalToo };
  Answer<Unit> remove_watches(std::string_view path, wire::WatcherType type, RemoveWhere where);
  Answer<wire::MultiResponse> multi(wire::MultiRequest request);
  Answer<Data> reconfig(const Reconfiguration& change);
  // Ends the session; waits for the server's answer for at most `wait_ms`.
  void close(int64_t wait_ms);

  // Sends a request whose answer the handler gets later, in a call that waits.
  void start(wire::Opcode opcode, Bytes body, ReplyHandler handler);
  // Sends a multi of deletions, as start does. Its paths get the chroot here.
  void start_deletions(const std::vector<std::string>& paths, ReplyHandler handler);
  // Waits until `done` returns true; false when a signal came first.
  template <typename Done>
  bool wait(Done done) {
    interrupted_ = false;
    while (!done()) {
      if (connection_.turn(-1, Connection::kForever) == Connection::Woken::kInterrupted) {
        interrupted_ = true;
        return false;
      }
    }
    return true;
  }

  // get_children that gives up at `deadline` with kOperationTimeout: for a user who waits for a
  // completion.
  Answer<std::vector<std::string>> list_children(std::string_view path, int64_t deadline);

 private:
  // What came back, kept beyond the handler's call.
  struct Kept {
    wire::ErrorCode error = wire::ErrorCode::kOk;
    std::string body;
  };

  Kept call(wire::Opcode opcode, std::string_view body, WatchRequest watch,
            int64_t deadline = Connection::kForever);
  template <typename Response>
  Answer<Response> ask(wire::Opcode opcode, std::string_view body, WatchRequest watch = {});
  [[nodiscard]] std::string server_path(std::string_view path) const;
  [[nodiscard]] std::string user_path(std::string_view path) const;

  Connection connection_;
  bool interrupted_ = false;
};

}  // namespace zookernel::client
