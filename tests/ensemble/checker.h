// What must hold of an ensemble at every moment, whatever breaks. In the words of Apache's TLA+
// specification of ZAB:
//
//   Leadership1, 2        one leader is established in an epoch
//   PrefixConsistency     what servers committed are prefixes of one list
//   Integrity             nothing is committed that no client asked for, and nothing twice
//   Agreement, TotalOrder two servers commit the same in the same order
//   LocalPrimaryOrder     in an epoch, in the order in which its leader proposed
//   GlobalPrimaryOrder    epochs one after the other
//   PrimaryIntegrity      a leader that proposes has committed all of the earlier epochs
//
// and: at the moment when something is first committed, a quorum has it on disk; no server sends
// another one what the protocol does not allow.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <stdexcept>
#include <string>

#include "tests/ensemble/disk.h"

namespace zookernel::ensemble {

class Violation : public std::runtime_error {
 public:
  Violation(const std::string& check, const std::string& detail)
      : std::runtime_error(check + ": " + detail) {}
};

class Checker {
 public:
  // Answers whether a quorum of the voters has the record on disk.
  using OnQuorum = std::function<bool(const LogRecord&)>;
  explicit Checker(OnQuorum on_quorum) : on_quorum_(std::move(on_quorum)) {}

  void asked(int64_t operation) { asked_.insert(operation); }
  void proposed(int server, const LogRecord& record);
  // A server that serves applied the last record of `tree`.
  void committed(int server, const Tree& tree);
  // A server begins to serve with this tree.
  void serves(int server, Role role, Zxid last, const Tree& tree);
  // A role ended.
  void looks(int server, const std::string& why);
  void acknowledged(int64_t operation);
  // All of them are the same, and hold everything that was acknowledged.
  void final_tree(int server, const Tree& tree) const;

  [[nodiscard]] const Tree& committed_log() const { return log_; }
  [[nodiscard]] size_t acknowledged_count() const { return acknowledged_.size(); }
  [[nodiscard]] size_t epochs_count() const { return leaders_.size(); }

 private:
  void place(int server, const Tree& tree, size_t index);

  const OnQuorum on_quorum_;
  Tree log_;                  // what was ever committed
  std::set<int64_t> asked_;   // operations of clients
  std::set<int64_t> in_log_;  // operations in log_
  std::set<int64_t> acknowledged_;
  std::map<int64_t, int> leaders_;  // by epoch
  std::map<Zxid, LogRecord> proposals_;
};

// The operation that a transaction carries out.
[[nodiscard]] int64_t operation_of(const LogRecord& record);

}  // namespace zookernel::ensemble
