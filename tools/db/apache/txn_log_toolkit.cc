#include "tools/db/apache/txn_log_toolkit.h"

#include <charconv>
#include <istream>
#include <ostream>

#include "plugins/storage/file/log_format.h"
#include "tools/db/apache/java_text.h"
#include "tools/db/apache/raw_log.h"

namespace zookernel::db_tool {
namespace {

using file_storage::adler32;

constexpr int kUnexpected = 1;
constexpr int kInvalid = 2;

constexpr const char* kHelp =
    R"(usage: TxnLogToolkit [-dhrvc] <txn_log_file_name> (-z <zxid>)
 -c,--chop         Chop mode. Chop txn file to a zxid.
 -d,--dump         Dump mode. Dump all entries of the log file with printing the content of a nodepath (default)
 -h,--help         Print help message
 -r,--recover      Recovery mode. Re-calculate CRC for broken entries.
 -v,--verbose      Be verbose in recovery mode: print all entries, not just fixed ones.
 -y,--yes          Non-interactive mode: repair all CRC errors without asking
 -z,--zxid <arg>   Used with chop. Zxid to which to chop.
)";

struct Options {
  bool recover = false, chop = false, verbose = false, yes = false, help = false;
  std::string zxid, file;
};

struct Named {
  const char *brief, *full;
  bool Options::*flag;
};
constexpr Named kFlags[] = {{"-c", "--chop", &Options::chop},
                            {"-h", "--help", &Options::help},
                            {"-r", "--recover", &Options::recover},
                            {"-v", "--verbose", &Options::verbose},
                            {"-y", "--yes", &Options::yes}};

Result<Options> parse(const std::vector<std::string>& given) {
  Options options;
  for (size_t i = 0; i < given.size(); ++i) {
    const std::string& argument = given[i];
    bool known = argument == "-d" || argument == "--dump";
    for (const Named& named : kFlags) {
      if (argument != named.brief && argument != named.full) continue;
      options.*named.flag = true;
      known = true;
    }
    if (known) continue;
    if (argument == "-z" || argument == "--zxid") {
      if (++i == given.size()) return Error{Errc::kInvalid, "Missing argument for option: z"};
      options.zxid = given[i];
    } else if (argument.size() > 1 && argument.front() == '-') {
      return Error{Errc::kInvalid, "Unrecognized option: " + argument};
    } else if (options.file.empty()) {
      options.file = argument;
    }
  }
  return options;
}

std::string name_of(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? path : path.substr(slash + 1);
}

class Toolkit {
 public:
  Toolkit(Options options, Session& session)
      : options_(std::move(options)), files_(session.files), session_(session) {}

  int run() {
    auto log = RawLog::open(files_, options_.file);
    if (!log) {
      if (log.error().code == Errc::kCorrupt) {
        session_.err << "Invalid magic number for " << name_of(options_.file) << "\n";
        return kInvalid;
      }
      session_.err << "File doesn't exist or not readable: " << options_.file << "\n";
      return kUnexpected;
    }
    return options_.chop ? chop(*log) : dump(*log);
  }

 private:
  // ---- the copy

  bool begin_copy(const std::string& path, const RawLog& log) {
    // A file of ours says how much of it is durable; a copy says nothing, as Java's do.
    std::string header(log.header());
    store_be64(header.data() + file_storage::kDurableEndOffset, 0);
    auto file = files_.open(path, FileSystem::Mode::kCreate);
    if (!file) return fail(file.error());
    copy_ = *std::move(file);
    return write(header);
  }
  bool write(Bytes bytes) {
    if (Status written = copy_->write_at(copied_, bytes); !written) return fail(written.error());
    copied_ += bytes.size();
    return true;
  }
  bool write_record(uint64_t checksum, Bytes body) {
    Buffer record;
    char* prefix = record.extend(file_storage::kRecordPrefixBytes);
    store_be64(prefix, checksum);
    store_be32(prefix + 8, static_cast<uint32_t>(body.size()));
    record.append(body);
    record.push_back(file_storage::kRecordEnd);
    return write(record.view());
  }
  bool end_copy() {
    if (Status synced = copy_->sync(); !synced) return fail(synced.error());
    copy_.reset();
    return true;
  }
  bool fail(const Error& error) {
    session_.err << error.message << "\n";
    return false;
  }

  // ---- dump and recover

  int dump(RawLog& log) {
    const std::string target = options_.file + ".fixed";
    if (options_.recover) {
      if (files_.exists(target)) {
        session_.err << "Recovery file " << name_of(target) << " already exists or not writable\n";
        return kUnexpected;
      }
      if (!begin_copy(target, log)) return kUnexpected;
    }
    print_head(log);
    int64_t count = 0;
    for (;;) {
      auto record = log.next();
      if (!record) return fail(record.error()), kUnexpected;
      if (!*record) break;
      if (!(*record)->checksum_good && !mend(**record)) return kUnexpected;
      if (!options_.recover || options_.verbose) print(**record, "");
      if (!(*record)->ended) {
        session_.err << "Last transaction was partial.\n";
        session_.err << place((*record)->begin) << "its end byte is missing\n";
        return kUnexpected;
      }
      if (options_.recover && !write_record((*record)->checksum, (*record)->body)) {
        return kUnexpected;
      }
      ++count;
    }
    session_.out << "EOF reached after " << count << " txns.\n";
    if (options_.recover) {
      if (!end_copy()) return kUnexpected;
      session_.out << "Recovery file " << name_of(target) << " has been written with " << fixed_
                   << " fixed CRC error(s)\n";
    }
    if (!log.trouble().empty()) {
      session_.err << place(log.position()) << log.trouble()
                   << " (zookernel-db verify looks behind it)\n";
      return kUnexpected;
    }
    return damaged_ ? kUnexpected : 0;
  }

  void print_head(const RawLog& log) {
    session_.out << "ZooKeeper Transactional Log File with dbid "
                 << static_cast<int64_t>(load_be64(log.header().data() + 8))
                 << " txnlog format version "
                 << static_cast<int32_t>(load_be32(log.header().data() + 4)) << "\n";
  }

  [[nodiscard]] std::string place(uint64_t offset) const {
    return name_of(options_.file) + ": at byte " + std::to_string(offset) + ", ";
  }

  void print(const RawLog::Record& record, const std::string& prefix) {
    auto text = java_txn(record.body);
    if (!text) {
      damaged_ = true;
      session_.err << place(record.begin) << text.error().message << "\n";
    }
    session_.out << prefix
                 << (text ? *text
                          : "(record of " + std::to_string(record.body.size()) +
                                " bytes that is not understood)")
                 << "\n";
  }

  // False: everything ends here.
  bool mend(RawLog::Record& record) {
    if (options_.recover && options_.yes) {
      print(record, "CRC FIXED - ");
      return set_checksum(record);
    }
    print(record, "CRC ERROR - ");
    if (!options_.recover) {
      damaged_ = true;
      session_.err << place(record.begin) << "the checksum does not match\n";
      return true;
    }
    switch (ask()) {
      case 'y':
        return set_checksum(record);
      case 'n':
        damaged_ = true;
        session_.err << place(record.begin) << "the checksum was not fixed\n";
        return true;
      default:
        session_.err << "Recovery aborted.\n";
        return false;
    }
  }
  bool set_checksum(RawLog::Record& record) {
    record.checksum = adler32(record.body);
    ++fixed_;
    return true;
  }
  // The end of the input is an abort.
  char ask() {
    for (std::string line;;) {
      session_.out << "Would you like to fix it (Yes/No/Abort) ? " << std::flush;
      if (!std::getline(session_.in, line)) return 'a';
      const char letter = line.empty() ? ' ' : static_cast<char>(line.front() | 0x20);
      if (letter == 'y' || letter == 'n' || letter == 'a') return letter;
    }
  }

  // ---- chop

  int chop(RawLog& log) {
    const auto parsed = parse_zxid();
    if (!parsed) {
      session_.err << "'" << options_.zxid << "' is no zxid (decimal, or 0x and hexadecimal)\n";
      return kInvalid;
    }
    const int64_t zxid = *parsed;
    const std::string target = options_.file + ".chopped" + std::to_string(zxid);
    if (files_.exists(target)) {
      session_.err << name_of(target) << " already exists\n";
      return kUnexpected;
    }
    if (!begin_copy(target, log)) return kUnexpected;
    print_head(log);
    if (chop_at(log, zxid)) return end_copy() ? 0 : kUnexpected;
    copy_.reset();
    // A copy of everything under a name that says otherwise helps nobody.
    (void)files_.remove(target);
    session_.out << "Got exception: Failed to chop " << name_of(options_.file) << "\n";
    return kUnexpected;
  }

  [[nodiscard]] std::optional<int64_t> parse_zxid() const {
    std::string_view digits = options_.zxid;
    int base = 10;
    if (digits.starts_with("0x") || digits.starts_with("0X")) {
      base = 16;
      digits.remove_prefix(2);
    }
    int64_t zxid = 0;
    const auto [end, problem] =
        std::from_chars(digits.data(), digits.data() + digits.size(), zxid, base);
    if (problem != std::errc{} || end != digits.data() + digits.size()) return {};
    return zxid;
  }

  bool chop_at(RawLog& log, int64_t zxid) {
    int64_t count = 0;
    std::optional<Zxid> previous;
    bool contains = false;
    for (;;) {
      auto record = log.next();
      if (!record) return fail(record.error());
      if (!*record) {
        session_.out << "EOF reached after " << count << " txns.\n";
        if (!log.trouble().empty()) session_.err << place(log.position()) << log.trouble() << "\n";
        return false;
      }
      const RawLog::Record& found = **record;
      const char* trouble = !found.checksum_good ? "the checksum does not match"
                            : !found.ended       ? "its end byte is missing"
                            : found.body.size() < file_storage::kTxnHeaderBytes
                                ? "it is too short for a transaction"
                                : nullptr;
      if (trouble != nullptr) {
        session_.err << place(found.begin) << trouble << "\n";
        return false;
      }
      const Zxid here = file_storage::zxid_of(found.body.data());
      report_gap(previous, here);
      previous = here;
      contains = contains || here.value == zxid;
      if (here.value > zxid) {
        if (!contains) session_.out << "This log does not contain zxid " << java_hex(zxid) << "\n";
        session_.out << "Chopping at " << java_hex(zxid) << " new log has " << count
                     << " records\n";
        return true;
      }
      if (!write_record(found.checksum, found.body)) return false;
      ++count;
    }
  }

  void report_gap(std::optional<Zxid> previous, Zxid here) {
    if (!previous || here == previous->next()) return;
    session_.out << "There is " << (previous->epoch() == here.epoch() ? "intra" : "inter")
                 << "-epoch gap between " << java_hex(previous->value) << " and "
                 << java_hex(here.value) << "\n";
  }

  const Options options_;
  FileSystem& files_;
  Session& session_;
  std::unique_ptr<File> copy_;
  uint64_t copied_ = 0;
  int64_t fixed_ = 0;
  bool damaged_ = false;
};

}  // namespace

int txn_log_toolkit(const std::vector<std::string>& given, Session& session) {
  auto options = parse(given);
  if (!options) {
    session.err << options.error().message << "\n\n";
    session.out << kHelp;
    return kUnexpected;
  }
  if (options->help) {
    session.out << kHelp;
    return 0;
  }
  if (options->file.empty() || (options->chop && options->zxid.empty())) {
    session.out << kHelp;
    return kUnexpected;
  }
  return Toolkit(*std::move(options), session).run();
}

}  // namespace zookernel::db_tool
