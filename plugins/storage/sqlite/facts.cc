#include "plugins/storage/sqlite/facts.h"

#include <libdeflate.h>

namespace zookernel::sqlite_storage {
namespace {

constexpr Bytes kAccepted = "accepted_epoch";
constexpr Bytes kCurrent = "current_epoch";

int64_t sum_of(Bytes name, int64_t value) {
  char text[8];
  store_be64(text, static_cast<uint64_t>(value));
  return libdeflate_crc32(libdeflate_crc32(0, name.data(), name.size()), text, sizeof text);
}

Result<std::optional<int64_t>> read(Connection& connection, Bytes name) {
  auto query = connection.prepare("SELECT value, sum FROM fact WHERE name = ?");
  if (!query) return query.error();
  query->bind_text(1, name);
  auto row = query->step();
  if (!row) return row.error();
  if (!*row) return std::optional<int64_t>{};
  const int64_t value = query->integer(0);
  if (query->integer(1) != sum_of(name, value) || value < 0) {
    return Error{Errc::kCorrupt,
                 "table fact: " + std::string(name) +
                     " is damaged (restore a backup, or "
                     "empty this server's dataDir so that it copies the leader's data)"};
  }
  return std::optional<int64_t>(value);
}

Status write(Connection& connection, Bytes name, int64_t value) {
  auto change =
      connection.prepare("INSERT OR REPLACE INTO fact (name, value, sum) VALUES (?, ?, ?)");
  if (!change) return change.error();
  change->bind_text(1, name);
  change->bind(2, value);
  change->bind(3, sum_of(name, value));
  return change->run();
}

}  // namespace

Result<Epochs> read_epochs(Connection& connection) {
  // A row whose name was damaged is no row of ours.
  auto known = connection.integer(
      "SELECT count(*) FROM fact WHERE name NOT IN ('accepted_epoch', 'current_epoch')");
  if (!known) return known.error();
  if (*known != 0) return Error{Errc::kCorrupt, "table fact: a row is damaged (restore a backup)"};
  auto accepted = read(connection, kAccepted);
  if (!accepted) return accepted.error();
  auto current = read(connection, kCurrent);
  if (!current) return current.error();
  return Epochs{*accepted, *current};
}

Status write_epochs(Connection& connection, const Epochs& epochs) {
  if (epochs.accepted) {
    if (auto done = write(connection, kAccepted, *epochs.accepted); !done) return done;
  }
  if (epochs.current) return write(connection, kCurrent, *epochs.current);
  return Unit{};
}

}  // namespace zookernel::sqlite_storage
