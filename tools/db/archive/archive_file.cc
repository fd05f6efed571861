#include "tools/db/archive/archive_file.h"

#include <zstd.h>

#include <algorithm>

namespace zookernel::db_tool {
namespace {

constexpr size_t kChunkBytes = 256 * 1024;
constexpr size_t kVarintBytesMax = 10;

std::string unfinished_name(const std::string& path) {
  return path + ".tmp";
}

std::string directory_of(const std::string& path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

}  // namespace

ArchiveWriter::ArchiveWriter(FileSystem& files, std::string path)
    : files_(files), path_(std::move(path)), context_(ZSTD_createCCtx()), output_(kChunkBytes) {
  ZSTD_CCtx_setParameter(context_, ZSTD_c_checksumFlag, 1);
}

ArchiveWriter::~ArchiveWriter() {
  ZSTD_freeCCtx(context_);
  if (finished_ || !file_) return;
  file_.reset();
  // What was written is of no use; nothing depends on its being gone.
  (void)files_.remove(unfinished_name(path_)).ok();
}

Result<std::unique_ptr<ArchiveWriter>> ArchiveWriter::create(FileSystem& files,
                                                             const std::string& path) {
  if (files.exists(path)) {
    return Error{Errc::kExists, path + " exists: name another file, or move it away"};
  }
  std::unique_ptr<ArchiveWriter> writer(new ArchiveWriter(files, path));
  auto file = files.open(unfinished_name(path), FileSystem::Mode::kCreate);
  if (!file) return file.error();
  writer->file_ = *std::move(file);
  if (Status begun = writer->compress(kArchiveMagic, false); !begun) return begun.error();
  return writer;
}

Status ArchiveWriter::write(const archive::Entry& entry) {
  scratch_.clear();
  const size_t size = entry.ByteSizeLong();
  if (size > kEntryBytesMax) {
    return Error{Errc::kUnsupported,
                 "write " + path_ + ": an entry of " + std::to_string(size) + " bytes"};
  }
  for (size_t rest = size;; rest >>= 7) {
    scratch_ += static_cast<char>(rest < 0x80 ? rest : (rest & 0x7f) | 0x80);
    if (rest < 0x80) break;
  }
  if (!entry.AppendToString(&scratch_)) {
    return Error{Errc::kUnsupported, "write " + path_ + ": an entry cannot be encoded"};
  }
  return compress(scratch_, false);
}

Status ArchiveWriter::compress(Bytes bytes, bool end) {
  ZSTD_inBuffer input{bytes.data(), bytes.size(), 0};
  for (;;) {
    ZSTD_outBuffer output{output_.data(), output_.size(), 0};
    const size_t left =
        ZSTD_compressStream2(context_, &output, &input, end ? ZSTD_e_end : ZSTD_e_continue);
    if (ZSTD_isError(left) != 0) {
      return Error{Errc::kIo, "write " + path_ + ": zstd: " + ZSTD_getErrorName(left)};
    }
    if (output.pos != 0) {
      if (Status written = file_->write_at(size_, {output_.data(), output.pos}); !written)
        return written;
      size_ += output.pos;
    }
    if (end ? left == 0 : input.pos == input.size) return Unit{};
  }
}

Status ArchiveWriter::finish() {
  if (Status ended = compress({}, true); !ended) return ended;
  if (Status synced = file_->sync(); !synced) return synced;
  if (Status named = files_.rename(unfinished_name(path_), path_); !named) return named;
  finished_ = true;
  return files_.sync_directory(directory_of(path_));
}

ArchiveReader::ArchiveReader(std::string path, std::unique_ptr<File> file)
    : path_(std::move(path)),
      file_(std::move(file)),
      context_(ZSTD_createDCtx()),
      input_(kChunkBytes) {}

ArchiveReader::~ArchiveReader() {
  ZSTD_freeDCtx(context_);
}

Result<std::unique_ptr<ArchiveReader>> ArchiveReader::open(FileSystem& files,
                                                           const std::string& path) {
  auto file = files.open(path, FileSystem::Mode::kRead);
  if (!file) return file.error();
  std::unique_ptr<ArchiveReader> reader(new ArchiveReader(path, *std::move(file)));
  auto magic = reader->need(kArchiveMagic.size());
  if (!magic) return magic.error();
  if (!*magic || Bytes(reader->output_.data(), kArchiveMagic.size()) != kArchiveMagic) {
    return reader->damaged("this is no archive");
  }
  reader->at_ = kArchiveMagic.size();
  return reader;
}

Error ArchiveReader::damaged(const std::string& why) const {
  return {Errc::kCorrupt, "read " + path_ + ": at byte " + std::to_string(before_ + at_) +
                              " of the uncompressed archive, " + why};
}

Result<bool> ArchiveReader::next(archive::Entry& entry) {
  auto some = need(1);
  if (!some) return some.error();
  if (!*some) return false;
  size_t size = 0;
  for (size_t i = 0;; ++i) {
    if (i == kVarintBytesMax) return damaged("an entry's length is impossible");
    auto there = need(i + 1);
    if (!there) return there.error();
    const auto byte = static_cast<unsigned char>(output_.data()[at_ + i]);
    if (i < 5) size |= static_cast<size_t>(byte & 0x7f) << (7 * i);
    if (byte >= 0x80) continue;
    if (i >= 5 || size > kEntryBytesMax) return damaged("an entry's length is impossible");
    at_ += i + 1;
    break;
  }
  if (size != 0) {
    auto whole = need(size);
    if (!whole) return whole.error();
    if (!*whole) return damaged("it ends before an entry does");
  }
  if (!entry.ParseFromArray(output_.data() + at_, static_cast<int>(size))) {
    return damaged("an entry is malformed");
  }
  at_ += size;
  return true;
}

Result<bool> ArchiveReader::need(size_t count) {
  while (output_.size() - at_ < count) {
    if (frame_ended_) {
      if (output_.size() == at_) return false;
      return damaged("it ends within an entry");
    }
    if (Status more = decompress(); !more) return more.error();
  }
  return true;
}

Status ArchiveReader::decompress() {
  if (at_ != 0) {
    std::memmove(output_.data(), output_.data() + at_, output_.size() - at_);
    output_.truncate(output_.size() - at_);
    before_ += at_;
    at_ = 0;
  }
  if (input_begin_ == input_end_) {
    auto got = file_->read_at(offset_, input_.data(), input_.size());
    if (!got) return got.error();
    if (*got == 0) return damaged("the compressed data end too early");
    offset_ += *got;
    input_begin_ = 0;
    input_end_ = *got;
  }
  const size_t held = output_.size();
  char* to = output_.extend(kChunkBytes);
  ZSTD_outBuffer output{to, kChunkBytes, 0};
  ZSTD_inBuffer input{input_.data() + input_begin_, input_end_ - input_begin_, 0};
  const size_t result = ZSTD_decompressStream(context_, &output, &input);
  output_.truncate(held + output.pos);
  input_begin_ += input.pos;
  if (ZSTD_isError(result) != 0) {
    return damaged(std::string("the compressed data are damaged: ") + ZSTD_getErrorName(result));
  }
  if (result != 0) return Unit{};
  frame_ended_ = true;
  // Nothing may stand behind it: every byte is accounted for.
  char byte = 0;
  auto more = file_->read_at(offset_, &byte, 1);
  if (!more) return more.error();
  if (*more != 0 || input_begin_ != input_end_) return damaged("data stand behind the archive");
  return Unit{};
}

}  // namespace zookernel::db_tool
