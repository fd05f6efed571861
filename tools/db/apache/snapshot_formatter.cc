#include <algorithm>
#include <cstdio>
#include <ctime>
#include <ostream>

#include "tools/db/apache/java_text.h"
#include "tools/db/apache/snapshot_toolkit.h"
#include "tools/db/database.h"
#include "tools/db/file_kind.h"
#include "tools/db/json_text.h"
#include "tools/db/tree_walk.h"

namespace zookernel::db_tool {
namespace {

constexpr int kDamaged = 1;
constexpr int kUsage = 2;
constexpr int kFirstInode = 1001;

std::string hex16(int64_t value) {
  char text[32];
  std::snprintf(text, sizeof text, "0x%014llx", static_cast<unsigned long long>(value));
  return text;
}

class Formatter {
 public:
  Formatter(const Database& database, bool with_data, std::ostream& out)
      : database_(database), tree_(*database.tree), with_data_(with_data), out_(out) {}

  void print_text() {
    // Java counts the root under both of its names, "" and "/".
    out_ << "ZNode Details (count=" << tree_.nodes().size() + 1 << "):\n";
    walk_sorted(tree_, core::kRoot, [this](core::NodeId id) { print_node(id); });
    out_ << "----\nSession Details (sid, timeout, ephemeralCount):\n";
    for (const auto& [id, timeout] : database_.sessions) {
      out_ << "0x" << java_hex(id) << ", " << timeout << ", "
           << tree_.ephemerals(SessionId{id}).size() << "\n";
    }
    out_ << "----\nLast zxid: 0x" << java_hex(last_) << "\n";
  }

  void print_json() {
    const auto now = static_cast<int64_t>(std::time(nullptr)) * 1000;
    out_ << R"([1,0,{"progname":"SnapshotFormatter.java","progver":"0.01","timestamp":)" << now
         << "}";
    int inode = kFirstInode;
    walk_sorted(
        tree_, core::kRoot,
        [this, &inode](core::NodeId id) {
          const bool inner = tree_.nodes().node(id).child_count != 0;
          const size_t size = tree_.nodes().data(id).size();
          const Bytes name = id == core::kRoot ? Bytes("/") : tree_.nodes().name(id);
          out_ << (inner ? ",[" : ",") << R"({"name":)"
               << nlohmann::json(std::string(name))
                      .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)
               << R"(,"asize":)" << size << R"(,"dsize":)" << size << R"(,"dev":0,"ino":)"
               << inode++ << "}";
        },
        [this](core::NodeId id) {
          if (tree_.nodes().node(id).child_count != 0) out_ << "]";
        });
    out_ << "]";
  }

 private:
  void print_node(core::NodeId id) {
    const core::Node& node = tree_.nodes().node(id);
    const Bytes data = tree_.nodes().data(id);
    last_ = std::max({last_, node.mzxid, node.pzxid});
    out_ << "----\n"
         << tree_.nodes().path_of(id) << "\n  cZxid = " << hex16(node.czxid)
         << "\n  ctime = " << java_date(node.ctime) << "\n  mZxid = " << hex16(node.mzxid)
         << "\n  mtime = " << java_date(node.mtime) << "\n  pZxid = " << hex16(node.pzxid)
         << "\n  cversion = " << node.cversion << "\n  dataVersion = " << node.version
         << "\n  aclVersion = " << node.aversion << "\n  ephemeralOwner = " << hex16(node.owner)
         << "\n";
    if (with_data_) {
      out_ << "  data = " << base64(data) << "\n";
    } else {
      out_ << "  dataLength = " << data.size() << "\n";
    }
  }

  const Database& database_;
  const core::DataTree& tree_;
  const bool with_data_;
  std::ostream& out_;
  // As Java: the snapshot's name, or the newest change that a znode tells of.
  int64_t last_ = database_.snapshot.value_or(Zxid{}).value;
};

}  // namespace

int snapshot_formatter(const std::vector<std::string>& given, Session& session) {
  bool data = false, json = false;
  std::string path;
  int files = 0;
  for (const std::string& argument : given) {
    if (argument == "-d") {
      data = true;
    } else if (argument == "-json") {
      json = true;
    } else {
      path = argument;
      ++files;
    }
  }
  if (files != 1) {
    session.err << "USAGE: SnapshotFormatter [-d|-json] snapshot_file\n"
                   "       -d dump the data for each znode\n"
                   "       -json dump znode info in json format\n";
    return kUsage;
  }
  if (data && json) {
    session.err << "Cannot specify both data dump (-d) and json mode (-json) in same call\n";
    return kUsage;
  }
  const std::string shown = absolute_path(path);
  if (!session.files.exists(path)) {
    session.err << "File '" << shown << "' does not exist.\n";
    return kUsage;
  }
  if (session.files.list(path)) {
    session.err << "'" << shown << "' is a directory. it must be a file.\n";
    return kUsage;
  }
  if (!session.files.open(path, FileSystem::Mode::kRead)) {
    session.err << "Read permission is denied on the file '" << shown << "'\n";
    return kUsage;
  }
  auto database = load_snapshot_file(session.files, path);
  if (!database) {
    session.err << database.error().message << "\n";
    return kDamaged;
  }
  Formatter formatter(*database, data, session.out);
  if (json) {
    formatter.print_json();
  } else {
    formatter.print_text();
  }
  return 0;
}

}  // namespace zookernel::db_tool
