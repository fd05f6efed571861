#include "tools/db/repair.h"

#include <ostream>
#include <vector>

#include "plugins/storage/file/layout.h"
#include "plugins/storage/file/log_format.h"
#include "tools/db/exit_code.h"
#include "tools/db/repair_plan.h"
#include "zookernel/log.h"

namespace zookernel::db_tool {
namespace {

using file_storage::join;

constexpr int kFoldersMax = 10000;

std::string name_of(const std::string& path) {
  return path.substr(path.rfind('/') + 1);
}

class Repair {
 public:
  Repair(FileSystem& files, const Places& places, std::ostream& out, std::ostream& err)
      : files_(files), places_(places), out_(out), err_(err) {}

  int run(const RepairOptions& options) {
    // Before anything is looked at, so that what was looked at is what is changed.
    if (options.yes) {
      if (Status locked = lock(); !locked) return trouble(locked.error());
    }
    auto plan = plan_repair(files_, places_, options.trust_empty);
    if (!plan) {
      err_ << "zookernel-db: " << plan.error().message << "\n";
      return kExitRefused;
    }
    if (plan->steps.empty()) {
      out_ << "nothing to repair: " << outcome(*plan) << "\n";
      return kExitGood;
    }
    out_ << "a server refuses the directory: " << plan->refused << "\n";
    print(*plan, options.yes);
    if (!options.yes) {
      out_ << "nothing was changed; --yes does it\n";
      return kExitRefused;
    }
    if (Status done = carry_out(*plan); !done) return trouble(done.error());
    auto database = load_database(files_, places_, options.trust_empty);
    if (!database) return trouble(database.error());
    out_ << "repaired; the originals are in " << folder_ << "\n";
    return kExitGood;
  }

 private:
  int trouble(const Error& error) {
    err_ << "zookernel-db: " << error.message << "\n";
    return kExitTrouble;
  }

  Status lock() {
    for (const std::string* folder : {&places_.snapshots, &places_.logs}) {
      if (folder == &places_.logs && places_.one()) break;
      auto lock = files_.lock_directory(*folder);
      if (!lock) {
        if (lock.error().code != Errc::kExists) return lock.error();
        return Error{Errc::kExists, "a server (or tool) uses " + *folder + ": stop it first"};
      }
      locks_.push_back(*std::move(lock));
    }
    return Unit{};
  }

  static std::string outcome(const RepairPlan& plan) {
    return "a server serves it up to transaction " + hex(plan.last_zxid.value) + " (" +
           std::to_string(plan.znodes) + " znodes, " + std::to_string(plan.sessions) + " sessions)";
  }

  void print(const RepairPlan& plan, bool doing) {
    const std::string would = doing ? "" : "would ";
    for (const RepairStep& step : plan.steps) {
      out_ << would
           << (step.kind == RepairStep::Kind::kCut
                   ? "cut " + step.path + " at byte " + std::to_string(step.cut_at)
                   : "set aside " + step.path)
           << "\n  because: " << step.why << "\n  drops: ";
      if (step.transactions != 0) {
        out_ << step.transactions
             << (step.transactions == 1 ? " readable transaction " : " readable transactions ")
             << hex(step.first->value);
        if (step.last != step.first) out_ << ".." << hex(step.last->value);
        if (step.unreadable_bytes != 0) out_ << " and ";
      }
      if (step.unreadable_bytes != 0) out_ << step.unreadable_bytes << " unreadable bytes";
      if (step.transactions == 0 && step.unreadable_bytes == 0) out_ << "no transaction of a log";
      out_ << "\n";
    }
    out_ << (doing ? "then " : "after that ") << outcome(plan) << "\n";
  }

  Status carry_out(const RepairPlan& plan) {
    if (Status made = make_folder(); !made) return made;
    for (const RepairStep& step : plan.steps) {
      const bool cut = step.kind == RepairStep::Kind::kCut;
      if (Status done = cut ? cut_log(step) : set_aside(step.path); !done) return done;
    }
    return Unit{};
  }

  Status make_folder() {
    for (int number = 1; number < kFoldersMax; ++number) {
      folder_ = join(parent_of(places_.logs), "repair." + std::to_string(number));
      if (!files_.exists(folder_)) return files_.make_directories(folder_);
    }
    return Error{Errc::kFull, folder_ + " exists: move old repair.* directories away"};
  }

  // Each step is durable before the next: their order on the disk is what matters.
  Status set_aside(const std::string& path) {
    // A copy, not a rename: version-2 may be on a file system of its own.
    if (Status kept = copy(path, join(folder_, name_of(path)), UINT64_MAX); !kept) return kept;
    if (Status synced = files_.sync_directory(folder_); !synced) return synced;
    if (Status removed = files_.remove(path); !removed) return removed;
    return files_.sync_directory(parent_of(path));
  }

  // The original is copied first, then replaced in one step.
  Status cut_log(const RepairStep& step) {
    if (Status kept = copy(step.path, join(folder_, name_of(step.path)), UINT64_MAX); !kept)
      return kept;
    if (Status synced = files_.sync_directory(folder_); !synced) return synced;
    const std::string unfinished = join(
        parent_of(step.path), std::string(file_storage::kUnfinishedPrefix) + name_of(step.path));
    if (Status written = copy(step.path, unfinished, step.cut_at); !written) return written;
    if (Status moved = files_.rename(unfinished, step.path); !moved) return moved;
    return files_.sync_directory(parent_of(step.path));
  }

  // The first `size` bytes. What is shortened does not vouch for more than it has.
  Status copy(const std::string& from, const std::string& to, uint64_t size) {
    auto source = files_.open(from, FileSystem::Mode::kRead);
    if (!source) return source.error();
    auto target = files_.open(to, FileSystem::Mode::kCreate);
    if (!target) return target.error();
    std::vector<char> chunk(1 << 20);
    uint64_t at = 0;
    while (at < size) {
      auto got = (*source)->read_at(
          at, chunk.data(), static_cast<size_t>(std::min<uint64_t>(chunk.size(), size - at)));
      if (!got) return got.error();
      if (*got == 0) break;
      if (at == 0 && size != UINT64_MAX && *got >= file_storage::kLogHeaderBytes) {
        char* mark = chunk.data() + file_storage::kDurableEndOffset;
        if (load_be64(mark) > size) store_be64(mark, size);
      }
      if (Status written = (*target)->write_at(at, {chunk.data(), *got}); !written) return written;
      at += *got;
    }
    return (*target)->sync();
  }

  FileSystem& files_;
  const Places& places_;
  std::ostream& out_;
  std::ostream& err_;
  std::vector<std::unique_ptr<DirectoryLock>> locks_;
  std::string folder_;
};

}  // namespace

int repair(FileSystem& files, const Places& places, const RepairOptions& options, std::ostream& out,
           std::ostream& err) {
  return Repair(files, places, out, err).run(options);
}

}  // namespace zookernel::db_tool
