#include "plugins/storage/sqlite/wal_check.h"

#include <bit>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "zookernel/bytes.h"

namespace zookernel::sqlite_storage {
namespace {

constexpr size_t kHeaderBytes = 32, kFrameHeaderBytes = 24;
constexpr uint32_t kMagicLittle = 0x377f0682, kMagicBig = 0x377f0683;
constexpr uint32_t kPageBytesMin = 512, kPageBytesMax = 65536;

struct Sum {
  uint32_t a = 0, b = 0;
  bool operator==(const Sum&) const = default;
};

uint32_t word_at(const char* from, bool big) {
  const uint32_t word = load_be32(from);
  return big ? word : __builtin_bswap32(word);
}

Sum add(Sum sum, Bytes bytes, bool big) {
  for (size_t i = 0; i + 8 <= bytes.size(); i += 8) {
    sum.a += word_at(bytes.data() + i, big) + sum.b;
    sum.b += word_at(bytes.data() + i + 4, big) + sum.a;
  }
  return sum;
}

int bits_apart(uint32_t a, uint32_t b, uint32_t c, uint32_t d) {
  return std::popcount(a ^ b) + std::popcount(c ^ d);
}

// Sums are linear: could one turned bit in the summed bytes make the difference? Backwards from the
// last pair of words, the weight of each pair is known.
bool one_bit_explains(Sum found, Sum wanted, size_t summed_bytes) {
  const Sum difference{wanted.a - found.a, wanted.b - found.b};
  Sum first{1, 1}, second{0, 1};  // weights of a pair's words
  for (size_t left = summed_bytes / 8; left > 0; --left) {
    for (const Sum& weight : {first, second}) {
      for (int bit = 0; bit < 32; ++bit) {
        const Sum up{weight.a << bit, weight.b << bit};
        if (up == difference || Sum{0 - up.a, 0 - up.b} == difference) return true;
      }
    }
    for (Sum* weight : {&first, &second}) {
      weight->a += weight->b;
      weight->b += weight->a;
    }
  }
  return false;
}

class Log {
 public:
  Log(std::string path, std::unique_ptr<File> file, uint64_t size)
      : path_(std::move(path)), file_(std::move(file)), size_(size) {}

  Status check() {
    if (size_ < kHeaderBytes) return Unit{};
    auto header = read(0, kHeaderBytes);
    if (!header) return header.error();
    const char* at = header->data();
    const uint32_t magic = load_be32(at);
    page_bytes_ = load_be32(at + 8);
    big_ = magic == kMagicBig;
    salts_ = {load_be32(at + 16), load_be32(at + 20)};
    Sum sum = add({}, header->substr(0, 24), big_);
    const bool good = (magic == kMagicLittle || big_) && page_bytes_ >= kPageBytesMin &&
                      page_bytes_ <= kPageBytesMax && std::has_single_bit(page_bytes_) &&
                      sum == Sum{load_be32(at + 24), load_be32(at + 28)};
    if (!good) {
      if (size_ < kHeaderBytes + kFrameHeaderBytes + kPageBytesMin) return Unit{};
      return damaged(0, "its header does not check out, and frames follow");
    }
    return check_frames(sum);
  }

 private:
  struct Frame {
    Sum salts, stored;
    Sum sum;  // as the bytes and the frame before have it
  };

  Status check_frames(Sum before) {
    uint64_t at = kHeaderBytes;
    for (; at + frame_bytes() <= size_; at += frame_bytes()) {
      auto frame = read_frame(at, before);
      if (!frame) return frame.error();
      if (frame->salts == salts_ && frame->sum == frame->stored) {
        before = frame->stored;
        continue;
      }
      return judge(at, *frame);
    }
    return Unit{};
  }

  // The frame at `at` is the first that does not check out.
  Status judge(uint64_t at, const Frame& bad) {
    const int salt_bits = bits_apart(bad.salts.a, salts_.a, bad.salts.b, salts_.b);
    if (salt_bits == 1) return damaged(at, "one bit of its salts is turned");
    if (salt_bits == 0) {
      if (bits_apart(bad.sum.a, bad.stored.a, bad.sum.b, bad.stored.b) == 1)
        return damaged(at, "one bit of its checksum is turned");
      if (one_bit_explains(bad.sum, bad.stored, 8 + page_bytes_))
        return damaged(at, "one turned bit explains its checksum");
    }
    return Unit{};
  }

  Result<Frame> read_frame(uint64_t at, Sum before) {
    auto bytes = read(at, frame_bytes());
    if (!bytes) return bytes.error();
    const char* from = bytes->data();
    Frame frame{{load_be32(from + 8), load_be32(from + 12)},
                {load_be32(from + 16), load_be32(from + 20)},
                {}};
    frame.sum = add(add(before, bytes->substr(0, 8), big_), bytes->substr(kFrameHeaderBytes), big_);
    return frame;
  }

  Result<Bytes> read(uint64_t at, size_t count) {
    buffer_.resize(count);
    auto got = file_->read_at(at, buffer_.data(), count);
    if (!got) return got.error();
    if (*got < count) return Error{Errc::kTruncated, "read " + path_ + ": it became shorter"};
    return Bytes{buffer_.data(), count};
  }

  [[nodiscard]] Error damaged(uint64_t at, const std::string& why) const {
    return {Errc::kCorrupt,
            "read " + path_ + ": at byte " + std::to_string(at) + " it is damaged (" + why +
                "), and SQLite would take that for its end. Acknowledged transactions would be "
                "lost, so nothing is served. Restore the database from a backup; or, in an "
                "ensemble, move this server's files away so that it copies the leader's data; or, "
                "to give up what follows, remove this file and data.db-mark"};
  }
  [[nodiscard]] size_t frame_bytes() const { return kFrameHeaderBytes + page_bytes_; }

  const std::string path_;
  std::unique_ptr<File> file_;
  const uint64_t size_;
  uint32_t page_bytes_ = 0;
  bool big_ = false;
  Sum salts_;
  std::vector<char> buffer_;
};

}  // namespace

Status check_write_ahead_log(FileSystem& files, const std::string& path) {
  if (!files.exists(path)) return Unit{};
  auto file = files.open(path, FileSystem::Mode::kRead);
  if (!file) return file.error();
  auto size = (*file)->size();
  if (!size) return size.error();
  return Log(path, *std::move(file), *size).check();
}

}  // namespace zookernel::sqlite_storage
