#include "plugins/admin/fourletter/dump.h"

#include <cstdint>
#include <limits>

#include "plugins/admin/fourletter/answer.h"
#include "plugins/admin/fourletter/facts.h"
#include "plugins/admin/fourletter/text.h"

namespace zookernel::fourletter {
namespace {

using plugin::Row;
using plugin::ServerView;

std::string parenthesised(int64_t number) {
  return "(" + std::to_string(number) + ")";
}

// Prints one table of expiry buckets under its heading. A heading tells the totals, so the table is
// visited twice rather than copied. `is_member` tells a member of a bucket from the row that stands
// for an empty one; `member` writes its line. False when there is no such table.
template <typename IsMember, typename Member>
bool add_buckets(const ServerView& server, const char* table, std::string_view heading,
                 IsMember is_member, Member member, Answer& answer) {
  constexpr int64_t kNone = std::numeric_limits<int64_t>::min();
  int64_t buckets = 0;
  int64_t members = 0;
  int64_t last = kNone;
  const bool known = server.visit(table, [&](const Row& row) {
    if (row.integer(0) != last) ++buckets;
    last = row.integer(0);
    if (is_member(row)) ++members;
  });
  if (!known) return false;
  answer.add({heading, " ", parenthesised(buckets), "/", parenthesised(members), ":\n"});

  int64_t expires_ms = kNone;
  int64_t count = 0;
  std::string lines;  // of the bucket at expires_ms
  const auto flush = [&] {
    if (expires_ms == kNone) return;
    answer.add({std::to_string(count), " expire at ", date(expires_ms), ":\n", lines});
    count = 0;
    lines.clear();
  };
  server.visit(table, [&](const Row& row) {
    if (row.integer(0) != expires_ms) flush();
    expires_ms = row.integer(0);
    if (!is_member(row)) return;
    ++count;
    lines += member(row);
  });
  flush();
  return true;
}

bool add_session_buckets(const ServerView& server, const char* table, std::string_view heading,
                         Answer& answer) {
  return add_buckets(
      server, table, heading, [](const Row& row) { return row.integer(1) != 0; },
      [](const Row& row) { return "\t0x" + hex(row.integer(1)) + "\n"; }, answer);
}

bool add_global_sessions(const ServerView& server, Answer& answer) {
  int64_t count = 0;
  if (!server.visit("global_sessions", [&](const Row&) { ++count; })) return false;
  answer.add({"Global Sessions", parenthesised(count), ":\n"});
  server.visit("global_sessions", [&](const Row& row) {
    answer.add({"0x", hex(row.integer(0)), "\t", std::to_string(row.integer(1)), "ms\n"});
  });
  return true;
}

void add_sessions(const ServerView& server, Answer& answer) {
  answer.add({"SessionTracker dump:\n"});
  const bool local =
      add_session_buckets(server, "local_session_expiry", "Local Session Sets", answer);
  if (add_global_sessions(server, answer)) return;
  add_session_buckets(server, "session_expiry", local ? "Global Session Sets" : "Session Sets",
                      answer);
}

void add_ephemerals(const ServerView& server, Answer& answer) {
  int64_t sessions = 0;
  int64_t session = 0;  // no session has this id
  visit_all(server, "ephemerals", [&](const Row& row) {
    if (row.integer(0) != session) ++sessions;
    session = row.integer(0);
  });
  answer.add({"ephemeral nodes dump:\nSessions with Ephemerals ", parenthesised(sessions), ":\n"});
  session = 0;
  visit_all(server, "ephemerals", [&](const Row& row) {
    if (row.integer(0) != session) answer.add({"0x", hex(row.integer(0)), ":\n"});
    session = row.integer(0);
    answer.add({"\t", row.text(1), "\n"});
  });
}

void add_connections(const ServerView& server, Answer& answer) {
  answer.add({"Connections dump:\n"});
  add_buckets(
      server, "connection_expiry", "Connections Sets",
      [](const Row& row) { return row.size() > 1 && row[1].text.size != 0; },
      [](const Row& row) {
        return "\tip: /" + row.text(1) + " sessionId: 0x" + hex(row.integer(2)) + "\n";
      },
      answer);
}

}  // namespace

std::string Dump::run(const ServerView& server, const std::string&) {
  Answer answer;
  return bounded(answer, [&] {
    add_sessions(server, answer);
    add_ephemerals(server, answer);
    add_connections(server, answer);
  });
}

}  // namespace zookernel::fourletter
