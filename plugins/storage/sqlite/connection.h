// A connection to the database and its prepared statements: SQLite's calls with our errors.
#pragma once

#include <sqlite3.h>

#include <memory>
#include <string>

#include "plugins/storage/sqlite/vfs.h"
#include "zookernel/bytes.h"
#include "zookernel/result.h"

namespace zookernel::sqlite_storage {

class Connection;

// A prepared statement. Must not outlive its connection. Parameters count from 1, columns from 0.
class Statement {
 public:
  Statement() = default;
  Statement(Connection& connection, sqlite3_stmt* statement)
      : connection_(&connection), statement_(statement) {}

  void bind(int parameter, int64_t value);
  // The bytes are borrowed until the next reset or bind.
  void bind_text(int parameter, Bytes text);
  void bind_blob(int parameter, Bytes bytes);
  void bind_null(int parameter);

  // True: a row is there to be looked at.
  Result<bool> step();
  // Runs it to its end and makes it ready for the next time.
  Status run();
  // Ends a read, so that it holds nothing open.
  void reset();

  // Borrowed until the next step or reset.
  [[nodiscard]] int64_t integer(int column) const;
  [[nodiscard]] Bytes bytes(int column) const;
  [[nodiscard]] bool is_null(int column) const;

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };
  Connection* connection_ = nullptr;
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

// One thread at a time.
class Connection {
 public:
  // Every commit is synced (`durable`) or none. The file is made when it is not there.
  static Result<std::unique_ptr<Connection>> open(Vfs& vfs, const std::string& path, bool durable);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // [startup] Of a new database; nothing changes in one that does.
  Status use_write_ahead_log();
  Status execute(const std::string& sql);
  Result<Statement> prepare(const char* sql);
  // The one integer that a query gives; 0 when it gives none.
  Result<int64_t> integer(const char* sql);
  Status begin();
  Status commit();
  void roll_back();
  // Rows that the last statement changed.
  [[nodiscard]] int changes() const { return sqlite3_changes(db_); }

  // From now on each commit is synced, or none.
  Status sync_commits(bool on);
  // Pages in the write-ahead log at the last commit of this connection.
  [[nodiscard]] int log_pages() const { return log_pages_; }

  // Moves what it can from the write-ahead log into the database. Does not wait for anybody.
  Status checkpoint();
  // All of it, and empties the log; as far as nobody reads old pages meanwhile.
  Status checkpoint_and_truncate();

  // What SQLite and the file system say about the last call that failed.
  [[nodiscard]] Error error(const std::string& doing) const;

 private:
  Connection(Vfs& vfs, std::string path) : vfs_(vfs), path_(std::move(path)) {}

  Vfs& vfs_;
  const std::string path_;
  sqlite3* db_ = nullptr;
  int log_pages_ = 0;
};

}  // namespace zookernel::sqlite_storage
