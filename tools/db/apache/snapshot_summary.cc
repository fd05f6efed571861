#include <charconv>
#include <ostream>
#include <unordered_map>

#include "tools/db/apache/snapshot_toolkit.h"
#include "tools/db/database.h"
#include "tools/db/tree_walk.h"

namespace zookernel::db_tool {
namespace {

constexpr int kTrouble = 1;
constexpr int kUsage = 2;

constexpr const char* kHelp = R"(USAGE:


SnapshotRecursiveSummary  <snapshot_file>  <starting_node>  <max_depth>


snapshot_file:    path to the zookeeper snapshot
starting_node:    the path in the zookeeper tree where the traversal should begin
max_depth:        defines the depth where the tool still writes to the output. 0 means there is no depth limit, every non-leaf node's stats will be displayed, 1 means it will only contain the starting node's and it's children's stats, 2 ads another level and so on. This ONLY affects the level of details displayed, NOT the calculation.
)";

struct Sum {
  uint64_t descendants = 0;
  uint64_t bytes = 0;
};

void print_summary(const core::DataTree& tree, core::NodeId top, int max_depth, std::ostream& out) {
  const core::NodeTable& nodes = tree.nodes();
  std::unordered_map<core::NodeId, Sum> sums;
  walk_sorted(
      tree, top, [](core::NodeId) {},
      [&](core::NodeId id) {
        Sum& sum = sums[id];
        sum.bytes += nodes.data(id).size();
        if (id == top) return;
        Sum& above = sums[nodes.node(id).parent];
        above.descendants += sum.descendants + 1;
        above.bytes += sum.bytes;
      });
  int depth = 0;
  walk_sorted(
      tree, top,
      [&](core::NodeId id) {
        const int here = depth++;
        if (nodes.node(id).child_count == 0 || (max_depth != 0 && here > max_depth)) return;
        std::string indent;
        for (int i = 0; i < here; ++i) indent += "--";
        out << indent << " " << nodes.path_of(id) << "\n"
            << indent << "   children: " << sums[id].descendants << "\n"
            << indent << "   data: " << sums[id].bytes << "\n";
      },
      [&](core::NodeId) { --depth; });
  out << "\n";
}

}  // namespace

int snapshot_recursive_summary(const std::vector<std::string>& given, Session& session) {
  if (given.size() != 3) {
    session.err << kHelp;
    return kUsage;
  }
  int max_depth = 0;
  const char* end = given[2].data() + given[2].size();
  const auto [stop, problem] = std::from_chars(given[2].data(), end, max_depth);
  if (problem != std::errc{} || stop != end || max_depth < 0) {
    session.err << "max_depth must be a number that is not negative, not '" << given[2] << "'\n"
                << kHelp;
    return kUsage;
  }
  auto database = load_snapshot_file(session.files, given[0]);
  if (!database) {
    session.err << database.error().message << "\n";
    return kTrouble;
  }
  const core::NodeId top = database->tree->nodes().find(given[1]);
  if (top == core::kNoNode) {
    session.err << "Node does not exist in " << given[0] << ": " << given[1] << "\n";
    return kTrouble;
  }
  print_summary(*database->tree, top, max_depth, session.out);
  return 0;
}

}  // namespace zookernel::db_tool
