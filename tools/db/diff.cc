#include "tools/db/diff.h"

#include <ostream>

#include "tools/db/exit_code.h"
#include "tools/db/node_json.h"
#include "tools/db/tree_walk.h"
#include "zookernel/log.h"

namespace zookernel::db_tool {
namespace {

class Diff {
 public:
  Diff(const Database& left, const Database& right, bool json, std::ostream& out)
      : left_(*left.tree), right_(*right.tree), json_(json), out_(out) {}

  // Both trees at once, each in sorted order.
  void trees() {
    struct Level {
      std::vector<core::NodeId> left, right;
      size_t l = 0, r = 0;
    };
    std::vector<Level> levels;
    const auto descend = [&](core::NodeId left, core::NodeId right) {
      compare(left, right);
      levels.push_back({sorted_children(left_, left), sorted_children(right_, right)});
    };
    descend(core::kRoot, core::kRoot);
    while (!levels.empty()) {
      Level& level = levels.back();
      const bool left_ended = level.l == level.left.size();
      const bool right_ended = level.r == level.right.size();
      if (left_ended && right_ended) {
        levels.pop_back();
        continue;
      }
      const int order = left_ended    ? 1
                        : right_ended ? -1
                                      : left_.nodes()
                                            .name(level.left[level.l])
                                            .compare(right_.nodes().name(level.right[level.r]));
      if (order < 0) {
        only("left", left_, level.left[level.l++]);
      } else if (order > 0) {
        only("right", right_, level.right[level.r++]);
      } else {
        descend(level.left[level.l++], level.right[level.r++]);
      }
    }
  }

  void sessions(const std::map<int64_t, int32_t>& left, const std::map<int64_t, int32_t>& right) {
    for (const auto& [id, timeout] : left) {
      const auto other = right.find(id);
      if (other == right.end()) {
        line("left", {{"session", hex(id)}, {"timeout", timeout}});
      } else if (other->second != timeout) {
        line("both", {{"session", hex(id)}, {"timeout", {timeout, other->second}}});
      }
    }
    for (const auto& [id, timeout] : right) {
      if (!left.contains(id)) line("right", {{"session", hex(id)}, {"timeout", timeout}});
    }
  }

  void last_zxid() {
    if (left_.last_zxid() == right_.last_zxid()) return;
    line("both", {{"lastZxid", {hex(left_.last_zxid().value), hex(right_.last_zxid().value)}}});
  }

  [[nodiscard]] bool found() const { return found_; }

 private:
  void line(const char* where, const Json& fields) {
    found_ = true;
    Json object;
    object["in"] = where;
    object.update(fields);
    out_ << (json_ ? to_json_line(object) : to_text_line(object, {"in", "path"}));
  }

  void only(const char* where, const core::DataTree& tree, core::NodeId top) {
    walk_sorted(tree, top, [&](core::NodeId id) { line(where, describe_node(tree, id)); });
  }

  void compare(core::NodeId left, core::NodeId right) {
    const Json a = describe_node(left_, left);
    const Json b = describe_node(right_, right);
    if (a == b) return;
    Json fields;
    put(fields, "path", Bytes(left_.nodes().path_of(left)));
    for (const auto& [name, value] : a.items()) {
      if (!b.contains(name)) {
        fields[name] = Json::array({value, nullptr});
      } else if (b[name] != value) {
        fields[name] = Json::array({value, b[name]});
      }
    }
    for (const auto& [name, value] : b.items()) {
      if (!a.contains(name)) fields[name] = Json::array({nullptr, value});
    }
    line("both", fields);
  }

  const core::DataTree& left_;
  const core::DataTree& right_;
  const bool json_;
  std::ostream& out_;
  bool found_ = false;
};

}  // namespace

int diff(const Database& left, const Database& right, bool json, std::ostream& out) {
  Diff diff(left, right, json, out);
  diff.trees();
  diff.sessions(left.sessions, right.sessions);
  diff.last_zxid();
  return diff.found() ? kExitFindings : kExitGood;
}

}  // namespace zookernel::db_tool
