// Tells damage in the write-ahead log from an unfinished write. SQLite reads the log up to the
// first frame that does not check out, and takes that for its end: what was acknowledged behind it
// would be gone in silence wherever data.db-mark, which is not synced each time, does not know
// better.
//
//   file  := header frame*
//   header:= magic | version | page size | sequence | salt1 | salt2 | sum1 | sum2     (longs of 4)
//   frame := page | size of the database, in a transaction's last frame, else 0
//            | salt1 | salt2 | sum1 | sum2 | page's bytes
//
// The sum of a frame goes on from that of the frame before; frames of an earlier round have other
// salts. No interrupted write leaves a frame with one turned bit, wherever it is: such a frame is
// damaged, and not unfinished. So is a header that does not check out when frames follow: it is
// synced before them. (That good frames follow a bad one says nothing: a snapshot's transactions
// are not synced one by one.)
#pragma once

#include <string>

#include "zookernel/file_system.h"
#include "zookernel/result.h"

namespace zookernel::sqlite_storage {

// kCorrupt names file, byte and what to do. A missing or empty file is fine.
Status check_write_ahead_log(FileSystem& files, const std::string& path);

}  // namespace zookernel::sqlite_storage
