#include "tools/db/repair_plan.h"

#include <algorithm>

#include "plugins/storage/file/layout.h"
#include "plugins/storage/file/log_reader.h"
#include "plugins/storage/file/newest_log.h"
#include "tools/db/log_scan.h"
#include "tools/db/planned_files.h"
#include "zookernel/log.h"

namespace zookernel::db_tool {
namespace {

using file_storage::join;
using file_storage::LogName;
using Stage = LoadTrouble::Stage;

// Each round takes a file away or shortens one, so that this is far more than any directory needs.
constexpr int kRoundsMax = 1000;

class Planner {
 public:
  Planner(FileSystem& files, const Places& places, bool trust_empty)
      : planned_(files), places_(places), trust_empty_(trust_empty) {}

  Result<RepairPlan> run() {
    for (int round = 0; round < kRoundsMax; ++round) {
      LoadTrouble trouble;
      auto database = load_database(planned_, places_, trust_empty_, &trouble);
      if (database) {
        plan_.last_zxid = database->tree->last_zxid();
        plan_.znodes = database->tree->nodes().size();
        plan_.sessions = database->sessions.size();
        order_steps();
        return std::move(plan_);
      }
      if (plan_.refused.empty()) plan_.refused = database.error().message;
      const size_t steps = plan_.steps.size();
      if (Status done = take_away(trouble, database.error()); !done) return done.error();
      if (plan_.steps.size() == steps) break;
    }
    return Error{Errc::kCorrupt, "no repair is known for this: " + plan_.refused};
  }

 private:
  Status take_away(const LoadTrouble& trouble, const Error& error) {
    switch (trouble.stage) {
      case Stage::kContents:
        return contents(error);
      case Stage::kNoSnapshot:
      case Stage::kSnapshots:
        return Error{
            Errc::kCorrupt,
            error.message + " (a repair needs a snapshot that loads: restore one from a backup)"};
      case Stage::kLog:
        return logs(trouble, error);
      case Stage::kFuzzy:
        return snapshot(*trouble.snapshot,
                        "the logs end before the last change that it holds, so that it may hold "
                        "halves of changes");
      case Stage::kSkipped:
        for (const Zxid name : trouble.skipped) {
          if (name <= trouble.last) continue;
          if (Status done = snapshot(name, "it does not load, and the logs do not reach it"); !done)
            return done;
        }
        return Unit{};
    }
    return Unit{};
  }

  // The witness of a newest log that is gone; or an epoch file, which only an ensemble can restore.
  Status contents(const Error& error) {
    const std::string witness = join(places_.logs, file_storage::kNewestLogFile);
    auto listing = file_storage::list_directory(planned_, places_.logs);
    if (!listing) return listing.error();
    if (file_storage::check_newest_log(planned_, places_.logs, *listing)) return error;
    RepairStep step;
    step.path = witness;
    step.why = "it names a log that is not there any more";
    add(step);
    return Unit{};
  }

  Status snapshot(Zxid zxid, const std::string& why) {
    auto listing = file_storage::list_directory(planned_, places_.snapshots);
    if (!listing) return listing.error();
    for (const auto& name : listing->snapshots) {
      if (name.zxid != zxid) continue;
      RepairStep step;
      step.path = join(places_.snapshots, name.name);
      step.why = why;
      add(step);
    }
    return Unit{};
  }

  // Everything behind the last transaction that recovery could take.
  Status logs(const LoadTrouble& trouble, const Error& error) {
    auto listing = file_storage::list_directory(planned_, places_.logs);
    if (!listing) return listing.error();
    const Zxid base = trouble.snapshot.value_or(Zxid{});
    const std::vector<LogName> needed = file_storage::logs_needed(listing->logs, base.next());
    auto place = find_place(needed, trouble.last);
    if (!place) return place.error();
    const auto& [index, offset] = *place;
    bool added = false;
    // Newest first, as they have to be done.
    for (size_t i = needed.size(); i-- > index;) {
      const std::string path = join(places_.logs, needed[i].name);
      const bool keeps_some = i == index && offset > file_storage::kLogHeaderBytes;
      RepairStep step;
      step.path = path;
      step.kind = keeps_some ? RepairStep::Kind::kCut : RepairStep::Kind::kSetAside;
      step.cut_at = keeps_some ? offset : 0;
      step.why = "it goes on behind what is missing";
      if (Status looked = weigh(step); !looked) return looked;
      const bool loses = step.transactions != 0 || step.unreadable_bytes != 0;
      // A whole file that ends where the hole begins stays as it is.
      if (keeps_some && !loses) continue;
      add(step);
      added = true;
    }
    // The oldest is where the trouble is.
    if (added) plan_.steps.back().why = first_sentence(error.message);
    return Unit{};
  }

  struct Place {
    size_t index;     // of the file
    uint64_t offset;  // behind the last good record in it
  };
  // The first file in which something is wrong behind transaction `last`, and the byte.
  Result<Place> find_place(const std::vector<LogName>& needed, Zxid last) {
    Place place{0, 0};
    for (size_t i = 0; i < needed.size(); ++i) {
      auto scan = LogScan::open(planned_, join(places_.logs, needed[i].name));
      if (!scan) return scan.error();
      for (;;) {
        auto piece = scan->next();
        if (!piece) return piece.error();
        if (!*piece) break;
        if ((*piece)->kind != LogPiece::Kind::kRecord || (*piece)->zxid > last) continue;
        place = {i, (*piece)->end};
      }
    }
    return place;
  }

  Status weigh(RepairStep& step) {
    auto scan = LogScan::open(planned_, step.path);
    if (!scan) return scan.error();
    for (;;) {
      auto piece = scan->next();
      if (!piece) return piece.error();
      if (!*piece) return Unit{};
      if ((*piece)->end <= step.cut_at) continue;
      if ((*piece)->kind == LogPiece::Kind::kUnreadable) {
        step.unreadable_bytes += (*piece)->end - (*piece)->begin;
      }
      if ((*piece)->kind != LogPiece::Kind::kRecord) continue;
      ++step.transactions;
      if (!step.first) step.first = (*piece)->zxid;
      step.last = (*piece)->zxid;
    }
  }

  // What recovery says goes on with advice.
  static std::string first_sentence(const std::string& message) {
    return message.substr(0, message.find(" Acknowledged transactions would be lost"));
  }

  void add(const RepairStep& step) {
    if (step.kind == RepairStep::Kind::kCut) {
      planned_.cut(step.path, step.cut_at);
    } else {
      planned_.hide(step.path);
    }
    plan_.steps.push_back(step);
  }

  // A file that was cut in one round and set aside in a later one is only set aside. The witness
  // goes first: a log may only be missing when nobody vouches for it.
  void order_steps() {
    auto& steps = plan_.steps;
    std::vector<RepairStep> kept;
    for (size_t i = 0; i < steps.size(); ++i) {
      const bool again =
          std::any_of(steps.begin() + static_cast<std::ptrdiff_t>(i) + 1, steps.end(),
                      [&](const RepairStep& later) { return later.path == steps[i].path; });
      if (!again) kept.push_back(steps[i]);
    }
    std::stable_partition(kept.begin(), kept.end(), [](const RepairStep& step) {
      return step.path.ends_with(file_storage::kNewestLogFile);
    });
    steps = std::move(kept);
  }

  PlannedFiles planned_;
  const Places& places_;
  const bool trust_empty_;
  RepairPlan plan_;
};

}  // namespace

Result<RepairPlan> plan_repair(FileSystem& files, const Places& places, bool trust_empty) {
  return Planner(files, places, trust_empty).run();
}

}  // namespace zookernel::db_tool
