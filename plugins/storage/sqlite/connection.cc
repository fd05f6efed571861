#include "plugins/storage/sqlite/connection.h"

#include "zookernel/assert.h"

namespace zookernel::sqlite_storage {
namespace {

// Only programs of others can be in the way, and only for moments.
constexpr int kBusyMs = 5000;

Errc code_of(int code) {
  switch (code & 0xff) {
    case SQLITE_FULL:
      return Errc::kFull;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return Errc::kCorrupt;
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
      return Errc::kDenied;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return Errc::kExists;
    default:
      return Errc::kIo;
  }
}

}  // namespace

void Statement::bind(int parameter, int64_t value) {
  sqlite3_bind_int64(statement_.get(), parameter, value);
}
void Statement::bind_text(int parameter, Bytes text) {
  sqlite3_bind_text64(statement_.get(), parameter, text.data() == nullptr ? "" : text.data(),
                      text.size(), SQLITE_STATIC, SQLITE_UTF8);
}
void Statement::bind_blob(int parameter, Bytes bytes) {
  sqlite3_bind_blob64(statement_.get(), parameter, bytes.data() == nullptr ? "" : bytes.data(),
                      bytes.size(), SQLITE_STATIC);
}
void Statement::bind_null(int parameter) {
  sqlite3_bind_null(statement_.get(), parameter);
}

Result<bool> Statement::step() {
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  Error error = connection_->error(sqlite3_sql(statement_.get()));
  sqlite3_reset(statement_.get());
  return error;
}

Status Statement::run() {
  for (;;) {
    auto row = step();
    if (!row) return row.error();
    if (!*row) break;
  }
  reset();
  return Unit{};
}

void Statement::reset() {
  if (statement_) sqlite3_reset(statement_.get());
}

int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}
Bytes Statement::bytes(int column) const {
  const void* at = sqlite3_column_blob(statement_.get(), column);
  const auto size = static_cast<size_t>(sqlite3_column_bytes(statement_.get(), column));
  return at == nullptr ? Bytes{} : Bytes{static_cast<const char*>(at), size};
}
bool Statement::is_null(int column) const {
  return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
}

Result<std::unique_ptr<Connection>> Connection::open(Vfs& vfs, const std::string& path,
                                                     bool durable) {
  std::unique_ptr<Connection> made(new Connection(vfs, path));
  constexpr int kFlags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
  if (sqlite3_open_v2(path.c_str(), &made->db_, kFlags, vfs.name()) != SQLITE_OK)
    return made->error("open");
  sqlite3_extended_result_codes(made->db_, 1);
  sqlite3_busy_timeout(made->db_, kBusyMs);
  // A start that is refused changes nothing, so closing must not move what the log holds.
  sqlite3_db_config(made->db_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  sqlite3_db_config(made->db_, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  for (const char* sql :
       {"PRAGMA temp_store=MEMORY", "PRAGMA cell_size_check=ON", "PRAGMA wal_autocheckpoint=0"}) {
    if (auto done = made->execute(sql); !done) return done.error();
  }
  if (auto done = made->sync_commits(durable); !done) return done.error();
  sqlite3_wal_hook(
      made->db_,
      [](void* connection, sqlite3*, const char*, int pages) {
        static_cast<Connection*>(connection)->log_pages_ = pages;
        return SQLITE_OK;
      },
      made.get());
  return made;
}

Connection::~Connection() {
  const int code = sqlite3_close(db_);
  ZOOKERNEL_ASSERT(code == SQLITE_OK);  // A statement outlives its connection.
}

Status Connection::use_write_ahead_log() {
  auto mode = prepare("PRAGMA journal_mode=WAL");
  if (!mode) return mode.error();
  auto row = mode->step();
  if (!row) return row.error();
  if (*row && mode->bytes(0) == "wal") return Unit{};
  return Error{Errc::kUnsupported, path_ +
                                       ": it cannot be switched to a write-ahead log (is another "
                                       "program writing it?)"};
}

Status Connection::execute(const std::string& sql) {
  if (sqlite3_exec(db_, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK) return Unit{};
  return error(sql.size() < 80 ? sql : sql.substr(0, 77) + "...");
}

Result<Statement> Connection::prepare(const char* sql) {
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v3(db_, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr) != SQLITE_OK)
    return error(sql);
  return Statement(*this, statement);
}

Result<int64_t> Connection::integer(const char* sql) {
  auto statement = prepare(sql);
  if (!statement) return statement.error();
  auto row = statement->step();
  if (!row) return row.error();
  return *row ? statement->integer(0) : int64_t{0};
}

Status Connection::sync_commits(bool on) {
  return execute(on ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=NORMAL");
}

Status Connection::begin() {
  return execute("BEGIN IMMEDIATE");
}
Status Connection::commit() {
  return execute("COMMIT");
}
void Connection::roll_back() {
  if (sqlite3_get_autocommit(db_) == 0) sqlite3_exec(db_, "ROLLBACK", nullptr, nullptr, nullptr);
}

Status Connection::checkpoint() {
  const int code =
      sqlite3_wal_checkpoint_v2(db_, nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
  if (code == SQLITE_OK || (code & 0xff) == SQLITE_BUSY) return Unit{};
  return error("checkpoint");
}

Status Connection::checkpoint_and_truncate() {
  const int code =
      sqlite3_wal_checkpoint_v2(db_, nullptr, SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
  if (code == SQLITE_OK || (code & 0xff) == SQLITE_BUSY) return Unit{};
  return error("checkpoint");
}

Error Connection::error(const std::string& doing) const {
  const int code = sqlite3_extended_errcode(db_);
  std::string message = path_ + ": " + doing + ": " + sqlite3_errmsg(db_);
  Errc errc = code_of(code);
  const int kind = code & 0xff;
  if (kind == SQLITE_IOERR || kind == SQLITE_CANTOPEN || kind == SQLITE_FULL) {
    if (const auto behind = vfs_.last_error()) {
      message += " (" + behind->message + ")";
      errc = behind->code;
    }
  }
  if (errc == Errc::kFull) message += " (make room on the disk and start the server again)";
  return {errc, std::move(message)};
}

}  // namespace zookernel::sqlite_storage
