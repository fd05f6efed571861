/* Admin commands: what an operator asks a running server.
 *
 * The C struct is the contract ("zookernel.admin_command/1"); in C++ derive from
 * zookernel::plugin::AdminCommand. A command sees the server through ZookernelServerView: a few
 * named tables of plain rows, so that the view can grow without a new function for each fact.
 *
 * Calls come from the core thread; a command must not block. A command that visits more than 1,000
 * rows there is run again on the admin thread, where it may take its time, and only what that run
 * writes is sent: its visit on the core thread ends early, and an action that it did before is done
 * twice. The two threads never use a command at once. On the admin thread a listing is not the
 * picture of one moment. [core, admin]
 *
 * Tables (columns in order; later kernels only append columns and tables):
 *   "server"       name text, value: one row a fact; names below
 *   "config"       name text, value: in the order of Apache's `conf`; "membership", when there is
 *                  one, comes last: its value is the text of the dynamic configuration, lines
 *                  without a final newline
 *   "environment"  name text, value text: in the order of Apache's `envi`
 *   "metrics"      name text, value: in the order of Apache's `mntr`, names without the zk_ prefix
 *   "connections"  address text, interest_ops int, queued int, received int, sent int,
 *                  session_id int (0: none), last_operation text, established_ms int (wall),
 *                  timeout_ms int, last_cxid int (-1: none), last_zxid int,
 *                  last_response_ms int (wall), last_latency int, min_latency int,
 *                  average_latency int, max_latency int, asking int (1: this very connection)
 *   "session_expiry"        expires_ms int (wall), session_id int (0: an empty bucket): one row a
 *                           session, ascending
 *   "local_session_expiry"  as session_expiry; only while local sessions are on, and
 *                           session_expiry then tells the global ones
 *   "global_sessions"       session_id int, timeout_ms int; only on servers that do not decide
 *                           about expiry (follower, observer, read-only): there is no
 *                           session_expiry then
 *   "connection_expiry"     expires_ms int (wall), address text (empty: an empty bucket),
 *                           session_id int: ascending
 *   "ephemerals"   session_id int, path text: grouped by session
 *   "watches"      session_id int, path text: data and exist watches, grouped by path
 *   "digests"      zxid int, digest int (unsigned): oldest first
 *
 * Facts of "server": version text, mode text (standalone, leader, follower, observer, read-only),
 *   serving int, read_only int, zxid int, node_count int, min_latency int, average_latency real,
 *   max_latency int, received int, sent int, connections int, outstanding int, trace_mask int,
 *   data_dir_size int, log_dir_size int, watch_connections int, watch_paths int,
 *   watch_total int (data and exist watches); on a leader also last_proposal_size int,
 *   min_proposal_size int, max_proposal_size int (-1 before the first).
 *
 * Actions: "reset_server_stats", "reset_connection_stats", "set_trace_mask" (argument: the mask).
 */
#ifndef ZOOKERNEL_ADMIN_COMMAND_H
#define ZOOKERNEL_ADMIN_COMMAND_H

#include "zookernel/abi.h"

#define ZOOKERNEL_ADMIN_COMMAND_ID "zookernel.admin_command/1"

/* ZookernelAdminCommand.flags */
/* Runs also while the server is not serving; the others are then answered for by the kernel. */
#define ZOOKERNEL_ADMIN_ALWAYS 1u

#define ZOOKERNEL_VALUE_INTEGER 0
#define ZOOKERNEL_VALUE_REAL 1
#define ZOOKERNEL_VALUE_TEXT 2

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ZookernelValue {
  int32_t kind; /* ZOOKERNEL_VALUE_* */
  int64_t integer;
  double real;
  ZookernelText text; /* borrowed for the visit */
} ZookernelValue;

/* Called once a row; a nonzero answer ends the visit. */
typedef int32_t (*ZookernelRowVisitor)(void* context, const ZookernelValue* columns,
                                       uint32_t count);

/* Borrowed for the run of a command. */
typedef struct ZookernelServerView {
  uint32_t size;
  void* context;
  /* Visits the rows of a table; answers 0 when this kernel has no such table. */
  int32_t (*visit)(void* context, const char* table, ZookernelRowVisitor visitor,
                   void* visitor_context);
  /* Does an action; answers 0 when this kernel does not know it. */
  int32_t (*act)(void* context, const char* action, int64_t argument);
} ZookernelServerView;

typedef struct ZookernelAdminCommand {
  uint32_t size; /* sizeof(ZookernelAdminCommand) */
  uint32_t flags;
  void* self;
  int32_t (*configure)(void* self, const ZookernelHost* host,
                       const ZookernelSink* error);         /* optional [startup] */
  int32_t (*start)(void* self, const ZookernelSink* error); /* optional [startup] */
  void (*stop)(void* self);                                 /* optional [startup] */
  void (*destroy)(void* self);                              /* frees self and this struct */
  /* Puts the whole answer into text, or answers 0 with a sentence in error. argument: bytes after
     the word, for commands that take some (stmk takes 8). */
  int32_t (*run)(void* self, const ZookernelServerView* server, ZookernelText argument,
                 const ZookernelSink* text, const ZookernelSink* error);
} ZookernelAdminCommand;

#ifdef __cplusplus
} /* extern "C" */

#include <exception>
#include <memory>
#include <string>

#include "zookernel/face.h"

namespace zookernel {
namespace plugin {

/* A row of a table. Borrowed for the visit. */
class Row {
 public:
  Row(const ZookernelValue* columns, uint32_t count) : columns_(columns), count_(count) {}
  uint32_t size() const { return count_; }
  const ZookernelValue& operator[](uint32_t column) const { return columns_[column]; }
  int64_t integer(uint32_t column) const { return column < count_ ? columns_[column].integer : 0; }
  double real(uint32_t column) const {
    if (column >= count_) return 0;
    return columns_[column].kind == ZOOKERNEL_VALUE_REAL
               ? columns_[column].real
               : static_cast<double>(columns_[column].integer);
  }
  std::string text(uint32_t column) const {
    return column < count_ ? string_of(columns_[column].text) : std::string();
  }

 private:
  const ZookernelValue* columns_;
  uint32_t count_;
};

/* The running server, as a command may see it. */
class ServerView {
 public:
  explicit ServerView(const ZookernelServerView& view) : view_(&view) {}

  /* Calls visitor(const Row&) for each row; false when the kernel has no such table. What the
     visitor throws ends the visit and comes out here, so that an answer is never cut short in
     silence. */
  template <typename Visitor>
  bool visit(const char* table, Visitor visitor) const {
    Visit<Visitor> visit = {&visitor, nullptr};
    const bool known =
        view_->visit(view_->context, table, &ServerView::trampoline<Visitor>, &visit) != 0;
    if (visit.thrown) std::rethrow_exception(visit.thrown);
    return known;
  }
  bool act(const char* action, int64_t argument = 0) const {
    return view_->act(view_->context, action, argument) != 0;
  }

 private:
  template <typename Visitor>
  struct Visit {
    Visitor* visitor;
    std::exception_ptr thrown;
  };
  template <typename Visitor>
  static int32_t trampoline(void* context, const ZookernelValue* columns, uint32_t count) {
    Visit<Visitor>* visit = static_cast<Visit<Visitor>*>(context);
    try {
      (*visit->visitor)(Row(columns, count));
      return 0;
    } catch (...) {
      visit->thrown = std::current_exception();
      return 1;
    }
  }
  const ZookernelServerView* view_;
};

/* Derive from this. */
class AdminCommand {
 public:
  virtual ~AdminCommand() {}
  virtual std::string configure(const Host&) {
    return std::string();
  }                                             /* a sentence when a setting is wrong */
  virtual bool always() const { return false; } /* answers while the server is not serving */
  /* The whole answer. Throw to fail. */
  virtual std::string run(const ServerView& server, const std::string& argument) = 0;
};

namespace detail {

struct AdminAdapter {
  ZookernelAdminCommand table;
  std::unique_ptr<AdminCommand> command; /* null when its constructor threw */
  std::string broken;                    /* what it threw; configure reports it */

  static AdminAdapter* of(void* self) { return static_cast<AdminAdapter*>(self); }
  static int32_t configure(void* self, const ZookernelHost* host, const ZookernelSink* error) {
    return guard(error, [&] {
      if (!of(self)->command) return of(self)->broken;
      return of(self)->command->configure(Host(*host));
    });
  }
  static void destroy(void* self) { delete of(self); }
  static int32_t run(void* self, const ZookernelServerView* server, ZookernelText argument,
                     const ZookernelSink* text, const ZookernelSink* error) {
    return guard(error, [&] {
      const std::string answer = of(self)->command->run(ServerView(*server), string_of(argument));
      text->put(text->context, text_of(answer));
      return std::string();
    });
  }
};

template <typename Command>
void* create_admin_command() {
  try {
    std::unique_ptr<AdminAdapter> adapter(new AdminAdapter());
    try {
      adapter->command.reset(new Command());
    } catch (const std::exception& e) {
      adapter->broken = std::string("exception in the constructor: ") + e.what();
    } catch (...) {
      adapter->broken = "an exception of unknown type in the constructor";
    }
    ZookernelAdminCommand& t = adapter->table;
    t = ZookernelAdminCommand();
    t.size = static_cast<uint32_t>(sizeof t);
    t.flags = adapter->command && adapter->command->always() ? ZOOKERNEL_ADMIN_ALWAYS : 0u;
    t.self = adapter.get();
    t.configure = &AdminAdapter::configure;
    t.destroy = &AdminAdapter::destroy;
    t.run = &AdminAdapter::run;
    return &adapter.release()->table;
  } catch (...) {
    return nullptr;
  }
}

}  // namespace detail
}  // namespace plugin
}  // namespace zookernel

#endif /* __cplusplus */
#endif /* ZOOKERNEL_ADMIN_COMMAND_H */
