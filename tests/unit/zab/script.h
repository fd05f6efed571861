// Drives one machine by text: each command is an input, and what comes out is text again.
//
//   machine id=2 voters=3 observers=0 last=1:5 accepted=1 current=1 [memory=500] [disk=no]
//           [reconfig=yes] [version=1:0] [proposed=1,2,3,4o proposed_version=1:5]
//   time 200                          a tick, so many ms later
//   elect 3                           votes of all others arrive, for this server, and time passes
//   open q1                           a learner connects             closed q1
//   opened                            the last dial succeeds, as connection "leader"      refused
//   recv q1 FOLLOWERINFO 0:0 sid=1; ACKEPOCH 1:5 epoch=1       packets, in one piece
//   durable 3 | durable               every Persist up to this one, or all
//   propose 2:1 [reconfig=1,2,4o]     a transaction, perhaps one that makes these the members
//   forward 7 setData    sync [q1]    touch 7    revalidate 7    answer q1 7 yes
//   snapshot-sent q1    log-read q1 1:1 1:2 last    log-read q1 missing    rewound 1:4
#pragma once

#include <map>
#include <memory>
#include <sstream>
#include <string>

#include "plugins/consensus/zab/machine/machine.h"

namespace zookernel::zab {

class Script {
 public:
  // Answers what came out, one line for each effect.
  std::string run(const std::string& command);

 private:
  void make(std::istringstream& words);
  void elect(int64_t leader);
  void recv(ConnId conn, const std::string& packets);
  void step(const ConsensusInput& input);
  void note_dials();
  [[nodiscard]] std::string effects_text();
  [[nodiscard]] std::string packet_text(Bytes bytes) const;
  [[nodiscard]] std::string name_of(ConnId conn) const;
  [[nodiscard]] ConnId conn(const std::string& name) const;

  Ensemble ensemble_;
  std::unique_ptr<ZabMachine> machine_;
  ConsensusEffects effects_;
  int64_t now_ms_ = 0;
  uint64_t ticket_ = 0;
  uint64_t last_dial_ = 0;
  uint64_t last_conn_ = 0;
  std::map<std::string, ConnId> conns_;
  std::map<int64_t, ConnId> election_conns_;        // by server
  std::map<std::string, uint64_t> election_dials_;  // by host: the last token
};

[[nodiscard]] std::string zxid_text(Zxid zxid);
[[nodiscard]] Zxid parse_zxid(const std::string& text);  // "1:a": both hexadecimal
// A transaction that consists of its header.
[[nodiscard]] std::string transaction(Zxid zxid);

}  // namespace zookernel::zab
