// Transactions as a leader would make them, from a seed: few names, so that the same znodes come
// and go again and again.
#pragma once

#include <map>
#include <random>
#include <string>
#include <vector>

#include "kernel/core/data_tree.h"
#include "kernel/core/digest.h"
#include "tests/support/txn_builder.h"

namespace zookernel::test {

class RandomTxns {
 public:
  explicit RandomTxns(uint64_t seed) : random_(seed) {}

  // The next record, with a digest.
  std::string next() {
    ++zxid_;
    const uint64_t what = pick(100);
    const int64_t session = kFirstSession + static_cast<int64_t>(pick(4));
    if (what < 4) return make(session, session_change(session));
    if (what < 7) return failed(session, error(-101));
    if (what < 9) return failed(session, multi({check("/", 1), error(-103), error(-2)}));
    if (what < 25) {
      std::vector<Body> parts;
      const uint64_t count = 1 + pick(5);
      for (uint64_t i = 0; i < count; ++i) parts.push_back(one(session));
      return make(session, multi(parts));
    }
    return make(session, one(session));
  }

  // The quota of a path, in several records: only at the beginning, before any snapshot.
  std::vector<std::string> quota(const std::string& name) {
    std::vector<std::string> records;
    const std::string at = "/zookeeper/quota/" + name;
    for (const std::string& path : {at, at + "/zookeeper_limits", at + "/zookeeper_stats"}) {
      ++zxid_;
      const Body body = create(Create{path, "count=1,bytes=1", world_acl(), false, -1});
      do_it(0, body);
      records.push_back(make(0, body));
    }
    return records;
  }

  [[nodiscard]] int64_t zxid() const { return zxid_; }
  // What all records together make.
  [[nodiscard]] const core::DataTree& truth() const { return truth_; }

 private:
  static constexpr int64_t kFirstSession = 0x100000000000000;

  uint64_t pick(uint64_t count) { return random_() % count; }

  std::string make(int64_t session, const Body& body) {
    return record({zxid_, time(), session}, body,
                  body.type == wire::Opcode::kError ? std::nullopt
                                                    : std::optional<uint64_t>(truth_.digest()));
  }
  std::string failed(int64_t session, const Body& body) {
    const std::string bytes = make(session, body);
    if (!truth_.apply(bytes, nullptr, applied_).ok())
      throw std::logic_error("a leader would not have made this");
    return bytes;
  }
  [[nodiscard]] int64_t time() const { return 1'700'000'000'000 + zxid_; }

  // Applies one operation to the truth, as a transaction of its own.
  void do_it(int64_t session, const Body& body) {
    const Status status = truth_.apply(record({zxid_, time(), session}, body), nullptr, applied_);
    if (!status.ok() || applied_.error != wire::ErrorCode::kOk)
      throw std::logic_error("a leader would not have made this");
  }

  Body session_change(int64_t session) {
    std::vector<std::string> paths;
    for (const core::NodeId id : truth_.ephemerals(SessionId{session}))
      paths.push_back(truth_.nodes().path_of(id));
    Body body = create_session(30000);
    if (pick(2) == 0)
      body = pick(4) == 0 ? Body{wire::Opcode::kCloseSession, ""} : close_session(paths);
    if (body.bytes.empty())
      body = close_session(
          {});  // with a digest behind it, Apache cannot tell a list that is not there
    do_it(session, body);
    return body;
  }

  std::string some_path() {
    std::string path;
    const uint64_t depth = pick(5);
    for (uint64_t i = 0; i < depth; ++i) path += "/" + std::to_string(pick(4));
    return path.empty() ? "/" : path;
  }
  std::vector<wire::Acl> some_acl() {
    if (pick(3) == 0) return world_acl();
    return {{static_cast<int32_t>(pick(32)), {"digest", "user" + std::to_string(pick(6))}}};
  }
  std::optional<std::string> some_data() {
    if (pick(8) == 0) return std::nullopt;
    return std::string(pick(60), static_cast<char>('a' + pick(26)));
  }

  Body one(int64_t session) {
    for (;;) {
      const std::string path = some_path();
      const core::NodeId id = truth_.nodes().find(path);
      const uint64_t what = pick(10);
      Body body = error(0);
      if (id == core::kNoNode) {
        if (!creation(path, body)) continue;
      } else if (what < 5) {
        if (path == "/" || truth_.nodes().node(id).child_count != 0) continue;
        body = erase(path, what == 0 ? wire::Opcode::kDeleteContainer : wire::Opcode::kDelete);
      } else if (what < 8) {
        body = set_data(path, some_data(), truth_.nodes().node(id).version + 1);
      } else if (what < 9) {
        body = set_acl(path, some_acl(), truth_.nodes().node(id).aversion + 1);
      } else {
        body = check(path, 1);
      }
      do_it(session, body);
      return body;
    }
  }

  bool creation(const std::string& path, Body& body) {
    const core::NodeId parent = truth_.nodes().find(path.substr(0, path.rfind('/')));
    if (parent == core::kNoNode) return false;
    const core::Node& above = truth_.nodes().node(parent);
    if (above.owner != 0 && above.owner != wire::kContainerOwner) return false;
    const int32_t cversion = above.cversion + 1;
    const uint64_t kind = pick(8);
    if (kind == 0) body = create_container(path, cversion);
    if (kind == 1) body = create_ttl(path, 1 + static_cast<int64_t>(pick(1000)), cversion);
    if (kind < 2) return true;
    body = create(Create{path, some_data(), some_acl(), kind < 4, cversion},
                  kind % 2 == 0 ? wire::Opcode::kCreate : wire::Opcode::kCreate2);
    return true;
  }

  std::mt19937_64 random_;
  core::DataTree truth_{core::TreeOptions{true, true, 0}};
  core::Applied applied_;
  int64_t zxid_ = 0;
};

}  // namespace zookernel::test
