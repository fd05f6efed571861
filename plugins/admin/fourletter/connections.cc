#include "plugins/admin/fourletter/connections.h"

#include <cstdint>

#include "plugins/admin/fourletter/facts.h"
#include "plugins/admin/fourletter/text.h"

namespace zookernel::fourletter {
namespace {

// Columns of the table "connections" (admin_command.h).
enum Column : uint32_t {
  kAddress,
  kInterestOps,
  kQueued,
  kReceived,
  kSent,
  kSessionId,
  kLastOperation,
  kEstablishedMs,
  kTimeoutMs,
  kLastCxid,
  kLastZxid,
  kLastResponseMs,
  kLastLatency,
  kMinLatency,
  kAverageLatency,
  kMaxLatency,
};

std::string session_part(const plugin::Row& row) {
  const auto number = [&row](Column column) { return std::to_string(row.integer(column)); };
  std::string text = ",sid=0x" + hex(row.integer(kSessionId));
  text += ",lop=" + row.text(kLastOperation);
  text += ",est=" + number(kEstablishedMs);
  text += ",to=" + number(kTimeoutMs);
  if (row.integer(kLastCxid) >= 0) text += ",lcxid=0x" + hex(row.integer(kLastCxid));
  text += ",lzxid=0x" + hex(row.integer(kLastZxid));
  text += ",lresp=" + number(kLastResponseMs);
  text += ",llat=" + number(kLastLatency);
  text += ",minlat=" + number(kMinLatency);
  text += ",avglat=" + number(kAverageLatency);
  text += ",maxlat=" + number(kMaxLatency);
  return text;
}

}  // namespace

void add_connections(const plugin::ServerView& server, ConnectionDetail detail, Answer& answer) {
  visit_all(server, "connections", [&](const plugin::Row& row) {
    const bool full = detail == ConnectionDetail::kFull && row.integer(kSessionId) != 0;
    answer.add({" /", row.text(kAddress), "[", hex(row.integer(kInterestOps)),
                "](queued=", std::to_string(row.integer(kQueued)),
                ",recved=", std::to_string(row.integer(kReceived)),
                ",sent=", std::to_string(row.integer(kSent)),
                full ? session_part(row) : std::string(), ")\n"});
  });
}

std::string Cons::run(const plugin::ServerView& server, const std::string&) {
  Answer answer;
  return bounded(answer, [&] { add_connections(server, ConnectionDetail::kFull, answer); }) + "\n";
}

}  // namespace zookernel::fourletter
