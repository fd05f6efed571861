// What a path on the command line stands for.
#pragma once

#include <string>

#include "plugins/storage/file/layout.h"
#include "zookernel/file_system.h"

namespace zookernel::db_tool {

enum class FileKind { kLog, kSnapshot, kDirectory, kOther };

// By the first bytes; of compressed files by the name. Errors name the path.
Result<FileKind> kind_of_file(FileSystem& files, const std::string& path);

// As Java chooses it: by what stands behind the last dot, in any case.
[[nodiscard]] file_storage::Compression compression_of(const std::string& path);

// As Java's messages name a file.
[[nodiscard]] std::string absolute_path(const std::string& path);

}  // namespace zookernel::db_tool
