#include "tools/db/commands.h"

#include <algorithm>
#include <charconv>
#include <ostream>

#include "tools/db/apache/purge_txn_log.h"
#include "tools/db/apache/snapshot_comparer.h"
#include "tools/db/apache/snapshot_toolkit.h"
#include "tools/db/apache/txn_log_toolkit.h"
#include "tools/db/arguments.h"
#include "tools/db/diff.h"
#include "tools/db/dump.h"
#include "tools/db/exit_code.h"
#include "tools/db/file_kind.h"
#include "tools/db/purge.h"
#include "tools/db/repair.h"
#include "tools/db/transfer_commands.h"
#include "tools/db/verify.h"
#include "zookernel/log.h"

namespace zookernel::db_tool {
namespace {

constexpr const char* kHelp =
    R"(Looks at the data of servers that do not run, and mends it. DIR is a dataDir (or its version-2 directory); when the logs
are elsewhere, --log-dir names their dataLogDir. Both storages (file and sqlite) are known by what the directory holds.

  zookernel-db verify [--json] [--records] [--trust-empty] [--log-dir DIR] DIR
      accounts for every byte of every file, then says whether a server would serve the directory
  zookernel-db dump [--json] [--trust-empty] [--log-dir DIR] FILE|DIR...
      prints logs, snapshots, or the tree that a server would serve from a directory

  zookernel-db diff [--json] [--left-log-dir DIR] [--right-log-dir DIR] LEFT RIGHT
      compares what two directories or snapshots hold: znodes with data, ACLs and stats, sessions, the last transaction
  zookernel-db repair [--yes] [--trust-empty] [--log-dir DIR] DIR
      says what has to be dropped so that a server serves the directory; --yes does it and keeps the originals in repair.N
  zookernel-db purge [--keep N] [--yes] [--log-dir DIR] DIR
      names the snapshots and logs that the N (3) newest good snapshots do not need; --yes removes them

  zookernel-db convert --to file|sqlite|archive [--log-dir DIR] [--to-log-dir DIR] FROM TO
      carries what a server would serve from a directory or an archive to a new directory or archive; FROM stays as it is
  zookernel-db export [--log-dir DIR] DIR ARCHIVE
      convert --to archive: one file, protobuf in zstd, see archive.proto
  zookernel-db import [--to file|sqlite] [--log-dir DIR] ARCHIVE DIR
      convert of an archive; never into a directory that holds data
  zookernel-db backup [--to archive|file|sqlite] [--log-dir DIR] HOST:PORT TO
      fetches a whole, checked backup from a running server; its zoo.cfg must name snap in 4lw.commands.whitelist. Restored with
      import, or by starting a server on the directory

Exit codes: 0 good; 1 findings, but nothing is missing; 2 wrong usage, or something cannot be read or written; 3 refused:
acknowledged changes are missing.
)";

using Given = std::vector<std::string>;

int run_verify(const Given& given, Session& session) {
  auto arguments = Arguments::parse(given, {"--json", "--records", "--trust-empty"}, {"--log-dir"});
  if (!arguments) return wrong_usage(session, arguments.error().message);
  if (arguments->plain().size() != 1) return wrong_usage(session, "verify needs one directory");
  auto places =
      find_places(session.files, arguments->plain().front(), arguments->value("--log-dir"));
  if (!places) return wrong_usage(session, places.error().message);
  VerifyOptions options;
  options.json = arguments->has("--json");
  options.each_record = arguments->has("--records");
  options.trust_empty = arguments->has("--trust-empty");
  return verify(session.files, *places, options, session.out);
}

int run_dump(const Given& given, Session& session) {
  auto arguments = Arguments::parse(given, {"--json", "--trust-empty"}, {"--log-dir"});
  if (!arguments) return wrong_usage(session, arguments.error().message);
  if (arguments->plain().empty()) return wrong_usage(session, "dump needs a file or a directory");
  DumpOptions options;
  options.json = arguments->has("--json");
  options.trust_empty = arguments->has("--trust-empty");
  options.log_dir = arguments->value("--log-dir");
  int worst = kExitGood;
  for (const std::string& path : arguments->plain()) {
    worst = std::max(worst, dump(session.files, path, options, session.out, session.err));
  }
  return worst;
}

// A directory or a snapshot.
Result<Database> load_side(Session& session, const std::string& path, const std::string& log_dir) {
  auto kind = kind_of_file(session.files, path);
  if (!kind) return kind.error();
  if (*kind == FileKind::kSnapshot) return load_snapshot_file(session.files, path);
  auto places = find_places(session.files, path, log_dir);
  if (!places) return places.error();
  auto database = load_database(session.files, *places, false);
  if (!database) {
    return Error{database.error().code, path + " is refused: " + database.error().message};
  }
  return database;
}

int run_diff(const Given& given, Session& session) {
  auto arguments = Arguments::parse(given, {"--json"}, {"--left-log-dir", "--right-log-dir"});
  if (!arguments) return wrong_usage(session, arguments.error().message);
  if (arguments->plain().size() != 2) return wrong_usage(session, "diff needs two directories");
  auto left = load_side(session, arguments->plain()[0], arguments->value("--left-log-dir"));
  if (!left) return wrong_usage(session, left.error().message);
  auto right = load_side(session, arguments->plain()[1], arguments->value("--right-log-dir"));
  if (!right) return wrong_usage(session, right.error().message);
  return diff(*left, *right, arguments->has("--json"), session.out);
}

int run_repair(const Given& given, Session& session) {
  auto arguments = Arguments::parse(given, {"--yes", "--trust-empty"}, {"--log-dir"});
  if (!arguments) return wrong_usage(session, arguments.error().message);
  if (arguments->plain().size() != 1) return wrong_usage(session, "repair needs one directory");
  auto places =
      find_files(session.files, arguments->plain().front(), arguments->value("--log-dir"));
  if (!places) return wrong_usage(session, places.error().message);
  RepairOptions options;
  options.yes = arguments->has("--yes");
  options.trust_empty = arguments->has("--trust-empty");
  return repair(session.files, *places, options, session.out, session.err);
}

int run_purge(const Given& given, Session& session) {
  auto arguments = Arguments::parse(given, {"--yes"}, {"--log-dir", "--keep"});
  if (!arguments) return wrong_usage(session, arguments.error().message);
  if (arguments->plain().size() != 1) return wrong_usage(session, "purge needs one directory");
  int keep = 3;
  if (arguments->has("--keep")) {
    const std::string text = arguments->value("--keep");
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), keep);
    if (problem != std::errc{} || end != text.data() + text.size() || keep < kSnapshotsKeptMin) {
      return wrong_usage(session,
                         "--keep " + text + ": a number of snapshots from 1 on is expected");
    }
  }
  auto places =
      find_files(session.files, arguments->plain().front(), arguments->value("--log-dir"));
  if (!places) return wrong_usage(session, places.error().message);
  auto paths = find_purgeable(session.files, *places, keep);
  if (!paths) return wrong_usage(session, paths.error().message);
  for (const std::string& path : *paths) {
    if (arguments->has("--yes")) {
      if (Status removed = session.files.remove(path); !removed) {
        return wrong_usage(session, removed.error().message);
      }
    }
    session.out << (arguments->has("--yes") ? "removed " : "would remove ") << path << "\n";
  }
  return kExitGood;
}

struct Command {
  const char* name;
  int (*run)(const Given&, Session&);
};

constexpr Command kCommands[] = {
    {"verify", run_verify},
    {"dump", run_dump},
    {"diff", run_diff},
    {"repair", run_repair},
    {"purge", run_purge},
    {"export", run_export},
    {"import", run_import},
    {"convert", run_convert},
    {"backup", run_backup},
    // Behind Apache's scripts.
    {"purge-txn-log", purge_txn_log},
    {"txn-log-toolkit", txn_log_toolkit},
    {"snapshot-formatter", snapshot_formatter},
    {"snapshot-comparer", snapshot_comparer},
    {"snapshot-recursive-summary", snapshot_recursive_summary},
};

}  // namespace

int wrong_usage(Session& session, const std::string& why) {
  session.err << "zookernel-db: " << why << " (zookernel-db --help)\n";
  return kExitTrouble;
}

int run_command(const std::vector<std::string>& arguments, Session& session) {
  const std::string name = arguments.empty() ? "" : arguments.front();
  if (name == "--help" || name == "-h" || name == "help") {
    session.out << kHelp;
    return kExitGood;
  }
  if (name.empty()) {
    session.err << kHelp;
    return kExitTrouble;
  }
  for (const Command& command : kCommands) {
    if (name == command.name) return command.run({arguments.begin() + 1, arguments.end()}, session);
  }
  return wrong_usage(session, "there is no command " + name);
}

}  // namespace zookernel::db_tool
