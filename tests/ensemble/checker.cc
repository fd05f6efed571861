#include "tests/ensemble/checker.h"

#include <cstdio>

namespace zookernel::ensemble {
namespace {

std::string name(Zxid zxid) {
  char text[40];
  std::snprintf(text, sizeof text, "%llx:%x", static_cast<unsigned long long>(zxid.epoch()),
                zxid.counter());
  return text;
}

std::string of(int server) {
  return "server " + std::to_string(server);
}

}  // namespace

int64_t operation_of(const LogRecord& record) {
  return static_cast<int64_t>(load_be64(record.body.view().data()));
}

void Checker::proposed(int server, const LogRecord& record) {
  if (leaders_.at(record.zxid.epoch()) != server)
    throw Violation("Leadership", of(server) + " proposes " + name(record.zxid) +
                                      " in an epoch that is not its own");
  if (!proposals_.emplace(record.zxid, record).second)
    throw Violation("LocalPrimaryOrder", name(record.zxid) + " is proposed twice");
}

void Checker::place(int server, const Tree& tree, size_t index) {
  const LogRecord& record = tree[index];
  if (index < log_.size()) {
    if (!same(log_[index], record))
      throw Violation("PrefixConsistency", of(server) + " has " + name(record.zxid) +
                                               " where another one committed " +
                                               name(log_[index].zxid));
    return;
  }
  if (index != 0 && !follows_on(tree[index - 1].zxid, record.zxid))
    throw Violation("TotalOrder", of(server) + " commits " + name(record.zxid) + " after " +
                                      name(tree[index - 1].zxid));
  const auto proposal = proposals_.find(record.zxid);
  if (proposal == proposals_.end() || !same(proposal->second, record))
    throw Violation("Integrity",
                    of(server) + " commits " + name(record.zxid) + ", which no leader proposed");
  const int64_t operation = operation_of(record);
  if (!asked_.contains(operation) || !in_log_.insert(operation).second)
    throw Violation("Integrity", of(server) + " commits " + name(record.zxid) +
                                     ", which nobody asked for, or twice");
  if (!on_quorum_(record))
    throw Violation("durable on a quorum",
                    of(server) + " commits " + name(record.zxid) + ", which no quorum has on disk");
  log_.push_back(record);
}

void Checker::committed(int server, const Tree& tree) {
  place(server, tree, tree.size() - 1);
}

void Checker::serves(int server, Role role, Zxid last, const Tree& tree) {
  if (role == Role::kLeading && !leaders_.emplace(last.epoch(), server).second)
    throw Violation("Leadership", of(server) + " leads in epoch " + std::to_string(last.epoch()) +
                                      ", and so did server " +
                                      std::to_string(leaders_.at(last.epoch())));
  for (size_t i = 0; i < tree.size(); ++i) place(server, tree, i);
  // Of later epochs an old leader knows nothing, and can do nothing.
  if (role == Role::kLeading && tree.size() < log_.size() &&
      log_[tree.size()].zxid.epoch() < last.epoch())
    throw Violation("PrimaryIntegrity",
                    of(server) + " leads without " + name(log_[tree.size()].zxid));
}

void Checker::looks(int server, const std::string& why) {
  // What one of us says of another one of us here, it did wrong.
  static const std::set<std::string> kIllegal = {
      "a proposal does not follow on from the one before it",
      "a proposal is not the transaction that its zxid says",
      "COMMIT of a proposal that was never sent",
      "COMMIT out of order",
      "NEWLEADER of another epoch",
      "TRUNC to a transaction that is not in our log",
      "the snapshot cannot be understood",
      "the leader does not begin with LEADERINFO",
      "the leader sent neither DIFF nor TRUNC nor SNAP",
      "the leader sent what is no packet",
      "REVALIDATE is too short",
  };
  if (kIllegal.contains(why)) throw Violation("legal messages", of(server) + ": " + why);
}

void Checker::acknowledged(int64_t operation) {
  if (!in_log_.contains(operation))
    throw Violation("acknowledged means committed", "operation " + std::to_string(operation));
  acknowledged_.insert(operation);
}

void Checker::final_tree(int server, const Tree& tree) const {
  if (tree.size() != log_.size())
    throw Violation("Agreement", of(server) + " ends with " + std::to_string(tree.size()) +
                                     " transactions of " + std::to_string(log_.size()));
  for (size_t i = 0; i < tree.size(); ++i) {
    if (!same(tree[i], log_[i]))
      throw Violation("Agreement", of(server) + " ends with another tree");
  }
}

}  // namespace zookernel::ensemble
