// The manifest.
#include "plugins/storage/file/file_storage.h"

ZOOKERNEL_INNER_PLUGIN("org.zookernel.storage.file", "1.0", zookernel::file_storage::FileStorage,
                       "file", zookernel::file_storage::kOptions)
