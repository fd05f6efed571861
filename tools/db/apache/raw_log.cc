#include "tools/db/apache/raw_log.h"

#include <algorithm>

namespace zookernel::db_tool {

using namespace file_storage;

Result<RawLog> RawLog::open(FileSystem& files, const std::string& path) {
  auto file = files.open(path, FileSystem::Mode::kRead);
  if (!file) return file.error();
  auto size = (*file)->size();
  if (!size) return size.error();
  RawLog log(*std::move(file), *size);
  auto header = log.window_->view(0, kLogHeaderBytes);
  if (!header) return header.error();
  if (header->size() < kLogHeaderBytes || load_be32(header->data()) != kLogMagic) {
    return Error{Errc::kCorrupt, "no log"};
  }
  log.header_ = std::string(*header);
  log.at_ = kLogHeaderBytes;
  return log;
}

Result<std::optional<RawLog::Record>> RawLog::next() {
  const std::optional<Record> none;
  auto prefix = window_->view(at_, kRecordPrefixBytes);
  if (!prefix) return prefix.error();
  const uint32_t length = prefix->size() < kRecordPrefixBytes ? 0 : load_be32(prefix->data() + 8);
  if (length == 0) {
    auto clean = zeros_follow();
    if (!clean) return clean.error();
    if (!*clean) {
      trouble_ = prefix->size() < kRecordPrefixBytes
                     ? "the file ends within a record's checksum and length"
                     : "a record's length is 0, and data follow behind it";
    }
    return none;
  }
  if (length > kRecordBytesMax) {
    trouble_ = "a record's length is impossible";
    return none;
  }
  const size_t whole = length + kRecordPrefixBytes;
  auto bytes = window_->view(at_, whole + 1);
  if (!bytes) return bytes.error();
  if (bytes->size() < whole) {
    trouble_ = "the file ends within a record";
    return none;
  }
  Record record;
  record.begin = at_;
  record.checksum = load_be64(bytes->data());
  record.body = bytes->substr(kRecordPrefixBytes, length);
  record.checksum_good = record.checksum == adler32(record.body);
  record.ended = bytes->size() > whole && bytes->back() == kRecordEnd;
  at_ += whole + 1;
  return std::optional(record);
}

Result<bool> RawLog::zeros_follow() {
  constexpr size_t kChunkBytes = 1 << 20;
  for (uint64_t at = at_; at < window_->size();) {
    auto bytes = window_->view(at, kChunkBytes);
    if (!bytes) return bytes.error();
    if (bytes->empty()) break;
    if (std::any_of(bytes->begin(), bytes->end(), [](char c) { return c != 0; })) return false;
    at += bytes->size();
  }
  return true;
}

}  // namespace zookernel::db_tool
