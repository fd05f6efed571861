#include "tools/db/database.h"

#include <utility>

#include "kernel/core/snapshot_decoder.h"
#include "kernel/core/whole_history.h"
#include "plugins/storage/file/layout.h"
#include "plugins/storage/file/snapshot_reader.h"
#include "tools/db/file_kind.h"
#include "tools/db/snapshot_walk.h"
#include "tools/db/stored_data.h"

namespace zookernel::db_tool {
namespace {

constexpr size_t kMismatchesNamed = 10;

std::string without_trailing_slashes(std::string path) {
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  return path;
}

Result<std::string> version_folder(FileSystem& files, const std::string& given) {
  const std::string path = without_trailing_slashes(given);
  const std::string below = file_storage::join(path, file_storage::kVersionFolder);
  if (files.exists(below)) return below;
  const size_t slash = path.rfind('/');
  const std::string name = slash == std::string::npos ? path : path.substr(slash + 1);
  if (name == file_storage::kVersionFolder && files.exists(path)) return path;
  return Error{Errc::kNotFound, path +
                                    ": there is neither a directory version-2 nor a data.db in "
                                    "it (give the dataDir of zoo.cfg, and with --log-dir its "
                                    "dataLogDir)"};
}

core::TreeOptions tree_options() {
  core::TreeOptions options;
  options.extended_types = true;
  return options;
}

// The steps of the server's recovery: see kernel/shell/recovery.h.
class Load {
 public:
  using Stage = LoadTrouble::Stage;

  Load(Storage& storage, bool trust_empty, LoadTrouble& trouble)
      : storage_(storage), trust_empty_(trust_empty), trouble_(trouble) {}

  Status run(Database& to) {
    to_ = &to;
    auto contents = storage_.contents();
    if (!contents) return contents.error();
    to.epochs = contents->epochs;
    Status loaded = contents->snapshots.empty() ? begin_empty(*contents) : load_newest(*contents);
    for (const auto& [name, why] : to.skipped) trouble_.skipped.push_back(name);
    if (!loaded) return loaded;
    trouble_.snapshot = to.snapshot;
    trouble_.stage = Stage::kLog;
    Status replayed = replay();
    trouble_.last = to.tree->last_zxid();
    if (!replayed) return replayed;
    trouble_.stage = Stage::kSkipped;
    return check_skipped();
  }

 private:
  Status begin_empty(const StorageContents& contents) {
    trouble_.stage = Stage::kNoSnapshot;
    if (contents.has_log && !trust_empty_) proof_.emplace();
    to_->tree = std::make_unique<core::DataTree>(tree_options());
    return Unit{};
  }

  Status load_newest(const StorageContents& contents) {
    trouble_.stage = Stage::kSnapshots;
    for (const Zxid name : contents.snapshots) {
      to_->tree = std::make_unique<core::DataTree>(tree_options());
      const Status loaded = load(name);
      if (loaded) {
        to_->snapshot = name;
        return Unit{};
      }
      to_->skipped.emplace_back(name, loaded.error().message);
    }
    std::string reasons;
    for (const auto& [name, why] : to_->skipped) {
      reasons += (reasons.empty() ? "" : "; ") + snapshot_name(name) + ": " + why;
    }
    return Error{Errc::kCorrupt, "no snapshot can be loaded: " + reasons};
  }

  Status load(Zxid name) {
    auto reader = storage_.read_snapshot(name);
    if (!reader) return reader.error();
    core::SnapshotDecoder::Sessions sessions;
    Status loaded = core::SnapshotDecoder::load(
        name, [&reader](char* to, size_t count) { return (*reader)->read(to, count); }, *to_->tree,
        sessions);
    to_->sessions = {sessions.begin(), sessions.end()};
    return loaded;
  }

  Status prove(const Status& whole) {
    if (whole) return Unit{};
    trouble_.stage = Stage::kNoSnapshot;
    return Error{Errc::kCorrupt,
                 "there are logs and no snapshot, and the logs may begin in the middle: " +
                     whole.error().message +
                     " (snapshot.trust.empty=true, here --trust-empty, accepts it)"};
  }

  Status replay() {
    core::DataTree& tree = *to_->tree;
    auto reader = storage_.read_log(tree.last_zxid().next());
    if (!reader) return reader.error();
    core::Applied applied;
    for (;;) {
      auto record = (*reader)->next();
      if (!record && proof_ && to_->replayed == 0) return prove(record.error());
      if (!record) return record.error();
      if (!*record) break;
      if (proof_) {
        if (Status whole = prove(proof_->add((*record)->zxid)); !whole) return whole;
      }
      if (Status done = tree.apply((*record)->body, nullptr, applied); !done) {
        return Error{done.error().code,
                     "transaction " + hex((*record)->zxid.value) +
                         " of the log cannot be applied: " + done.error().message};
      }
      note(applied);
    }
    if (proof_) {
      if (Status whole = prove(proof_->end()); !whole) return whole;
    }
    if (!tree.in_fuzzy_range()) return Unit{};
    trouble_.stage = Stage::kFuzzy;
    return Error{Errc::kCorrupt, "the logs end at transaction " + hex(tree.last_zxid().value) +
                                     ", but " + snapshot_name(*to_->snapshot) +
                                     " already holds changes of later ones: transactions are "
                                     "missing"};
  }

  void note(const core::Applied& applied) {
    ++to_->replayed;
    const int64_t session = applied.header.client_id;
    if (applied.session_created) to_->sessions[session] = applied.session_timeout_ms;
    if (applied.session_closed) to_->sessions.erase(session);
    if (!applied.digest_mismatch) return;
    ++to_->digest_mismatch_count;
    if (to_->digest_mismatches.size() < kMismatchesNamed) {
      to_->digest_mismatches.push_back(Zxid{applied.header.zxid});
    }
  }

  Status check_skipped() const {
    const Zxid last = to_->tree->last_zxid();
    for (const auto& [name, why] : to_->skipped) {
      if (name <= last) continue;
      return Error{Errc::kCorrupt, snapshot_name(name) + " is damaged (" + why +
                                       "), and the logs reach only transaction " + hex(last.value) +
                                       ": what came between is lost"};
    }
    return Unit{};
  }

  static std::string snapshot_name(Zxid zxid) { return "snapshot." + hex(zxid.value).substr(2); }

  Storage& storage_;
  const bool trust_empty_;
  LoadTrouble& trouble_;
  std::optional<core::WholeHistory> proof_;  // of logs without a snapshot
  Database* to_ = nullptr;
};

}  // namespace

Result<Places> find_places(FileSystem& files, const std::string& data_dir,
                           const std::string& log_dir) {
  const std::string plain = without_trailing_slashes(data_dir);
  if (files.exists(file_storage::join(plain, kDatabaseFile))) {
    const std::string folder = file_storage::join(plain, file_storage::kVersionFolder);
    auto beside = file_storage::list_directory(files, folder);
    if (beside && !(beside->logs.empty() && beside->snapshots.empty())) {
      return Error{Errc::kInvalid, plain + " holds both " + kDatabaseFile +
                                       " and logs or snapshots in version-2: move away what is "
                                       "not served, or name the version-2 directory"};
    }
    return Places{plain, plain, StorageKind::kSqlite};
  }
  auto snapshots = version_folder(files, data_dir);
  if (!snapshots) return snapshots.error();
  if (log_dir.empty()) return Places{*snapshots, *snapshots};
  auto logs = version_folder(files, log_dir);
  if (!logs) return logs.error();
  return Places{*snapshots, *logs};
}

Result<Places> find_files(FileSystem& files, const std::string& data_dir,
                          const std::string& log_dir) {
  auto places = find_places(files, data_dir, log_dir);
  if (!places || places->kind == StorageKind::kFile) return places;
  return Error{Errc::kUnsupported,
               places->snapshots +
                   " is a directory of plugin.storage=sqlite, and this command "
                   "knows the files of plugin.storage=file only (convert it, or "
                   "use sqlite3)"};
}

std::string parent_of(const std::string& folder) {
  const size_t slash = folder.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : folder.substr(0, slash);
}

Result<Database> load_database(FileSystem& files, const Places& places, bool trust_empty,
                               LoadTrouble* trouble) {
  auto stored = StoredData::read(files, places, StoredData::Lock::kWhereNeeded);
  if (!stored) return stored.error();
  Database database;
  LoadTrouble unheard;
  const Status loaded =
      Load((*stored)->storage(), trust_empty, trouble == nullptr ? unheard : *trouble)
          .run(database);
  if (!loaded) return loaded.error();
  database.remarks = (*stored)->remarks();
  return database;
}

Result<Database> load_snapshot_file(FileSystem& files, const std::string& path) {
  const std::string name = path.substr(path.rfind('/') + 1);
  const auto compression = compression_of(path);
  const auto parsed = file_storage::parse_snapshot_name(name);
  Database database;
  database.snapshot = parsed ? parsed->zxid : Zxid{};

  auto reader = file_storage::open_snapshot(files, path, compression);
  if (!reader) return reader.error();
  SnapshotVisitor sections;
  sections.last_zxid = [&database](Zxid last) { database.end_zxid = last; };
  sections.digest = [&database](const wire::SnapshotDigest& digest) {
    if (digest.version != wire::kTxnDigestVersion) return;
    database.end_digest = {Zxid{digest.zxid}, static_cast<uint64_t>(digest.tree_digest)};
  };
  if (Status walked = walk_snapshot(**reader, sections); !walked) {
    return Error{walked.error().code, "read " + path + ": " + walked.error().message};
  }

  reader = file_storage::open_snapshot(files, path, compression);
  if (!reader) return reader.error();
  database.tree = std::make_unique<core::DataTree>(tree_options());
  core::SnapshotDecoder::Sessions sessions;
  Status loaded = core::SnapshotDecoder::load(
      *database.snapshot, [&reader](char* to, size_t count) { return (*reader)->read(to, count); },
      *database.tree, sessions);
  if (!loaded) return Error{loaded.error().code, "read " + path + ": " + loaded.error().message};
  database.sessions = {sessions.begin(), sessions.end()};
  return database;
}

}  // namespace zookernel::db_tool
