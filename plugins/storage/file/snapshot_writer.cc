#include "plugins/storage/file/snapshot_writer.h"

#include <snappy.h>
#include <zlib.h>

#include <algorithm>
#include <vector>

#include "plugins/storage/file/snapshot_reader.h"

namespace zookernel::file_storage {
namespace {

constexpr size_t kBufferBytes = 1 << 20;
constexpr size_t kXerialChunkBytes = 32 << 10;  // as Java's writer

// Bytes on their way to a file, in large pieces.
class Sink {
 public:
  explicit Sink(std::unique_ptr<File> file) : file_(std::move(file)) {}

  Status write(Bytes bytes) {
    if (buffer_.size() + bytes.size() > kBufferBytes) {
      if (auto flushed = flush(); !flushed) return flushed;
    }
    if (bytes.size() >= kBufferBytes) return put(bytes);
    buffer_.append(bytes);
    return Unit{};
  }
  Status sync() {
    if (auto flushed = flush(); !flushed) return flushed;
    return file_->sync();
  }

 private:
  Status flush() {
    auto done = put(buffer_.view());
    buffer_.clear();
    return done;
  }
  Status put(Bytes bytes) {
    if (bytes.empty()) return Unit{};
    auto done = file_->write_at(offset_, bytes);
    offset_ += bytes.size();
    return done;
  }

  std::unique_ptr<File> file_;
  Buffer buffer_;
  uint64_t offset_ = 0;
};

// What turns a stream of bytes into the file's bytes.
class Encoder {
 public:
  explicit Encoder(std::unique_ptr<File> file) : sink(std::move(file)) {}
  virtual ~Encoder() = default;
  virtual Status begin() { return Unit{}; }
  virtual Status write(Bytes bytes) { return sink.write(bytes); }
  virtual Status end() { return Unit{}; }

  Sink sink;
};

class GzipEncoder : public Encoder {
 public:
  explicit GzipEncoder(std::unique_ptr<File> file)
      : Encoder(std::move(file)), output_(kBufferBytes) {}
  ~GzipEncoder() override {
    if (begun_) deflateEnd(&stream_);
  }
  GzipEncoder(const GzipEncoder&) = delete;
  GzipEncoder& operator=(const GzipEncoder&) = delete;

  Status begin() override {
    constexpr int kWindowBits = 15 + 16, kMemoryLevel = 8;  // 16: with gzip's header
    begun_ = deflateInit2(&stream_, Z_DEFAULT_COMPRESSION, Z_DEFLATED, kWindowBits, kMemoryLevel,
                          Z_DEFAULT_STRATEGY) == Z_OK;
    if (!begun_) return Error{Errc::kIo, "compress a snapshot: zlib cannot be started: no memory"};
    return Unit{};
  }
  Status write(Bytes bytes) override {
    while (!bytes.empty()) {
      const size_t piece = std::min<size_t>(bytes.size(), 1u << 30);
      if (auto done = pump(bytes.substr(0, piece), Z_NO_FLUSH); !done) return done;
      bytes.remove_prefix(piece);
    }
    return Unit{};
  }
  Status end() override { return pump({}, Z_FINISH); }

 private:
  Status pump(Bytes input, int flush) {
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(input.data()));
    stream_.avail_in = static_cast<uInt>(input.size());
    int result = Z_OK;
    do {
      stream_.next_out = reinterpret_cast<Bytef*>(output_.data());
      stream_.avail_out = static_cast<uInt>(output_.size());
      result = deflate(&stream_, flush);
      ZOOKERNEL_ASSERT(result != Z_STREAM_ERROR);
      const size_t made = output_.size() - stream_.avail_out;
      if (auto done = sink.write({output_.data(), made}); !done) return done;
    } while (stream_.avail_out == 0 || (flush == Z_FINISH && result != Z_STREAM_END));
    return Unit{};
  }

  std::vector<char> output_;
  z_stream stream_{};
  bool begun_ = false;
};

class SnappyEncoder : public Encoder {
 public:
  using Encoder::Encoder;

  Status begin() override {
    char versions[8];
    store_be32(versions, 1);
    store_be32(versions + 4, 1);
    if (auto done = sink.write(kXerialMagic); !done) return done;
    return sink.write({versions, sizeof versions});
  }
  Status write(Bytes bytes) override {
    while (!bytes.empty()) {
      const size_t taken = std::min(bytes.size(), kXerialChunkBytes - pending_.size());
      pending_.append(bytes.substr(0, taken));
      bytes.remove_prefix(taken);
      if (pending_.size() < kXerialChunkBytes) break;
      if (auto done = end(); !done) return done;
    }
    return Unit{};
  }
  Status end() override {
    if (pending_.empty()) return Unit{};
    size_t size = 0;
    compressed_.resize(4 + snappy::MaxCompressedLength(pending_.size()));
    snappy::RawCompress(pending_.data(), pending_.size(), compressed_.data() + 4, &size);
    store_be32(compressed_.data(), static_cast<uint32_t>(size));
    pending_.clear();
    return sink.write({compressed_.data(), 4 + size});
  }

 private:
  std::string pending_;
  std::vector<char> compressed_;
};

std::unique_ptr<Encoder> make_encoder(Compression compression, std::unique_ptr<File> file) {
  switch (compression) {
    case Compression::kGzip:
      return std::make_unique<GzipEncoder>(std::move(file));
    case Compression::kSnappy:
      return std::make_unique<SnappyEncoder>(std::move(file));
    case Compression::kNone:
      break;
  }
  return std::make_unique<Encoder>(std::move(file));
}

class FileSnapshotWriter : public SnapshotWriter {
 public:
  FileSnapshotWriter(FileSystem& files, std::string directory, Zxid zxid, std::string name,
                     std::string unfinished, std::unique_ptr<Encoder> encoder)
      : files_(files),
        directory_(std::move(directory)),
        zxid_(zxid),
        name_(std::move(name)),
        unfinished_(std::move(unfinished)),
        encoder_(std::move(encoder)) {}

  ~FileSnapshotWriter() override {
    if (renamed_) return;
    encoder_.reset();
    // It is no snapshot by its name, and recovery removes it too.
    (void)files_.remove(unfinished_);
  }

  Status write(Bytes bytes) override {
    if (error_) return *error_;
    return keep(encoder_->write(bytes));
  }

  Status finish() override {
    if (error_) return *error_;
    if (auto done = keep(encoder_->end()); !done) return done;
    if (auto done = keep(encoder_->sink.sync()); !done) return done;
    if (auto done = keep(files_.rename(unfinished_, join(directory_, name_))); !done) return done;
    renamed_ = true;
    if (auto done = keep(remove_others()); !done) return done;
    return keep(files_.sync_directory(directory_));
  }

 private:
  Status remove_others() {
    for (const auto other : {Compression::kNone, Compression::kGzip, Compression::kSnappy}) {
      const std::string name = snapshot_name(zxid_, other);
      const std::string path = join(directory_, name);
      if (name == name_ || !files_.exists(path)) continue;
      if (auto removed = files_.remove(path); !removed) return removed;
    }
    return Unit{};
  }
  Status keep(Status status) {
    if (!status) error_ = status.error();
    return status;
  }

  FileSystem& files_;
  const std::string directory_;
  const Zxid zxid_;
  const std::string name_, unfinished_;
  std::unique_ptr<Encoder> encoder_;
  bool renamed_ = false;
  std::optional<Error> error_;
};

}  // namespace

Result<std::unique_ptr<SnapshotWriter>> create_snapshot(FileSystem& files, std::string directory,
                                                        Zxid zxid, Compression compression) {
  std::string name = snapshot_name(zxid, compression);
  std::string unfinished = join(directory, std::string(kUnfinishedPrefix) + name);
  auto file = files.open(unfinished, FileSystem::Mode::kCreate);
  if (!file) return file.error();
  auto encoder = make_encoder(compression, *std::move(file));
  Encoder& started = *encoder;
  std::unique_ptr<SnapshotWriter> writer =
      std::make_unique<FileSnapshotWriter>(files, std::move(directory), zxid, std::move(name),
                                           std::move(unfinished), std::move(encoder));
  if (auto begun = started.begin(); !begun) return begun.error();
  return writer;
}

}  // namespace zookernel::file_storage
