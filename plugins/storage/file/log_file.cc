#include "plugins/storage/file/log_file.h"

#include <algorithm>

namespace zookernel::file_storage {
namespace {

constexpr size_t kWindowBytes = 1 << 20;
constexpr uint64_t kSectorBytes = 512;
// How much of a file may be summed up in the search for valid records: user data can be made to
// look like the beginnings of long records.
constexpr uint64_t kSearchBytesMax = uint64_t{1} << 30;
// Behind the durable end of a file of ours nothing was acknowledged; only so much of its padding is
// looked at.
constexpr uint64_t kPaddingBytesLookedAt = 64 * 1024;
// Types of transactions lie well within these, also those of releases to come.
constexpr int32_t kTypeMin = -32, kTypeMax = 256;

// The offset of the first byte that is not zero, or bytes.size().
size_t first_nonzero(Bytes bytes) {
  size_t at = 0;
  for (; at + 8 <= bytes.size(); at += 8) {
    uint64_t word;
    std::memcpy(&word, bytes.data() + at, sizeof word);
    if (word != 0) break;
  }
  while (at < bytes.size() && bytes[at] == 0) ++at;
  return at;
}

}  // namespace

Result<Bytes> FileWindow::view(uint64_t offset, size_t count) {
  if (offset >= size_) return Bytes{};
  count = static_cast<size_t>(std::min<uint64_t>(count, size_ - offset));
  if (offset < begin_ || offset + count > begin_ + buffer_.size()) {
    if (auto loaded = load(offset, std::max(count, kWindowBytes)); !loaded) return loaded.error();
    // The file became shorter than it was when it was opened.
    if (offset + count > begin_ + buffer_.size()) count = buffer_.size();
  }
  return Bytes{buffer_.data() + (offset - begin_), count};
}

Status FileWindow::load(uint64_t offset, size_t count) {
  // What the window has already is moved, not read again.
  size_t kept = 0;
  if (offset >= begin_ && offset < begin_ + buffer_.size()) {
    kept = static_cast<size_t>(begin_ + buffer_.size() - offset);
    std::memmove(buffer_.data(), buffer_.data() + (buffer_.size() - kept), kept);
  }
  buffer_.truncate(kept);
  begin_ = offset;
  if (kept >= count) return Unit{};
  char* to = buffer_.extend(count - kept);
  auto got = file_->read_at(offset + kept, to, count - kept);
  if (!got) {
    buffer_.clear();
    return got.error();
  }
  buffer_.truncate(kept + *got);
  return Unit{};
}

Result<std::unique_ptr<LogFile>> LogFile::open(FileSystem& files, std::string path) {
  auto note = read_newest_log(files, path.substr(0, path.rfind('/')));
  if (!note) return note.error();
  return open(files, std::move(path), *note);
}

Result<std::unique_ptr<LogFile>> LogFile::open(FileSystem& files, std::string path,
                                               const std::optional<NewestLog>& note) {
  auto file = files.open(path, FileSystem::Mode::kRead);
  if (!file) return file.error();
  auto size = (*file)->size();
  if (!size) return size.error();
  std::unique_ptr<LogFile> log(new LogFile(std::move(path), *std::move(file), *size));
  auto header = log->window_.view(0, kLogHeaderBytes);
  if (!header) return header.error();
  if (header->size() < kLogHeaderBytes) {
    return Error{Errc::kTruncated, "read " + log->path_ + ": the file ends at byte " +
                                       std::to_string(header->size()) +
                                       ", before the end of its 16-byte header"};
  }
  if (load_be32(header->data()) != kLogMagic) {
    return Error{
        Errc::kCorrupt,
        "read " + log->path_ + ": at byte 0 \"ZKLG\" is expected: this is no transaction log."};
  }
  log->durable_end_ = load_be64(header->data() + kDurableEndOffset);
  // Whatever another program may have put there, it is not ours. The header's length alone says
  // that the file was being written to: only the note can tell more.
  if (log->durable_end_ <= kLogHeaderBytes || log->durable_end_ > uint64_t{1} << 48) {
    log->durable_end_ = 0;
  }
  if (note && note->log.name == log->path_.substr(log->path_.rfind('/') + 1)) {
    log->durable_end_ = std::max(log->durable_end_, note->durable_end);
  }
  return log;
}

Result<std::optional<LogFile::Record>> LogFile::next() {
  auto prefix = window_.view(position_, kRecordPrefixBytes);
  if (!prefix) return prefix.error();
  if (prefix->size() < kRecordPrefixBytes) {
    if (first_nonzero(*prefix) == prefix->size()) return end_or_padding();
    return fail("the file ends within its checksum and length", 0);
  }
  const uint64_t checksum = load_be64(prefix->data());
  const uint32_t length = load_be32(prefix->data() + 8);
  if (length == 0) return end_or_padding();
  const uint64_t whole = uint64_t{length} + kRecordOverheadBytes;
  if (length > kRecordBytesMax) return fail("its length is impossible", 0);
  const uint64_t claimed_end = position_ + whole;
  if (claimed_end > window_.size()) return fail("the file ends within it", claimed_end);
  auto bytes = window_.view(position_, static_cast<size_t>(whole));
  if (!bytes) return bytes.error();
  if (bytes->size() < whole) return fail("the file ends within it", claimed_end);
  const Bytes body = bytes->substr(kRecordPrefixBytes, length);
  if (bytes->back() != kRecordEnd) return fail("its end byte is missing", claimed_end);
  if (checksum != adler32(body)) return fail("its checksum does not match", claimed_end);
  if (length < kTxnHeaderBytes) return fail("it is too short for a transaction", claimed_end);
  position_ = claimed_end;
  return std::optional<Record>(Record{zxid_of(body.data()), body});
}

Result<std::optional<LogFile::Record>> LogFile::fail(std::string fault, uint64_t claimed_end) {
  end_ = {position_, std::move(fault), claimed_end};
  return std::optional<Record>{};
}

// A length of 0, or the end of the file: is there really nothing more?
Result<std::optional<LogFile::Record>> LogFile::end_or_padding() {
  uint64_t limit = window_.size();
  if (durable_end_ != 0 && position_ >= durable_end_) {
    limit = std::min(limit, position_ + kPaddingBytesLookedAt);
  }
  auto zeros = zeros_from(position_, limit);
  if (!zeros) return zeros.error();
  return fail(*zeros ? "" : "its length is 0 and data follow", 0);
}

Result<bool> LogFile::zeros_from(uint64_t offset, uint64_t limit) {
  while (offset < limit) {
    auto bytes =
        window_.view(offset, static_cast<size_t>(std::min<uint64_t>(kWindowBytes, limit - offset)));
    if (!bytes) return bytes.error();
    if (bytes->empty()) break;
    if (first_nonzero(*bytes) != bytes->size()) return false;
    offset += bytes->size();
  }
  return true;
}

Result<std::optional<LogFile::Found>> LogFile::find_valid(uint64_t offset, Zxid above) {
  constexpr size_t kHeadBytes = kRecordPrefixBytes + kTxnHeaderBytes;
  uint64_t summed = 0;
  for (uint64_t at = offset + 1; at + kHeadBytes < window_.size(); ++at) {
    auto bytes = window_.view(at, kWindowBytes / 2);
    if (!bytes) return bytes.error();
    if (bytes->size() < kHeadBytes) break;
    // All candidates of this view, as long as none needs bytes from beyond it.
    const size_t last = bytes->size() - kHeadBytes;
    size_t i = 0;
    std::optional<uint64_t> candidate;
    for (; i <= last; ++i) {
      const char* head = bytes->data() + i;
      if (load_be32(head) != 0) continue;
      const uint32_t length = load_be32(head + 8);
      if (length == 0 && load_be32(head + 4) == 0) {
        // Padding: the next record begins at most 11 bytes before the next byte that is not zero.
        const size_t zeros = first_nonzero(bytes->substr(i));
        if (zeros > kRecordPrefixBytes) i += zeros - kRecordPrefixBytes;
        continue;
      }
      if (length < kTxnHeaderBytes || length > kRecordBytesMax) continue;
      if (at + i + length + kRecordOverheadBytes > window_.size()) continue;
      if (zxid_of(head + kRecordPrefixBytes) <= above) continue;
      const int32_t type = type_of(head + kRecordPrefixBytes);
      if (type < kTypeMin || type > kTypeMax) continue;
      candidate = at + i;
      break;
    }
    if (!candidate) {
      at += std::min(i, last);
      continue;
    }
    at = *candidate;
    auto head = window_.view(at, kHeadBytes);
    if (!head) return head.error();
    const uint64_t checksum = load_be64(head->data());
    const size_t length = load_be32(head->data() + 8);
    summed += length;
    if (summed > kSearchBytesMax) {
      return Error{Errc::kCorrupt, "read " + path_ + ": damaged at byte " + std::to_string(offset) +
                                       ", and what follows takes too long to examine"};
    }
    auto record = window_.view(at, length + kRecordOverheadBytes);
    if (!record) return record.error();
    if (record->size() < length + kRecordOverheadBytes || record->back() != kRecordEnd) continue;
    const Bytes body = record->substr(kRecordPrefixBytes, length);
    if (checksum != adler32(body)) continue;
    return std::optional<Found>(Found{at, zxid_of(body.data())});
  }
  return std::optional<Found>{};
}

Result<std::optional<LogFile::Damaged>> LogFile::damaged_when_whole() {
  std::optional<Damaged> damaged;
  const uint64_t at = end_.offset;
  const uint64_t claimed = end_.claimed_end;
  if (claimed != 0 && claimed <= window_.size() &&
      claimed - at >= kTxnHeaderBytes + kRecordOverheadBytes) {
    auto bytes = window_.view(at, static_cast<size_t>(claimed - at));
    if (!bytes) return bytes.error();
    const char last = bytes->back();
    const Bytes body = bytes->substr(kRecordPrefixBytes, bytes->size() - kRecordOverheadBytes);
    const Zxid zxid = zxid_of(body.data());
    // A lost sector leaves a zero there, never another letter.
    if (last != 0 && last != kRecordEnd && load_be64(bytes->data()) == adler32(body)) {
      damaged = Damaged{"all of it is right but its end byte", zxid, claimed};
    } else if (last == kRecordEnd) {
      auto explained = lost_sectors_explain(at, claimed);
      if (!explained) return explained.error();
      if (!*explained) damaged = Damaged{"it was written to its end byte", zxid, claimed};
    }
    if (damaged) return damaged;
  }
  auto end = end_that_fits_checksum();
  if (!end) return end.error();
  if (*end == 0) return damaged;
  auto head = window_.view(at, kRecordPrefixBytes + kTxnHeaderBytes);
  if (!head) return head.error();
  return std::optional(Damaged{"its checksum fits another length",
                               zxid_of(head->data() + kRecordPrefixBytes), *end});
}

// Sums up what follows the prefix and compares at each byte that may be an end byte; 0 when none
// fits.
Result<uint64_t> LogFile::end_that_fits_checksum() {
  constexpr uint32_t kAdlerModulus = 65521;
  auto prefix = window_.view(end_.offset, kRecordPrefixBytes);
  if (!prefix) return prefix.error();
  if (prefix->size() < kRecordPrefixBytes) return uint64_t{0};
  const uint64_t checksum = load_be64(prefix->data());
  const uint64_t begin = end_.offset + kRecordPrefixBytes;
  const uint64_t limit = std::min<uint64_t>(window_.size(), begin + kRecordBytesMax + 1);
  uint32_t a = 1, b = 0;
  for (uint64_t at = begin; at < limit;) {
    auto bytes =
        window_.view(at, static_cast<size_t>(std::min<uint64_t>(kWindowBytes, limit - at)));
    if (!bytes) return bytes.error();
    if (bytes->empty()) break;
    for (size_t i = 0; i < bytes->size(); ++i) {
      const char byte = (*bytes)[i];
      if (byte == kRecordEnd && at + i >= begin + kTxnHeaderBytes &&
          checksum == ((uint64_t{b} << 16) | a)) {
        return at + i + 1;
      }
      a = (a + static_cast<unsigned char>(byte)) % kAdlerModulus;
      b = (b + a) % kAdlerModulus;
    }
    at += bytes->size();
  }
  return uint64_t{0};
}

Result<bool> LogFile::lost_sectors_explain(uint64_t from, uint64_t to) {
  // A lost sector ends before the good record's checksum, whose first four bytes are zero anyway.
  // Of the sector that holds `from` only the part behind it is new; four bytes or less of a
  // record's beginning are always zero.
  constexpr uint64_t kAlwaysZero = 4;
  for (uint64_t sector = from / kSectorBytes * kSectorBytes;
       sector + kSectorBytes <= to + kAlwaysZero; sector += kSectorBytes) {
    const uint64_t begin = std::max(sector, from);
    if (sector + kSectorBytes - begin <= kAlwaysZero) continue;
    auto lost = zeros_from(begin, sector + kSectorBytes);
    if (!lost) return lost.error();
    if (*lost) return true;
  }
  return false;
}

}  // namespace zookernel::file_storage
