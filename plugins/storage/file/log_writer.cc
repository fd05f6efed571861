#include "plugins/storage/file/log_writer.h"

#include <chrono>

#include "plugins/storage/file/log_format.h"
#include "plugins/storage/file/newest_log.h"

namespace zookernel::file_storage {
namespace {

// A larger buffer would leave the caches and gain nothing.
constexpr size_t kBufferBytes = 1 << 20;
// Java's margin: the file grows when less than this is left.
constexpr uint64_t kPreallocationMargin = 4096;
constexpr uint64_t kPageBytes = 4096;
// Not for every small group: each time costs a system call.
constexpr uint64_t kForgottenBytesMin = 256 << 10;

}  // namespace

LogWriter::LogWriter(FileSystem& files, LogWriterOptions options, Logger& log, Summary& sync_ms)
    : files_(files), options_(std::move(options)), log_(log), sync_ms_(sync_ms) {}

Status LogWriter::fail(Error error) {
  // What a failed write or sync left behind is unknown: nothing is tried again.
  file_.reset();
  buffer_.clear();
  error_ = std::move(error);
  log_.error("the transaction log cannot be written any more", {{"why", error_->message}});
  return *error_;
}

Status LogWriter::append(std::span<const LogRecord> records) {
  if (error_) return *error_;
  for (const LogRecord& record : records) {
    const Bytes body = record.body.view();
    if (body.size() < kTxnHeaderBytes || body.size() > kRecordBytesMax) {
      return fail({Errc::kInvalid, "append transaction " + hex(record.zxid.value) +
                                       ": a record of " + std::to_string(body.size()) +
                                       " bytes is no transaction"});
    }
    if (file_) {
      const Order order = order_of(last_, record.zxid);
      if (order == Order::kGap || order == Order::kBack) {
        return fail({Errc::kInvalid, "append to " + path_ + ": transaction " +
                                         hex(record.zxid.value) + " cannot follow " +
                                         hex(last_.value)});
      }
    } else if (auto begun = begin_file(record.zxid); !begun) {
      return begun;
    }
    encode_record(buffer_, body);
    last_ = record.zxid;
    if (buffer_.size() >= kBufferBytes) {
      if (auto written = write_buffer(); !written) return written;
    }
  }
  return Unit{};
}

Status LogWriter::begin_file(Zxid first) {
  const std::string name = log_name(first);
  const std::string unfinished = join(options_.directory, std::string(kUnfinishedPrefix) + name);
  path_ = join(options_.directory, name);
  if (files_.exists(path_)) {
    return fail({Errc::kExists,
                 "make " + path_ + ": a log of this name is there already and is not overwritten"});
  }
  auto file = files_.open(unfinished, FileSystem::Mode::kCreate);
  if (!file) return fail(file.error());
  file_ = *std::move(file);
  char header[kLogHeaderBytes];
  encode_log_header(header, kLogHeaderBytes);
  if (auto done = file_->write_at(0, {header, sizeof header}); !done) return fail(done.error());
  written_ = allocated_ = kLogHeaderBytes;
  forgotten_ = kPageBytes;
  if (auto done = preallocate(written_); !done) return done;
  if (auto done = file_->sync(); !done) return fail(done.error());
  if (auto done = files_.rename(unfinished, path_); !done) return fail(done.error());
  if (auto done = files_.sync_directory(options_.directory); !done) return fail(done.error());
  name_ = name;
  auto noted = write_newest_log(files_, options_.directory, name, written_);
  if (!noted) {
    give_up_note(noted.error());
  } else {
    newest_log_ = *std::move(noted);
  }
  return Unit{};
}

// The log is what counts and can be written. A note that stays behind it vouches for too little, so
// that damage behind it could pass for an unfinished write; without one the strictest rules hold.
void LogWriter::give_up_note(const Error& error) {
  newest_log_.reset();
  log_.warn("what is durable cannot be noted beside the newest log; the log itself is written",
            {{"why", error.message}});
  if (auto removed = remove_newest_log(files_, options_.directory); !removed) {
    log_.warn("the old note on the newest log cannot be removed",
              {{"why", removed.error().message}});
  }
}

Status LogWriter::preallocate(uint64_t end) {
  if (options_.preallocated_bytes == 0 || end + kPreallocationMargin < allocated_) return Unit{};
  const uint64_t step = options_.preallocated_bytes;
  allocated_ = (end + kPreallocationMargin) / step * step + step;
  if (auto grown = file_->resize(allocated_); !grown) return fail(grown.error());
  return Unit{};
}

Status LogWriter::write_buffer() {
  if (buffer_.empty()) return Unit{};
  if (auto grown = preallocate(written_ + buffer_.size()); !grown) return grown;
  if (auto done = file_->write_at(written_, buffer_.view()); !done) return fail(done.error());
  written_ += buffer_.size();
  if (allocated_ < written_) allocated_ = written_;
  buffer_.clear();
  dirty_ = true;
  return Unit{};
}

Status LogWriter::flush() {
  if (error_) return *error_;
  return write_buffer();
}

Status LogWriter::sync() {
  if (error_) return *error_;
  if (auto written = write_buffer(); !written) return written;
  if (!dirty_) return Unit{};
  if (!options_.sync) {
    dirty_ = false;
  } else {
    if (auto synced = sync_file(); !synced) return synced;
    if (newest_log_) {
      if (auto done = note_durable(*newest_log_, name_, written_); !done)
        give_up_note(done.error());
    }
  }
  if (options_.roll_bytes != 0 && written_ > options_.roll_bytes) return roll();
  return Unit{};
}

Status LogWriter::sync_file() {
  const auto begin = std::chrono::steady_clock::now();
  auto synced = file_->sync();
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(
                        std::chrono::steady_clock::now() - begin)
                        .count();
  if (!synced) return fail(synced.error());
  dirty_ = false;
  forget_synced();
  sync_ms_.add(took);
  if (took > options_.slow_sync_ms) {
    log_.warn(
        "syncing the transaction log took long: it delays every write (see the disk; "
        "fsync.warningthresholdms)",
        {{"ms", took}, {"file", path_}});
  }
  return Unit{};
}

// A log is read at the next start at the earliest. Left in the page cache it would push out what is
// needed, and its pages would always be new ones: filling those costs several times the copy. The
// first page, for the durable end, and the last are written again.
void LogWriter::forget_synced() {
  if (written_ < forgotten_ + kForgottenBytesMin) return;
  const uint64_t end = written_ / kPageBytes * kPageBytes;
  file_->forget(forgotten_, end - forgotten_);
  forgotten_ = end;
}

// In the file itself, where it stays when the next one is the newest.
Status LogWriter::mark_durable() {
  char mark[8];
  store_be64(mark, written_);
  if (auto done = file_->write_at(kDurableEndOffset, {mark, sizeof mark}); !done) {
    return fail(done.error());
  }
  return Unit{};
}

Status LogWriter::roll() {
  if (error_) return *error_;
  if (!file_) return Unit{};
  if (auto written = write_buffer(); !written) return written;
  if (options_.sync) {
    // The records first, then the mark that vouches for them.
    if (dirty_) {
      if (auto synced = sync_file(); !synced) return synced;
    }
    if (auto marked = mark_durable(); !marked) return marked;
  }
  if (allocated_ != written_) {
    if (auto cut = file_->resize(written_); !cut) return fail(cut.error());
  }
  if (options_.sync) {
    if (auto synced = file_->sync(); !synced) return fail(synced.error());
  }
  dirty_ = false;
  file_.reset();
  return Unit{};
}

}  // namespace zookernel::file_storage
