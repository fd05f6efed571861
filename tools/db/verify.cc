#include "tools/db/verify.h"

#include <algorithm>
#include <charconv>
#include <ostream>
#include <set>

#include "kernel/core/snapshot_decoder.h"
#include "plugins/storage/file/epoch_files.h"
#include "plugins/storage/file/layout.h"
#include "plugins/storage/file/newest_log.h"
#include "plugins/storage/file/small_file.h"
#include "plugins/storage/file/snapshot_reader.h"
#include "tools/db/exit_code.h"
#include "tools/db/log_scan.h"
#include "tools/db/report.h"
#include "tools/db/snapshot_walk.h"
#include "zookernel/log.h"

namespace zookernel::db_tool {
namespace {

using file_storage::join;

uint64_t size_of(FileSystem& files, const std::string& path) {
  auto file = files.open(path, FileSystem::Mode::kRead);
  if (!file) return 0;
  auto size = (*file)->size();
  return size ? *size : 0;
}

class Verification {
 public:
  Verification(FileSystem& files, const Places& places, const VerifyOptions& options,
               std::ostream& out)
      : files_(files), places_(places), options_(options), report_(out, options.json) {}

  int run() {
    // The plugin accounts for every page and row of a database itself.
    if (places_.kind == StorageKind::kSqlite) return judge();
    if (Status done = directory(places_.logs); !done) return trouble(done.error());
    if (!places_.one()) {
      if (Status done = directory(places_.snapshots); !done) return trouble(done.error());
    }
    return judge();
  }

 private:
  int trouble(const Error& error) {
    report_.conclude("unreadable", error.message, {});
    return kExitTrouble;
  }

  Status directory(const std::string& folder) {
    auto names = files_.list(folder);
    if (!names) return names.error();
    auto listing = file_storage::list_directory(files_, folder);
    if (!listing) return listing.error();
    for (const auto& log : listing->logs) {
      if (Status done = log_file(join(folder, log.name), log.first); !done) return done;
      if (folder != places_.logs) misplaced(folder, log.name);
    }
    for (const auto& snapshot : listing->snapshots) {
      if (Status done = snapshot_file(join(folder, snapshot.name), snapshot); !done) return done;
      if (folder != places_.snapshots) misplaced(folder, snapshot.name);
    }
    for (const std::string& name : listing->lookalikes) {
      remark(folder, name,
             "not read here, though Java would take it for a log or a snapshot: move it away");
    }
    for (const std::string& name : listing->leftovers) {
      remark(folder, name, "unfinished; the next start removes it");
    }
    for (const std::string& name : *names) other_file(folder, name, *listing);
    return Unit{};
  }

  void misplaced(const std::string& folder, const std::string& name) {
    report_.add({join(folder, name),
                 0,
                 size_of(files_, join(folder, name)),
                 {},
                 {},
                 Verdict::kDamaged,
                 "it is in the wrong one of the two directories: a server refuses both"});
    misplaced_ = true;
  }

  void remark(const std::string& folder, const std::string& name, const std::string& what) {
    const std::string path = join(folder, name);
    report_.add({path, 0, size_of(files_, path), {}, {}, Verdict::kNote, what});
  }

  // ---- logs

  Status log_file(const std::string& path, Zxid first) {
    auto scan = LogScan::open(files_, path);
    if (!scan) return scan.error();
    if (scan->size() == 0) {
      report_.add({path, 0, 0, {}, {}, Verdict::kNote, "empty: not even a header"});
      return Unit{};
    }
    Stretch run;
    bool any = false;
    for (;;) {
      auto piece = scan->next();
      if (!piece) return piece.error();
      if (!*piece) break;
      const bool record = (*piece)->kind == LogPiece::Kind::kRecord;
      if (record && !any && (*piece)->zxid != first && (*piece)->why.empty()) {
        (*piece)->out_of_order = true;
        (*piece)->why = "by its name the file begins with " + hex(first.value);
      }
      any = any || record;
      if (record && !(*piece)->out_of_order && !options_.each_record) {
        extend(run, path, **piece);
        continue;
      }
      finish(run);
      report_.add(stretch_of(path, **piece, *scan));
    }
    finish(run);
    if (!scan->durable_end_is_an_end()) {
      // Where the log was cut on purpose; or the field is damaged.
      report_.add({path,
                   file_storage::kDurableEndOffset,
                   file_storage::kLogHeaderBytes,
                   {},
                   {},
                   Verdict::kDamaged,
                   "the header's mark of what is durable points to no end of a record"});
    }
    return Unit{};
  }

  void extend(Stretch& run, const std::string& path, const LogPiece& piece) {
    if (run_count_ == 0) run = {path, piece.begin, piece.end, piece.zxid, {}, Verdict::kGood, {}};
    run.end = piece.end;
    run.last = piece.zxid;
    ++run_count_;
  }
  void finish(Stretch& run) {
    if (run_count_ == 0) return;
    run.what = std::to_string(run_count_) + (run_count_ == 1 ? " transaction" : " transactions");
    report_.add(run);
    run_count_ = 0;
  }

  static Stretch stretch_of(const std::string& path, const LogPiece& piece, const LogScan& scan) {
    Stretch stretch{path, piece.begin, piece.end, {}, {}, Verdict::kGood, {}};
    switch (piece.kind) {
      case LogPiece::Kind::kHeader:
        stretch.what = "header";
        if (!piece.why.empty()) {
          stretch.verdict = Verdict::kDamaged;
          stretch.what += ": " + piece.why;
        }
        break;
      case LogPiece::Kind::kPadding:
        stretch.what = "padding";
        break;
      case LogPiece::Kind::kRecord:
        stretch.first = stretch.last = piece.zxid;
        stretch.what = "1 transaction";
        if (piece.out_of_order) {
          stretch.verdict = Verdict::kDamaged;
          stretch.what += ", but " + piece.why;
        }
        break;
      case LogPiece::Kind::kUnreadable:
        stretch.verdict = Verdict::kDamaged;
        stretch.what = piece.why;
        if (piece.at_end && piece.begin >= file_storage::kLogHeaderBytes) {
          stretch.what += "; no good one follows in this file";
        }
        if (piece.begin < scan.durable_end()) {
          stretch.what += "; it was durable up to byte " + std::to_string(scan.durable_end());
        }
        break;
    }
    return stretch;
  }

  // ---- snapshots

  Status snapshot_file(const std::string& path, const file_storage::SnapshotName& name) {
    auto reader = file_storage::open_snapshot(files_, path, name.compression);
    if (!reader) return reader.error();
    uint64_t end = 0;
    SnapshotVisitor visitor;
    visitor.part = [&](const char* what, uint64_t begin, uint64_t behind, uint64_t count) {
      const bool table = std::string_view(what) == "sessions" || std::string_view(what) == "ACLs" ||
                         std::string_view(what) == "znodes";
      report_.add({path,
                   begin,
                   behind,
                   {},
                   {},
                   Verdict::kGood,
                   table ? std::to_string(count) + " " + what : what});
      end = behind;
    };
    std::optional<wire::SnapshotDigest> digest;
    visitor.digest = [&digest](const wire::SnapshotDigest& found) { digest = found; };
    const Status walked = walk_snapshot(**reader, visitor);
    const uint64_t size = size_of(files_, path);
    if (!walked) {
      if (walked.error().code == Errc::kIo) return walked.error();
      report_.add(
          {path, end, std::max(end, size), {}, {}, Verdict::kDamaged, walked.error().message});
      return Unit{};
    }
    return snapshot_tree(path, name, digest, end);
  }

  // The parts are whole; do they make a tree?
  Status snapshot_tree(const std::string& path, const file_storage::SnapshotName& name,
                       const std::optional<wire::SnapshotDigest>& digest, uint64_t end) {
    auto loaded = load_snapshot_file(files_, path);
    if (!loaded) {
      report_.add({path, 0, end, {}, {}, Verdict::kDamaged, loaded.error().message});
      return Unit{};
    }
    const bool comparable =
        // 0: a process that had applied nothing wrote it, and no digest.
        digest && digest->zxid != 0 && digest->version == wire::kTxnDigestVersion &&
        digest->zxid == name.zxid.value;
    const uint64_t found = loaded->tree->digest();
    if (comparable && found != static_cast<uint64_t>(digest->tree_digest)) {
      report_.add({path,
                   0,
                   end,
                   {},
                   {},
                   Verdict::kDamaged,
                   "the tree's digest is " + hex(static_cast<int64_t>(found)) + ", the file says " +
                       hex(digest->tree_digest)});
    }
    return Unit{};
  }

  // ---- the rest

  void other_file(const std::string& folder, const std::string& name,
                  const file_storage::Listing& listing) {
    const auto listed = [&name](const auto& list) {
      return std::any_of(list.begin(), list.end(),
                         [&name](const auto& entry) { return entry.name == name; });
    };
    const auto named = [&name](const std::vector<std::string>& list) {
      return std::find(list.begin(), list.end(), name) != list.end();
    };
    if (listed(listing.logs) || listed(listing.snapshots)) return;
    if (named(listing.lookalikes) || named(listing.leftovers)) return;
    const std::string path = join(folder, name);
    if (name == "acceptedEpoch" || name == "currentEpoch") return epoch_file(folder, name);
    const std::set<std::string_view> ours = {file_storage::kNewestLogFile, ".zookernel.lock",
                                             "updatingEpoch"};
    if (ours.contains(name)) {
      report_.add({path, 0, size_of(files_, path), {}, {}, Verdict::kGood, "of the server"});
      return;
    }
    remark(folder, name, "no file of a server");
  }

  void epoch_file(const std::string& folder, const std::string& name) {
    const std::string path = join(folder, name);
    const auto epoch = file_storage::read_epoch(files_, folder, name);
    const bool good = epoch && *epoch;
    report_.add({path,
                 0,
                 size_of(files_, path),
                 {},
                 {},
                 good ? Verdict::kGood : Verdict::kDamaged,
                 good     ? "epoch " + std::to_string(**epoch)
                 : !epoch ? epoch.error().message
                          : "it is gone"});
  }

  // ---- the whole

  int judge() {
    if (misplaced_) {
      report_.conclude("refused", "logs and snapshots are mixed up between the two directories",
                       {});
      return kExitRefused;
    }
    auto database = load_database(files_, places_, options_.trust_empty);
    if (!database) {
      report_.conclude("refused", database.error().message, {});
      return kExitRefused;
    }
    const Zxid last = database->tree->last_zxid();
    std::string what = "a server serves it up to transaction " + hex(last.value) + ": " +
                       std::to_string(database->tree->nodes().size()) + " znodes, " +
                       std::to_string(database->sessions.size()) + " sessions";
    for (const std::string& remark : database->remarks) what += "; " + remark;
    if (database->digest_mismatch_count != 0) {
      what += "; the tree differs from what its writer had after " +
              std::to_string(database->digest_mismatch_count) + " transactions, first " +
              hex(database->digest_mismatches.front().value);
    }
    const bool findings = report_.has_findings() || database->digest_mismatch_count != 0;
    report_.conclude(findings ? "findings" : "good", what, last);
    return findings ? kExitFindings : kExitGood;
  }

  FileSystem& files_;
  const Places& places_;
  const VerifyOptions& options_;
  Report report_;
  uint64_t run_count_ = 0;
  bool misplaced_ = false;
};

}  // namespace

int verify(FileSystem& files, const Places& places, const VerifyOptions& options,
           std::ostream& out) {
  return Verification(files, places, options, out).run();
}

}  // namespace zookernel::db_tool
