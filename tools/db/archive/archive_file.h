// The stream of entries in an archive: sdk/proto/archive.proto. Memory is that of one entry and of
// zstd's window.
#pragma once

#include <archive.pb.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "zookernel/bytes.h"
#include "zookernel/file_system.h"

struct ZSTD_CCtx_s;
struct ZSTD_DCtx_s;

namespace zookernel::db_tool {

inline constexpr std::string_view kArchiveMagic = "ZKARCHIV";
inline constexpr uint32_t kArchiveVersion = 1;
// Larger than any record of a log or znode of a snapshot may be: a length beyond it is damage.
inline constexpr size_t kEntryBytesMax = size_t{1} << 29;

// Written as PATH.tmp and renamed when it is finished; removed when it is not.
class ArchiveWriter {
 public:
  // kExists when there is such a file: archives are never overwritten.
  static Result<std::unique_ptr<ArchiveWriter>> create(FileSystem& files, const std::string& path);
  ~ArchiveWriter();
  ArchiveWriter(const ArchiveWriter&) = delete;
  ArchiveWriter& operator=(const ArchiveWriter&) = delete;

  Status write(const archive::Entry& entry);
  // Durable under its name on return.
  Status finish();

 private:
  ArchiveWriter(FileSystem& files, std::string path);
  Status compress(Bytes bytes, bool end);

  FileSystem& files_;
  const std::string path_;
  std::unique_ptr<File> file_;
  uint64_t size_ = 0;
  ZSTD_CCtx_s* context_;  // owned
  std::string scratch_;
  std::vector<char> output_;
  bool finished_ = false;
};

class ArchiveReader {
 public:
  static Result<std::unique_ptr<ArchiveReader>> open(FileSystem& files, const std::string& path);
  ~ArchiveReader();
  ArchiveReader(const ArchiveReader&) = delete;
  ArchiveReader& operator=(const ArchiveReader&) = delete;

  // False at the end of the frame, whose checksum is good then. Errors name the file.
  Result<bool> next(archive::Entry& entry);

 private:
  ArchiveReader(std::string path, std::unique_ptr<File> file);
  // True when `count` bytes are there at at_; false when the stream ended exactly at at_.
  Result<bool> need(size_t count);
  Status decompress();
  [[nodiscard]] Error damaged(const std::string& why) const;

  const std::string path_;
  std::unique_ptr<File> file_;
  uint64_t offset_ = 0;
  ZSTD_DCtx_s* context_;  // owned
  std::vector<char> input_;
  size_t input_begin_ = 0, input_end_ = 0;
  Buffer output_;
  size_t at_ = 0;
  uint64_t before_ = 0;  // uncompressed bytes before output_
  bool frame_ended_ = false;
};

}  // namespace zookernel::db_tool
