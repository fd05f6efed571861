#include "tools/db/commands.h"

#include <algorithm>
#include <charconv>
#include <ostream>

#include "tools/db/apache/purge_txn_log.h"
#include "tools/db/apache/snapshot_comparer.h"
#include "tools/db/apache/snapshot_toolkit.h"
#include "tools/db/apache/txn_log_toolkit.h"
#include "tools/db/archive/archive.h"
#include "tools/db/arguments.h"
#include "tools/db/diff.h"
#include "tools/db/dump.h"
#include "tools/db/exit_code.h"
#include "tools/db/file_kind.h"
#include "tools/db/purge.h"
#include "tools/db/repair.h"
#include "tools/db/verify.h"
#include "zookernel/log.h"

namespace zookernel::db_tool {
namespace {

constexpr const char* kHelp =
    R"(Looks at the data of servers that do not run, and mends it. DIR is a dataDir (or its version-2 directory); when the logs
are elsewhere, --log-dir names their dataLogDir.

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

  zookernel-db export [--log-dir DIR] DIR ARCHIVE
      writes what a server would serve (snapshot and transactions) into one file: protobuf in zstd, see archive.proto
  zookernel-db import [--log-dir DIR] ARCHIVE DIR
      makes a data directory from an archive; never in one that holds data

Exit codes: 0 good; 1 findings, but nothing is missing; 2 wrong usage, or something cannot be read or written; 3 refused:
acknowledged changes are missing.
)";

using Given = std::vector<std::string>;

int usage(Session& session, const std::string& why) {
  session.err << "zookernel-db: " << why << " (zookernel-db --help)\n";
  return kExitTrouble;
}

int run_verify(const Given& given, Session& session) {
  auto arguments = Arguments::parse(given, {"--json", "--records", "--trust-empty"}, {"--log-dir"});
  if (!arguments) return usage(session, arguments.error().message);
  if (arguments->plain().size() != 1) return usage(session, "verify needs one directory");
  auto places =
      find_places(session.files, arguments->plain().front(), arguments->value("--log-dir"));
  if (!places) return usage(session, places.error().message);
  VerifyOptions options;
  options.json = arguments->has("--json");
  options.each_record = arguments->has("--records");
  options.trust_empty = arguments->has("--trust-empty");
  return verify(session.files, *places, options, session.out);
}

int run_dump(const Given& given, Session& session) {
  auto arguments = Arguments::parse(given, {"--json", "--trust-empty"}, {"--log-dir"});
  if (!arguments) return usage(session, arguments.error().message);
  if (arguments->plain().empty()) return usage(session, "dump needs a file or a directory");
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
  if (!arguments) return usage(session, arguments.error().message);
  if (arguments->plain().size() != 2) return usage(session, "diff needs two directories");
  auto left = load_side(session, arguments->plain()[0], arguments->value("--left-log-dir"));
  if (!left) return usage(session, left.error().message);
  auto right = load_side(session, arguments->plain()[1], arguments->value("--right-log-dir"));
  if (!right) return usage(session, right.error().message);
  return diff(*left, *right, arguments->has("--json"), session.out);
}

int run_repair(const Given& given, Session& session) {
  auto arguments = Arguments::parse(given, {"--yes", "--trust-empty"}, {"--log-dir"});
  if (!arguments) return usage(session, arguments.error().message);
  if (arguments->plain().size() != 1) return usage(session, "repair needs one directory");
  auto places =
      find_places(session.files, arguments->plain().front(), arguments->value("--log-dir"));
  if (!places) return usage(session, places.error().message);
  RepairOptions options;
  options.yes = arguments->has("--yes");
  options.trust_empty = arguments->has("--trust-empty");
  return repair(session.files, *places, options, session.out, session.err);
}

int run_purge(const Given& given, Session& session) {
  auto arguments = Arguments::parse(given, {"--yes"}, {"--log-dir", "--keep"});
  if (!arguments) return usage(session, arguments.error().message);
  if (arguments->plain().size() != 1) return usage(session, "purge needs one directory");
  int keep = 3;
  if (arguments->has("--keep")) {
    const std::string text = arguments->value("--keep");
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), keep);
    if (problem != std::errc{} || end != text.data() + text.size() || keep < kSnapshotsKeptMin) {
      return usage(session, "--keep " + text + ": a number of snapshots from 1 on is expected");
    }
  }
  auto places =
      find_places(session.files, arguments->plain().front(), arguments->value("--log-dir"));
  if (!places) return usage(session, places.error().message);
  auto paths = find_purgeable(session.files, *places, keep);
  if (!paths) return usage(session, paths.error().message);
  for (const std::string& path : *paths) {
    if (arguments->has("--yes")) {
      if (Status removed = session.files.remove(path); !removed) {
        return usage(session, removed.error().message);
      }
    }
    session.out << (arguments->has("--yes") ? "removed " : "would remove ") << path << "\n";
  }
  return kExitGood;
}

int report_transfer(const Result<Transferred>& done, const char* verb, const std::string& to,
                    Session& session) {
  if (!done) return usage(session, done.error().message);
  session.out << verb << " " << done->znodes << " znodes, " << done->sessions << " sessions and "
              << done->transactions << " transactions up to " << hex(done->last.value) << " to "
              << to << "\n";
  return kExitGood;
}

int run_export(const Given& given, Session& session) {
  auto arguments = Arguments::parse(given, {}, {"--log-dir"});
  if (!arguments) return usage(session, arguments.error().message);
  if (arguments->plain().size() != 2) return usage(session, "export needs a directory and a file");
  auto places = find_places(session.files, arguments->plain()[0], arguments->value("--log-dir"));
  if (!places) return usage(session, places.error().message);
  const auto done = export_archive(session.files, *places, arguments->plain()[1]);
  // A refusal is about the directory, everything else about the world.
  if (!done && done.error().code == Errc::kCorrupt) {
    session.err << "zookernel-db: " << done.error().message << "\n";
    return kExitRefused;
  }
  return report_transfer(done, "exported", arguments->plain()[1], session);
}

int run_import(const Given& given, Session& session) {
  auto arguments = Arguments::parse(given, {}, {"--log-dir"});
  if (!arguments) return usage(session, arguments.error().message);
  if (arguments->plain().size() != 2) return usage(session, "import needs a file and a directory");
  return report_transfer(import_archive(session.files, arguments->plain()[0], arguments->plain()[1],
                                        arguments->value("--log-dir")),
                         "imported", arguments->plain()[1], session);
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
    // Behind Apache's scripts.
    {"purge-txn-log", purge_txn_log},
    {"txn-log-toolkit", txn_log_toolkit},
    {"snapshot-formatter", snapshot_formatter},
    {"snapshot-comparer", snapshot_comparer},
    {"snapshot-recursive-summary", snapshot_recursive_summary},
};

}  // namespace

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
  return usage(session, "there is no command " + name);
}

}  // namespace zookernel::db_tool
