#include "tools/db/log_scan.h"

#include <vector>

#include "zookernel/log.h"
#include "zookernel/wire/records/txn.h"

namespace zookernel::db_tool {

using file_storage::kLogHeaderBytes;
using file_storage::LogFile;
using file_storage::Order;

Result<LogScan> LogScan::open(FileSystem& files, const std::string& path) {
  LogScan scan(files, path);
  auto file = files.open(path, FileSystem::Mode::kRead);
  if (!file) return file.error();
  auto size = (*file)->size();
  if (!size) return size.error();
  scan.size_ = *size;
  auto log = LogFile::open(files, path);
  if (log) {
    scan.log_ = *std::move(log);
    if (Status looked = scan.look_at_header(**file); !looked) return looked.error();
  } else if (log.error().code == Errc::kTruncated) {
    scan.header_trouble_ = "the file ends within its header";
  } else if (log.error().code == Errc::kCorrupt) {
    scan.header_trouble_ = "it does not begin with ZKLG: this is no transaction log";
  } else {
    return log.error();
  }
  return scan;
}

Status LogScan::look_at_header(File& file) {
  char header[kLogHeaderBytes];
  auto got = file.read_at(0, header, sizeof header);
  if (!got) return got.error();
  if (*got < sizeof header) return Error{Errc::kTruncated, "read " + path_ + ": it became shorter"};
  const uint32_t version = load_be32(header + 4);
  if (version != file_storage::kLogVersion) {
    odd_header_ = "its version is " + std::to_string(version) + " instead of 2";
  }
  mark_ = load_be64(header + file_storage::kDurableEndOffset);
  mark_met_ = mark_ == kLogHeaderBytes;
  return Unit{};
}

Result<std::optional<LogPiece>> LogScan::next() {
  if (!log_) {
    if (at_ >= size_) return std::optional<LogPiece>{};
    return std::optional(unreadable(0, size_, header_trouble_));
  }
  if (at_ == 0) {
    at_ = kLogHeaderBytes;
    LogPiece header;
    header.end = kLogHeaderBytes;
    header.why = odd_header_;
    return std::optional(std::move(header));
  }
  if (at_ >= size_) return std::optional<LogPiece>{};
  if (zeros_follow_) {
    LogPiece piece{LogPiece::Kind::kPadding, at_, size_, {}, {}, {}};
    at_ = size_;
    return std::optional(std::move(piece));
  }
  auto record = log_->next();
  if (!record) return record.error();
  if (!*record) return behind_records();

  LogPiece piece{LogPiece::Kind::kRecord, at_, log_->position(), (*record)->zxid,
                 (*record)->body,         {}};
  at_ = piece.end;
  wire::Reader reader(piece.body);
  wire::TxnView txn;
  if (!read(reader, txn)) {
    return std::optional(unreadable(
        piece.begin, piece.end,
        "its checksum is good, but transaction " + hex(piece.zxid.value) + " is not understood"));
  }
  if (last_) {
    const Order order = file_storage::order_of(*last_, piece.zxid);
    // Behind what cannot be read a gap is no news.
    piece.out_of_order = (order == Order::kGap && !skipped_) || order == Order::kBack;
    if (piece.out_of_order) {
      piece.why = hex(piece.zxid.value) + " follows " + hex(last_->value) +
                  (order == Order::kGap ? ": those between are missing" : ": it goes back");
    }
  }
  last_ = piece.zxid;
  skipped_ = false;
  mark_met_ = mark_met_ || piece.end == mark_;
  return std::optional(std::move(piece));
}

LogPiece LogScan::unreadable(uint64_t begin, uint64_t end, std::string why) {
  at_ = end;
  skipped_ = true;
  LogPiece piece{LogPiece::Kind::kUnreadable, begin, end, {}, {}, std::move(why)};
  piece.at_end = end == size_ || zeros_follow_;
  return piece;
}

Result<std::optional<LogPiece>> LogScan::behind_records() {
  const std::string fault = log_->end().fault;
  auto data_end = end_of_data(at_);
  if (!data_end) return data_end.error();
  if (fault.empty() && *data_end == at_) {
    zeros_follow_ = true;
    return next();
  }
  auto found = log_->find_valid(at_, last_.value_or(Zxid{}));
  if (!found) return found.error();
  const std::string why =
      fault.empty() ? "behind the padding data follow" : "the record is damaged: " + fault;
  if (!*found) {
    zeros_follow_ = *data_end < size_;
    // A record that ends in zeros may be cut off anywhere in them.
    const uint64_t end = std::max(*data_end, std::min(size_, at_ + 1));
    return std::optional(unreadable(at_, end, why));
  }
  log_->resume((*found)->offset);
  LogPiece piece = unreadable(at_, (*found)->offset, why);
  piece.at_end = false;
  return std::optional(std::move(piece));
}

// Behind the last byte that is not zero, or `from`.
Result<uint64_t> LogScan::end_of_data(uint64_t from) {
  constexpr size_t kChunkBytes = 1 << 20;
  auto file = files_->open(path_, FileSystem::Mode::kRead);
  if (!file) return file.error();
  std::vector<char> chunk(kChunkBytes);
  uint64_t end = size_;
  while (end > from) {
    const uint64_t begin = end - from > kChunkBytes ? end - kChunkBytes : from;
    auto got = (*file)->read_at(begin, chunk.data(), static_cast<size_t>(end - begin));
    if (!got) return got.error();
    for (size_t i = *got; i > 0; --i) {
      if (chunk[i - 1] != 0) return begin + i;
    }
    end = begin;
  }
  return from;
}

}  // namespace zookernel::db_tool
