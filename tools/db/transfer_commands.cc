#include "tools/db/transfer_commands.h"

#include <optional>
#include <ostream>

#include "tools/db/arguments.h"
#include "tools/db/exit_code.h"
#include "tools/db/file_kind.h"
#include "tools/db/transfer/transfer.h"
#include "zookernel/log.h"

namespace zookernel::db_tool {
namespace {

// kRefused: what a server would not serve is told from what cannot be read.
enum class Damage { kTrouble, kRefused };

int report(const Result<Transferred>& done, const char* verb, const std::string& to, Damage damage,
           Session& session) {
  if (!done) {
    session.err << "zookernel-db: " << done.error().message << "\n";
    return done.error().code == Errc::kCorrupt && damage == Damage::kRefused ? kExitRefused
                                                                             : kExitTrouble;
  }
  session.out << verb << " " << done->znodes << " znodes, " << done->sessions << " sessions and "
              << done->transactions << " transactions up to " << hex(done->last.value) << " to "
              << to << "\n";
  return kExitGood;
}

std::optional<StorageKind> storage_named(const std::string& name) {
  if (name == "file") return StorageKind::kFile;
  if (name == "sqlite") return StorageKind::kSqlite;
  return std::nullopt;
}

}  // namespace

int run_export(const std::vector<std::string>& given, Session& session) {
  auto arguments = Arguments::parse(given, {}, {"--log-dir"});
  if (!arguments) return wrong_usage(session, arguments.error().message);
  if (arguments->plain().size() != 2)
    return wrong_usage(session, "export needs a directory and a file");
  auto places = find_places(session.files, arguments->plain()[0], arguments->value("--log-dir"));
  if (!places) return wrong_usage(session, places.error().message);
  const std::string& to = arguments->plain()[1];
  return report(export_archive(session.files, *places, to), "exported", to, Damage::kRefused,
                session);
}

int run_import(const std::vector<std::string>& given, Session& session) {
  auto arguments = Arguments::parse(given, {}, {"--log-dir", "--to"});
  if (!arguments) return wrong_usage(session, arguments.error().message);
  if (arguments->plain().size() != 2)
    return wrong_usage(session, "import needs a file and a directory");
  const auto kind = storage_named(arguments->has("--to") ? arguments->value("--to") : "file");
  if (!kind) return wrong_usage(session, "--to " + arguments->value("--to") + ": file or sqlite");
  const NewDirectory to{*kind, arguments->plain()[1], arguments->value("--log-dir")};
  return report(import_archive(session.files, arguments->plain()[0], to), "imported", to.data_dir,
                Damage::kTrouble, session);
}

int run_backup(const std::vector<std::string>& given, Session& session) {
  auto arguments = Arguments::parse(given, {}, {"--to", "--log-dir"});
  if (!arguments) return wrong_usage(session, arguments.error().message);
  if (arguments->plain().size() != 2) {
    return wrong_usage(session, "backup needs HOST:PORT and a file or directory");
  }
  const std::string& from = arguments->plain()[0];
  const std::string& to = arguments->plain()[1];
  const std::string form = arguments->has("--to") ? arguments->value("--to") : "archive";
  const auto kind = storage_named(form);
  if (!kind && form != "archive") {
    return wrong_usage(session, "--to " + form + ": archive, file or sqlite");
  }
  return report(
      kind ? back_up_to_directory(session.files, from, {*kind, to, arguments->value("--log-dir")})
           : back_up_to_archive(session.files, from, to),
      "backed up", to, Damage::kTrouble, session);
}

int run_convert(const std::vector<std::string>& given, Session& session) {
  auto arguments = Arguments::parse(given, {}, {"--to", "--log-dir", "--to-log-dir"});
  if (!arguments) return wrong_usage(session, arguments.error().message);
  if (arguments->plain().size() != 2) return wrong_usage(session, "convert needs FROM and TO");
  const std::string& from = arguments->plain()[0];
  const std::string& to = arguments->plain()[1];
  const std::string form = arguments->value("--to");
  const auto kind = storage_named(form);
  if (!kind && form != "archive")
    return wrong_usage(session, "convert needs --to file|sqlite|archive");
  if (arguments->has("--to-log-dir") && kind != StorageKind::kFile) {
    return wrong_usage(session, "--to-log-dir is for --to file: everything else is in one place");
  }
  const NewDirectory directory{kind.value_or(StorageKind::kFile), to,
                               arguments->value("--to-log-dir")};

  auto given_kind = kind_of_file(session.files, from);
  if (!given_kind) return wrong_usage(session, given_kind.error().message);
  if (*given_kind != FileKind::kDirectory) {
    if (!kind)
      return wrong_usage(session, from + " is no directory, and an archive is one already");
    return report(import_archive(session.files, from, directory), "converted", to, Damage::kTrouble,
                  session);
  }
  auto places = find_places(session.files, from, arguments->value("--log-dir"));
  if (!places) return wrong_usage(session, places.error().message);
  return report(kind ? copy_directory(session.files, *places, directory)
                     : export_archive(session.files, *places, to),
                "converted", to, Damage::kRefused, session);
}

}  // namespace zookernel::db_tool
