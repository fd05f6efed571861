// A tree as text, znode by znode: two trees with equal pictures are the same to every client and
// every server.
#pragma once

#include <map>
#include <sstream>
#include <string>

#include "kernel/core/data_tree.h"

namespace zookernel::test {

inline std::map<std::string, std::string> picture_of(const core::DataTree& tree) {
  std::map<std::string, std::string> picture;
  for (core::NodeId id = core::kRoot; id != core::kNoNode; id = tree.nodes().next_in_preorder(id)) {
    const core::Node& node = tree.nodes().node(id);
    std::ostringstream text;
    text << std::hex << node.czxid << ' ' << node.mzxid << ' ' << node.pzxid << ' ' << node.ctime
         << ' ' << node.mtime << ' ' << node.version << ' ' << node.cversion << ' ' << node.aversion
         << ' ' << node.owner << ' ' << node.child_count;
    for (const core::AclEntry& entry : tree.acls().list(node.acl)) {
      text << ' ' << entry.permissions << ':' << entry.scheme << ':' << entry.id;
    }
    text << (tree.nodes().data_is_null(id) ? " null" : " data ") << tree.nodes().data(id);
    picture[tree.nodes().path_of(id)] = text.str();
  }
  std::ostringstream sums;
  sums << std::hex << tree.digest() << ' ' << tree.last_zxid().value << ' '
       << tree.approximate_data_size() << ' ' << tree.ephemeral_count() << ' '
       << tree.containers().size() << ' ' << tree.ttl_nodes().size();
  for (const SessionId session : tree.sessions_with_ephemerals()) {
    sums << ' ' << session.value << ':' << tree.ephemerals(session).size();
  }
  picture["sums"] = sums.str();
  return picture;
}

// What the second has that the first has not, and the other way round; empty when they are equal.
inline std::string difference(const core::DataTree& left, const core::DataTree& right) {
  const auto a = picture_of(left);
  const auto b = picture_of(right);
  std::string text;
  for (const auto& [path, node] : a) {
    const auto found = b.find(path);
    if (found == b.end()) text += "only left: " + path + " " + node + "\n";
    if (found != b.end() && found->second != node)
      text += path + "\n  left  " + node + "\n  right " + found->second + "\n";
  }
  for (const auto& [path, node] : b) {
    if (!a.contains(path)) text += "only right: " + path + " " + node + "\n";
  }
  return text;
}

}  // namespace zookernel::test
