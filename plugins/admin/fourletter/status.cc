#include "plugins/admin/fourletter/status.h"

#include "plugins/admin/fourletter/answer.h"
#include "plugins/admin/fourletter/connections.h"
#include "plugins/admin/fourletter/facts.h"
#include "plugins/admin/fourletter/text.h"

namespace zookernel::fourletter {
namespace {

void add_head(const Facts& facts, Answer& answer) {
  answer.add({"Zookeeper version: ", facts.text("version"), "\n"});
  if (facts.integer("read_only") == 0) return;
  answer.add({"READ-ONLY mode; serving only read-only clients\n"});
}

std::string body(const Facts& facts) {
  const auto number = [&facts](const char* name) { return std::to_string(facts.integer(name)); };
  std::string text = "Latency min/avg/max: " + number("min_latency") + "/" +
                     decimal(facts.real("average_latency")) + "/" + number("max_latency") + "\n";
  text += "Received: " + number("received") + "\n";
  text += "Sent: " + number("sent") + "\n";
  text += "Connections: " + number("connections") + "\n";
  text += "Outstanding: " + number("outstanding") + "\n";
  text += "Zxid: 0x" + hex(facts.integer("zxid")) + "\n";
  text += "Mode: " + facts.text("mode") + "\n";
  text += "Node count: " + number("node_count") + "\n";
  if (facts.has("last_proposal_size")) {
    text += "Proposal sizes last/min/max: " + number("last_proposal_size") + "/" +
            number("min_proposal_size") + "/" + number("max_proposal_size") + "\n";
  }
  return text;
}

}  // namespace

std::string Srvr::run(const plugin::ServerView& server, const std::string&) {
  const Facts facts(server);
  Answer answer;
  add_head(facts, answer);
  return answer.finish() + body(facts);
}

std::string Stat::run(const plugin::ServerView& server, const std::string&) {
  const Facts facts(server);
  Answer answer;
  add_head(facts, answer);
  // The clients may be cut at the limit, the server's own lines never.
  const std::string clients = bounded(answer, [&] {
    answer.add({"Clients:\n"});
    add_connections(server, ConnectionDetail::kBrief, answer);
  });
  return clients + "\n" + body(facts);
}

}  // namespace zookernel::fourletter
