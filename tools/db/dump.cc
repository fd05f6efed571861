#include "tools/db/dump.h"

#include <ostream>
#include <unordered_map>

#include "plugins/storage/file/snapshot_reader.h"
#include "tools/db/database.h"
#include "tools/db/exit_code.h"
#include "tools/db/file_kind.h"
#include "tools/db/log_scan.h"
#include "tools/db/node_json.h"
#include "tools/db/snapshot_walk.h"
#include "tools/db/tree_walk.h"
#include "tools/db/txn_json.h"
#include "zookernel/log.h"

namespace zookernel::db_tool {
namespace {

class Dump {
 public:
  Dump(FileSystem& files, const DumpOptions& options, std::ostream& out, std::ostream& err)
      : files_(files), options_(options), out_(out), err_(err) {}

  int run(const std::string& path) {
    auto kind = kind_of_file(files_, path);
    if (!kind) return trouble(kind.error());
    switch (*kind) {
      case FileKind::kLog:
        return log(path);
      case FileKind::kSnapshot:
        return snapshot(path);
      case FileKind::kDirectory:
        return directory(path);
      case FileKind::kOther:
        break;
    }
    return trouble({Errc::kInvalid, path + ": neither a log (ZKLG) nor a snapshot (ZKSN)"});
  }

 private:
  int trouble(const Error& error) {
    err_ << "zookernel-db: " << error.message << "\n";
    return kExitTrouble;
  }
  void line(const Json& object, std::initializer_list<const char*> bare) {
    out_ << (options_.json ? to_json_line(object) : to_text_line(object, bare));
  }
  void damage(const std::string& path, uint64_t begin, std::optional<uint64_t> end,
              const std::string& why) {
    Json object;
    object["damage"] = "DAMAGE";
    object["begin"] = begin;
    if (end) object["end"] = *end;
    object["why"] = why;
    line(object, {"damage"});
    err_ << "zookernel-db: " << path << ": at byte " << begin << ": " << why << "\n";
    damaged_ = true;
  }
  [[nodiscard]] int result() const { return damaged_ ? kExitFindings : kExitGood; }

  int log(const std::string& path) {
    auto scan = LogScan::open(files_, path);
    if (!scan) return trouble(scan.error());
    for (;;) {
      auto piece = scan->next();
      if (!piece) return trouble(piece.error());
      if (!*piece) return result();
      if ((*piece)->kind == LogPiece::Kind::kUnreadable) {
        damage(path, (*piece)->begin, (*piece)->end, (*piece)->why);
      }
      if ((*piece)->kind != LogPiece::Kind::kRecord) continue;
      if ((*piece)->out_of_order) damage(path, (*piece)->begin, {}, (*piece)->why);
      auto txn = describe_txn((*piece)->body);
      if (!txn) {
        damage(path, (*piece)->begin, (*piece)->end, txn.error().message);
        continue;
      }
      line(*txn, {"zxid", "time", "session", "cxid", "type"});
    }
  }

  int snapshot(const std::string& path) {
    auto reader = file_storage::open_snapshot(files_, path, compression_of(path));
    if (!reader) return trouble(reader.error());
    SnapshotVisitor visitor;
    std::unordered_map<int64_t, Json> acls;
    acls[wire::kOpenAclRef] =
        Json::array({{{"perms", "cdrwa"}, {"scheme", "world"}, {"id", "anyone"}}});
    uint64_t good_end = 0;
    visitor.part = [&good_end](const char*, uint64_t, uint64_t end, uint64_t) { good_end = end; };
    visitor.session = [this](const wire::SessionEntry& session) {
      session_line(session.session_id, session.timeout);
    };
    visitor.acl = [&acls](int64_t ref, const wire::AclListView& list) {
      acls[ref] = describe_acl(list);
    };
    visitor.node = [&](const SnapshotNode& node) {
      const auto acl = acls.find(node.acl_ref);
      line(describe_node(node.path.bytes, node.data, acl == acls.end() ? Json() : acl->second,
                         node.stat),
           {"path"});
    };
    visitor.digest = [this](const wire::SnapshotDigest& digest) {
      Json object;
      object["digest"] = hex(digest.tree_digest);
      object["zxid"] = hex(digest.zxid);
      line(object, {});
    };
    visitor.last_zxid = [this](Zxid last) { last_line(last); };
    const Status walked = walk_snapshot(**reader, visitor);
    if (!walked) damage(path, good_end, {}, walked.error().message);
    return result();
  }

  int directory(const std::string& path) {
    auto places = find_places(files_, path, options_.log_dir);
    if (!places) return trouble(places.error());
    auto database = load_database(files_, *places, options_.trust_empty);
    if (!database) {
      err_ << "zookernel-db: " << database.error().message << "\n";
      return kExitRefused;
    }
    for (const std::string& remark : database->remarks) err_ << "zookernel-db: " << remark << "\n";
    for (const auto& [id, timeout] : database->sessions) session_line(id, timeout);
    const core::DataTree& tree = *database->tree;
    walk_sorted(tree, core::kRoot,
                [&](core::NodeId id) { line(describe_node(tree, id), {"path"}); });
    Json object;
    object["digest"] = hex(static_cast<int64_t>(tree.digest()));
    line(object, {});
    last_line(tree.last_zxid());
    return kExitGood;
  }

  void session_line(int64_t id, int32_t timeout) {
    Json object;
    object["session"] = hex(id);
    object["timeout"] = timeout;
    line(object, {});
  }
  void last_line(Zxid last) {
    Json object;
    object["lastZxid"] = hex(last.value);
    line(object, {});
  }

  FileSystem& files_;
  const DumpOptions& options_;
  std::ostream& out_;
  std::ostream& err_;
  bool damaged_ = false;
};

}  // namespace

int dump(FileSystem& files, const std::string& path, const DumpOptions& options, std::ostream& out,
         std::ostream& err) {
  return Dump(files, options, out, err).run(path);
}

}  // namespace zookernel::db_tool
