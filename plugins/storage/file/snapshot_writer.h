// Writes a snapshot file: as .tmp-snapshot.<hex>, synced, renamed, the directory synced. So a
// snapshot of ours is complete whenever its name is there.
#pragma once

#include <memory>
#include <string>

#include "plugins/storage/file/layout.h"
#include "zookernel/log.h"
#include "zookernel/storage.h"

namespace zookernel::file_storage {

// [snapshot]. `files` outlives the writer. Other files of the same zxid (another compression) are
// removed when it is finished, so that there is one truth per zxid.
Result<std::unique_ptr<SnapshotWriter>> create_snapshot(FileSystem& files, std::string directory,
                                                        Zxid zxid, Compression compression);

}  // namespace zookernel::file_storage
