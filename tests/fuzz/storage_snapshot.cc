// fuzz-libs: plugin_storage_file_code
// The readers of snapshot files over any bytes, in each compression: no crash, no endless loop, a
// limited amount of output.
#include <cstddef>
#include <cstdint>

#include "plugins/storage/file/snapshot_reader.h"
#include "tests/simulation/one_file.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace zookernel;
  using namespace zookernel::file_storage;
  constexpr size_t kOutputMax =
      64
      << 20;  // A few bytes of gzip may stand for gigabytes: the caller stops when it has enough.
  sim::OneFile files("/d/snapshot.1", Bytes(reinterpret_cast<const char*>(data), size));
  for (const auto compression : {Compression::kNone, Compression::kGzip, Compression::kSnappy}) {
    (void)looks_complete(files, "/d/snapshot.1", compression);
    auto reader = open_snapshot(files, "/d/snapshot.1", compression);
    if (!reader) continue;
    char piece[4096];
    for (size_t given = 0; given < kOutputMax;) {
      auto got = (*reader)->read(piece, sizeof piece);
      if (!got || *got == 0) break;
      given += *got;
    }
  }
  return 0;
}
