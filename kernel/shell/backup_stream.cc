#include "kernel/shell/backup_stream.h"

#include <libdeflate.h>

#include <algorithm>

namespace zookernel::shell {
namespace {

constexpr size_t kHeadBytes = 8 + 4 + 4 * 8;
constexpr size_t kBlockHeadBytes = 1 + 4;
constexpr size_t kSumBytes = 4;
constexpr size_t kRefusalBytesMax = 1000;

void put32(std::string& to, uint32_t value) {
  char bytes[4];
  store_be32(bytes, value);
  to.append(bytes, sizeof bytes);
}
void put64(std::string& to, int64_t value) {
  char bytes[8];
  store_be64(bytes, static_cast<uint64_t>(value));
  to.append(bytes, sizeof bytes);
}
std::optional<int64_t> epoch(int64_t value) {
  return value < 0 ? std::nullopt : std::optional(value);
}
bool known(char kind) {
  return kind == 'S' || kind == 'T' || kind == 'E' || kind == 'X';
}
Error cut_off() {
  return {Errc::kIo, "the server ended the connection in the middle of the backup"};
}

}  // namespace

std::string BackupEncoder::head(const BackupHead& head) {
  std::string bytes(kBackupMagic);
  put32(bytes, kBackupVersion);
  put64(bytes, head.snapshot.value);
  put64(bytes, head.last.value);
  put64(bytes, head.epochs.accepted.value_or(-1));
  put64(bytes, head.epochs.current.value_or(-1));
  sum_ = libdeflate_crc32(0, bytes.data(), bytes.size());
  return bytes;
}

void BackupEncoder::block(BackupBlock kind, Bytes bytes, std::string& to) {
  const size_t begin = to.size();
  to += static_cast<char>(kind);
  put32(to, static_cast<uint32_t>(bytes.size()));
  sum_ = libdeflate_crc32(sum_, to.data() + begin, kBlockHeadBytes);
  sum_ = libdeflate_crc32(sum_, bytes.data(), bytes.size());
  put32(to, sum_);
  to += bytes;
}

// Makes the buffer hold `count` bytes.
Status BackupDecoder::fill(size_t count) {
  constexpr size_t kPieceBytes = size_t{1} << 20;
  while (buffer_.size() < count) {
    const size_t held = buffer_.size();
    // A length is not believed before the bytes are there.
    const size_t wanted = std::min(count - held, kPieceBytes);
    char* to = buffer_.extend(wanted);
    auto got = read_(to, wanted);
    buffer_.truncate(held + (got ? *got : 0));
    if (!got) return got.error();
    if (*got == 0) return cut_off();
  }
  return Unit{};
}

Result<BackupHead> BackupDecoder::head() {
  buffer_.clear();
  Status filled = fill(kBackupMagic.size());
  if (!filled && buffer_.empty()) return filled.error();
  if (buffer_.view() != kBackupMagic) {
    while (buffer_.size() < kRefusalBytesMax && fill(buffer_.size() + 1)) {
    }
    std::string text(buffer_.view());
    while (!text.empty() && text.back() == '\n') text.pop_back();
    return Error{Errc::kDenied, "the server answers: " + text};
  }
  if (filled = fill(kHeadBytes); !filled) return filled.error();
  if (const uint32_t version = load_be32(buffer_.data() + 8); version != kBackupVersion) {
    return Error{Errc::kUnsupported, "the server sends backups of version " +
                                         std::to_string(version) + ", and this program reads 1"};
  }
  const auto at = [this](size_t offset) {
    return static_cast<int64_t>(load_be64(buffer_.data() + offset));
  };
  sum_ = libdeflate_crc32(0, buffer_.data(), buffer_.size());
  return BackupHead{Zxid{at(12)}, Zxid{at(20)}, {epoch(at(28)), epoch(at(36))}};
}

Result<BackupDecoder::Block> BackupDecoder::next() {
  buffer_.clear();
  if (Status filled = fill(kBlockHeadBytes + kSumBytes); !filled) return filled.error();
  const char kind = buffer_.data()[0];
  const size_t size = load_be32(buffer_.data() + 1);
  const uint32_t sum = load_be32(buffer_.data() + kBlockHeadBytes);
  if (!known(kind) || size > kBackupBlockBytesMax) {
    return Error{Errc::kCorrupt, "the backup was damaged on its way: there is no such block"};
  }
  const size_t whole = kBlockHeadBytes + kSumBytes + size;
  if (Status filled = fill(whole); !filled) return filled.error();
  const Bytes bytes = buffer_.view().substr(kBlockHeadBytes + kSumBytes);
  sum_ = libdeflate_crc32(sum_, buffer_.data(), kBlockHeadBytes);
  sum_ = libdeflate_crc32(sum_, bytes.data(), bytes.size());
  if (sum != sum_) {
    return Error{Errc::kCorrupt, "the backup was damaged on its way: a checksum does not match"};
  }
  if (kind == static_cast<char>(BackupBlock::kFailed)) {
    return Error{Errc::kIo, "the server gave up: " + std::string(bytes)};
  }
  return Block{static_cast<BackupBlock>(kind), bytes};
}

}  // namespace zookernel::shell
