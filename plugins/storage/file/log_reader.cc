#include "plugins/storage/file/log_reader.h"

#include <algorithm>

namespace zookernel::file_storage {
namespace {

constexpr std::string_view kWhatToDo =
    " Acknowledged transactions would be lost, so nothing is served. Restore the file from a "
    "backup; or, in an ensemble, move this "
    "server's version-2 directories away so that it copies the leader's data; or, to give up what "
    "follows, cut the file there and "
    "move later logs away";

}  // namespace

std::vector<LogName> logs_needed(const std::vector<LogName>& logs, Zxid from) {
  auto first = std::find_if(logs.begin(), logs.end(),
                            [from](const LogName& log) { return log.first >= from; });
  if (first != logs.begin()) --first;
  return {first, logs.end()};
}

LogReader::LogReader(FileSystem& files, std::string directory, std::vector<LogName> logs,
                     std::optional<NewestLog> note, Zxid from, Logger& log)
    : files_(files),
      directory_(std::move(directory)),
      logs_(logs_needed(logs, from)),
      note_(std::move(note)),
      from_(std::max(from, Zxid{1})),
      log_(log),
      last_(Zxid{from_.value - 1}) {}

Result<std::optional<TxnReader::Record>> LogReader::next() {
  if (error_) return *error_;
  while (!ended_) {
    if (!file_) {
      if (auto opened = advance(); !opened) {
        error_ = opened.error();
        return *error_;
      }
      continue;
    }
    auto record = file_->next();
    if (!record) {
      error_ = record.error();
      return *error_;
    }
    if (*record) {
      last_in_file_ = (*record)->zxid;
      file_has_records_ = true;
      if (last_in_file_ < from_ && !delivered_) continue;
      auto accepted = accept(**record);
      if (!accepted) error_ = accepted.error();
      return accepted;
    }
    if (auto finished = finish_file(); !finished) {
      error_ = finished.error();
      return *error_;
    }
  }
  return std::optional<Record>{};
}

Status LogReader::advance() {
  if (index_ < logs_.size()) return open_file();
  ended_ = true;
  tail_.last = last_;
  if (report_) report_(tail_);
  return Unit{};
}

Status LogReader::open_file() {
  const std::string path = join(directory_, logs_[index_].name);
  file_has_records_ = false;
  last_in_file_ = Zxid{};
  auto opened = LogFile::open(files_, path, note_);
  if (opened) {
    file_ = *std::move(opened);
    return Unit{};
  }
  if (opened.error().code == Errc::kCorrupt) return hole(opened.error().message);
  if (opened.error().code != Errc::kTruncated) return opened.error();
  const std::string& why = opened.error().message;
  // A server that is killed between making a file and writing its header leaves an empty one. It
  // holds nothing, as long as its name says that nothing can be missing before it.
  auto file = files_.open(path, FileSystem::Mode::kRead);
  if (!file) return file.error();
  auto size = (*file)->size();
  if (!size) return size.error();
  if (*size == 0 && on_last_file()) {
    if (logs_[index_].first >= from_ && order_of(last_, logs_[index_].first) == Order::kGap) {
      return hole(why + ", and its name says that transactions between " + hex(last_.value) +
                  " and " + hex(logs_[index_].first.value) + " are missing.");
    }
    log_.warn("the newest log is empty and is ignored", {{"file", path}});
    tail_ = {path, 0, 0, false, true, last_};
    ++index_;
    return Unit{};
  }
  return hole(why + "; its name says that it began with transaction " +
              hex(logs_[index_].first.value) + ", the last good one before it is " +
              hex(last_.value) + ". If it never held any, remove it.");
}

Result<std::optional<TxnReader::Record>> LogReader::accept(const LogFile::Record& record) {
  switch (order_of(last_, record.zxid)) {
    case Order::kNext:
      break;
    case Order::kRepeat:
      if (delivered_) break;
      [[fallthrough]];
    case Order::kGap:
    case Order::kBack: {
      const uint64_t offset = file_->position() - record.body.size() - kRecordOverheadBytes;
      return hole(place(offset) + "transaction " + hex(record.zxid.value) + " follows " +
                  hex(last_.value) +
                  (record.zxid > last_ ? ": those between are missing." : ": it goes back."));
    }
  }
  last_ = record.zxid;
  delivered_ = true;
  return std::optional<Record>(Record{record.zxid, record.body});
}

Status LogReader::finish_file() {
  const LogFile::End end = file_->end();
  const bool short_of_durable = end.offset < file_->durable_end();
  if (end.fault.empty() && !short_of_durable) {
    const Zxid first = logs_[index_].first;
    if (!file_has_records_ && first >= from_ && order_of(last_, first) == Order::kGap) {
      return hole("read " + file_->path() + ": at byte " + std::to_string(end.offset) +
                  " it has no record, and by its name transactions between " + hex(last_.value) +
                  " and " + hex(first.value) + " are missing.");
    }
    leave_file(end.offset, false);
    return Unit{};
  }
  return judge_damage(end.offset, end.fault.empty() ? "there is none" : end.fault);
}

// Something is wrong at `offset`: look behind it.
Status LogReader::judge_damage(uint64_t offset, const std::string& fault) {
  const Zxid above = file_has_records_ ? last_in_file_ : Zxid{logs_[index_].first.value - 1};
  auto found = file_->find_valid(offset, above);
  if (!found) return found.error();
  if (!*found) return judge_unfinished(offset, fault);

  const LogFile::Found next = **found;
  if (next.zxid <= from_ && !delivered_) {
    log_.warn("a damaged place in a log is skipped: the snapshot has what it held",
              {{"file", file_->path()}, {"offset", offset}, {"next_zxid", hex(next.zxid.value)}});
    file_->resume(next.offset);
    return Unit{};
  }
  if (file_->durable_end() != 0 && offset >= file_->durable_end()) {
    auto explained = file_->lost_sectors_explain(offset, next.offset);
    if (!explained) return explained.error();
    if (*explained) return judge_unfinished(offset, fault);
  }
  return hole(place(offset) + "the record is damaged (" + fault +
              "), and good ones follow from byte " + std::to_string(next.offset) + " (" +
              hex(next.zxid.value) + ").");
}

// Nothing behind `offset` counts, unless it was durable.
Status LogReader::judge_unfinished(uint64_t offset, const std::string& fault) {
  if (on_last_file() || logs_[index_ + 1].first != last_.next()) {
    auto damaged = file_->damaged_when_whole();
    if (!damaged) return damaged.error();
    if (*damaged) return judge_whole(offset, fault, **damaged);
  }
  if (!on_last_file()) {
    // Whatever is missing here is older than what is asked for, or was written again by the next
    // file.
    if (auto gap = next_file_gap(offset)) {
      return hole(place(offset) + "the record is damaged (" + fault + ")" + *gap);
    }
    log_.warn("an unfinished record at the end of a log is ignored: the next log goes on behind it",
              {{"file", file_->path()}, {"offset", offset}, {"last_zxid", hex(last_.value)}});
    leave_file(offset, true);
    return Unit{};
  }
  const uint64_t durable_end = file_->durable_end();
  if (offset < durable_end) {
    if (is_deliberate_cut(offset)) {
      log_.error("the log was cut behind a record although more of it had been durable",
                 {{"file", file_->path()},
                  {"offset", offset},
                  {"durable_end", durable_end},
                  {"last_zxid", hex(last_.value)}});
      leave_file(offset, false);
      return Unit{};
    }
    return hole(place(offset) + "the record is damaged (" + fault +
                "), but the file had been durable up to byte " + std::to_string(durable_end) + ".");
  }
  log_.warn("an unfinished record at the end of the log is ignored",
            {{"file", file_->path()},
             {"offset", offset},
             {"why", fault},
             {"last_zxid", hex(last_.value)}});
  leave_file(offset, true);
  return Unit{};
}

// No write was interrupted here, so it was acknowledged. Nothing good follows.
Status LogReader::judge_whole(uint64_t offset, const std::string& fault,
                              const LogFile::Damaged& damaged) {
  const Zxid expected = file_has_records_ ? last_in_file_.next() : logs_[index_].first;
  const bool covered = !delivered_ && damaged.zxid == expected && expected < from_ &&
                       damaged.end >= file_->durable_end();
  if (!covered) {
    return hole(place(offset) + "the record is damaged (" + fault +
                "), and it is no unfinished one: " + damaged.why + ".");
  }
  log_.warn("a damaged record at the end of a log is ignored: the snapshot has what it held",
            {{"file", file_->path()}, {"offset", offset}, {"zxid", hex(damaged.zxid.value)}});
  leave_file(offset, true);
  return Unit{};
}

// Java cuts a file exactly behind a record when a leader tells it to forget the rest, and so may an
// operator.
bool LogReader::is_deliberate_cut(uint64_t offset) const {
  return file_has_records_ && offset == file_->size();
}

std::optional<std::string> LogReader::next_file_gap(uint64_t offset) const {
  const LogName& next = logs_[index_ + 1];
  // The beginning of an epoch proves nothing about the end of the one before: what was durable must
  // be there.
  const bool complete = offset >= file_->durable_end() || is_deliberate_cut(offset);
  if (complete ? order_of(last_, next.first) == Order::kNext : next.first == last_.next())
    return {};
  return ", and the next file, " + next.name + ", begins with transaction " +
         hex(next.first.value) + ".";
}

void LogReader::leave_file(uint64_t good_end, bool torn) {
  tail_ = {file_->path(), good_end, file_->size(), torn, !file_has_records_, last_};
  file_.reset();
  ++index_;
}

std::string LogReader::place(uint64_t offset) const {
  return "read " + file_->path() + ": at byte " + std::to_string(offset) + ", behind transaction " +
         hex((file_has_records_ ? last_in_file_ : last_).value) + ", ";
}

Error LogReader::hole(const std::string& what) const {
  return {Errc::kCorrupt, what + std::string(kWhatToDo)};
}

}  // namespace zookernel::file_storage
