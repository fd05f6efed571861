#include "plugins/storage/file/snapshot_reader.h"

#include <snappy.h>
#include <zlib.h>

#include <algorithm>
#include <vector>

namespace zookernel::file_storage {
namespace {

constexpr size_t kInputBytes = 256 * 1024;
constexpr std::string_view kSealEnd{"\0\0\0\1/", 5};

// Reads a file from its beginning, or from an offset.
class Source {
 public:
  Source(std::unique_ptr<File> file, std::string path)
      : file_(std::move(file)), path_(std::move(path)) {}

  Result<size_t> read(char* to, size_t count) {
    auto got = file_->read_at(offset_, to, count);
    if (got) offset_ += *got;
    return got;
  }
  // Exactly `count` bytes, or fewer at the end of the file only.
  Error damaged(Errc code, const std::string& why) const {
    return {code, "read " + path_ + ": at byte " + std::to_string(offset_) + ", " + why};
  }

 private:
  std::unique_ptr<File> file_;
  std::string path_;
  uint64_t offset_ = 0;
};

class PlainReader : public SnapshotReader {
 public:
  explicit PlainReader(Source source) : source_(std::move(source)) {}
  Result<size_t> read(char* to, size_t count) override { return source_.read(to, count); }

 private:
  Source source_;
};

class GzipReader : public SnapshotReader {
 public:
  explicit GzipReader(Source source) : source_(std::move(source)), input_(kInputBytes) {
    // 15 bits of window, 16 more for gzip's header and trailer.
    initialised_ = inflateInit2(&stream_, 15 + 16) == Z_OK;
  }
  ~GzipReader() override {
    if (initialised_) inflateEnd(&stream_);
  }
  GzipReader(const GzipReader&) = delete;
  GzipReader& operator=(const GzipReader&) = delete;

  Result<size_t> read(char* to, size_t count) override {
    if (!initialised_) return source_.damaged(Errc::kIo, "zlib cannot be started: no memory");
    stream_.next_out = reinterpret_cast<Bytef*>(to);
    stream_.avail_out = static_cast<uInt>(std::min<size_t>(count, 1u << 30));
    const size_t wanted = stream_.avail_out;
    while (!ended_ && stream_.avail_out == wanted) {
      if (stream_.avail_in == 0) {
        auto got = source_.read(input_.data(), input_.size());
        if (!got) return got.error();
        if (*got == 0)
          return source_.damaged(Errc::kTruncated, "the compressed data end too early");
        stream_.next_in = reinterpret_cast<Bytef*>(input_.data());
        stream_.avail_in = static_cast<uInt>(*got);
      }
      const int result = inflate(&stream_, Z_NO_FLUSH);
      if (result == Z_STREAM_END) {
        ended_ = true;
      } else if (result != Z_OK) {
        return source_.damaged(Errc::kCorrupt, std::string("the compressed data are damaged: ") +
                                                   (stream_.msg != nullptr ? stream_.msg : "gzip"));
      }
    }
    return wanted - stream_.avail_out;
  }

 private:
  Source source_;
  std::vector<char> input_;
  z_stream stream_{};
  bool initialised_ = false;
  bool ended_ = false;
};

class SnappyReader : public SnapshotReader {
 public:
  explicit SnappyReader(Source source) : source_(std::move(source)) {}

  Result<size_t> read(char* to, size_t count) override {
    while (given_ == chunk_.size()) {
      auto more = next_chunk();
      if (!more) return more.error();
      if (!*more) return size_t{0};
    }
    const size_t taken = std::min(count, chunk_.size() - given_);
    std::copy_n(chunk_.data() + given_, taken, to);
    given_ += taken;
    return taken;
  }

 private:
  // True when chunk_ holds the next chunk, false at the end.
  Result<bool> next_chunk() {
    char header[kXerialMagic.size() + 8];
    if (!begun_) {
      auto got = fill(header, sizeof header);
      if (!got) return got.error();
      if (*got != sizeof header || std::string_view(header, kXerialMagic.size()) != kXerialMagic) {
        return source_.damaged(Errc::kCorrupt, "this is no snappy file of xerial's format");
      }
      begun_ = true;
    }
    auto got = fill(header, 4);
    if (!got) return got.error();
    if (*got == 0) return false;
    if (*got < 4) return source_.damaged(Errc::kTruncated, "the compressed data end too early");
    const uint32_t compressed = load_be32(header);
    if (compressed == 0 || compressed > kXerialChunkBytesMax) {
      return source_.damaged(Errc::kCorrupt, "a chunk's length is impossible");
    }
    input_.resize(compressed);
    got = fill(input_.data(), compressed);
    if (!got) return got.error();
    if (*got < compressed) {
      return source_.damaged(Errc::kTruncated, "the compressed data end too early");
    }
    size_t size = 0;
    if (!snappy::GetUncompressedLength(input_.data(), compressed, &size) ||
        size > kXerialChunkBytesMax) {
      return source_.damaged(Errc::kCorrupt, "a chunk's length is impossible");
    }
    chunk_.resize(size);
    given_ = 0;
    if (!snappy::RawUncompress(input_.data(), compressed, chunk_.data())) {
      return source_.damaged(Errc::kCorrupt, "the compressed data are damaged");
    }
    return true;
  }

  Result<size_t> fill(char* to, size_t count) { return source_.read(to, count); }

  Source source_;
  std::vector<char> input_, chunk_;
  size_t given_ = 0;
  bool begun_ = false;
};

Result<std::string> head_of(FileSystem& files, const std::string& path, size_t count) {
  auto file = files.open(path, FileSystem::Mode::kRead);
  if (!file) return file.error();
  std::string head(count, '\0');
  auto got = (*file)->read_at(0, head.data(), count);
  if (!got) return got.error();
  head.resize(*got);
  return head;
}

Result<std::string> tail_of_plain(FileSystem& files, const std::string& path, size_t count) {
  auto file = files.open(path, FileSystem::Mode::kRead);
  if (!file) return file.error();
  auto size = (*file)->size();
  if (!size) return size.error();
  count = static_cast<size_t>(std::min<uint64_t>(count, *size));
  std::string tail(count, '\0');
  auto got = (*file)->read_at(*size - count, tail.data(), count);
  if (!got) return got.error();
  tail.resize(*got);
  return tail;
}

Result<std::string> tail_of(FileSystem& files, const std::string& path, Compression compression,
                            size_t count) {
  if (compression == Compression::kNone) return tail_of_plain(files, path, count);
  auto reader = open_snapshot(files, path, compression);
  if (!reader) return reader.error();
  std::vector<char> piece(kInputBytes);
  std::string tail;
  for (;;) {
    auto got = (*reader)->read(piece.data(), piece.size());
    if (!got) return got.error();
    if (*got == 0) return tail;
    tail.append(piece.data(), *got);
    if (tail.size() > count) tail.erase(0, tail.size() - count);
  }
}

}  // namespace

Result<std::unique_ptr<SnapshotReader>> open_snapshot(FileSystem& files, const std::string& path,
                                                      Compression compression) {
  auto file = files.open(path, FileSystem::Mode::kRead);
  if (!file) return file.error();
  Source source(*std::move(file), path);
  switch (compression) {
    case Compression::kGzip:
      return std::unique_ptr<SnapshotReader>(new GzipReader(std::move(source)));
    case Compression::kSnappy:
      return std::unique_ptr<SnapshotReader>(new SnappyReader(std::move(source)));
    case Compression::kNone:
      break;
  }
  return std::unique_ptr<SnapshotReader>(new PlainReader(std::move(source)));
}

Result<bool> looks_complete(FileSystem& files, const std::string& path, Compression compression) {
  constexpr size_t kPlainBytesMin = 10;
  switch (compression) {
    case Compression::kNone: {
      auto tail = tail_of_plain(files, path, kPlainBytesMin);
      if (!tail) return tail.error();
      return tail->size() == kPlainBytesMin && tail->ends_with(kSealEnd);
    }
    case Compression::kGzip: {
      auto head = head_of(files, path, 2);
      if (!head) return head.error();
      return *head == "\x1f\x8b";
    }
    case Compression::kSnappy: {
      auto head = head_of(files, path, kXerialMagic.size());
      if (!head) return head.error();
      return *head == kXerialMagic;
    }
  }
  return false;
}

Result<std::optional<Zxid>> last_zxid_inside(FileSystem& files, const std::string& path,
                                             Compression compression) {
  // Sections behind the tree's seal are told apart by where the seal before them ends:
  // lastProcessedZxid takes 21 bytes with its seal, the digest (zxid first) 33.
  constexpr size_t kLastZxidBytes = 21, kDigestBytes = 33;
  auto tail = tail_of(files, path, compression, 64);
  if (!tail) return tail.error();
  for (const size_t section : {kLastZxidBytes, kDigestBytes}) {
    if (tail->size() < section + kSealEnd.size()) continue;
    const size_t begin = tail->size() - section;
    if (std::string_view(*tail).substr(begin - kSealEnd.size(), kSealEnd.size()) != kSealEnd)
      continue;
    return std::optional<Zxid>(Zxid{static_cast<int64_t>(load_be64(tail->data() + begin))});
  }
  return std::optional<Zxid>{};
}

}  // namespace zookernel::file_storage
