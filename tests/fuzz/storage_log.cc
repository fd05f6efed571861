// fuzz-libs: plugin_storage_file_code
// The log reader over any bytes as log.1: no crash, no endless loop, and what it hands out is in
// order and was in the file.
#include <cstddef>
#include <cstdint>

#include "plugins/storage/file/log_reader.h"
#include "tests/simulation/one_file.h"
#include "zookernel/assert.h"

namespace {

class Quiet : public zookernel::Logger {
 public:
  void write(zookernel::LogLevel, std::string_view, Fields) override {}
  [[nodiscard]] bool enabled(zookernel::LogLevel) const override { return false; }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace zookernel;
  const Bytes bytes(reinterpret_cast<const char*>(data), size);
  sim::OneFile files("/d/log.1", bytes);
  Quiet log;
  for (const int64_t from : {int64_t{1}, int64_t{20}}) {
    file_storage::LogReader reader(files, "/d", {{Zxid{1}, "log.1"}}, {}, Zxid{from}, log);
    bool ended = false;
    reader.on_end([&](const file_storage::LogTail& tail) {
      ended = true;
      ZOOKERNEL_ASSERT(tail.good_end <= size);
    });
    Zxid last{from - 1};
    for (;;) {
      auto record = reader.next();
      ZOOKERNEL_ASSERT(record || !record.error().message.empty());
      if (!record || !*record) {
        ZOOKERNEL_ASSERT(ended == record.ok());
        break;
      }
      ZOOKERNEL_ASSERT((*record)->zxid >= last);
      ZOOKERNEL_ASSERT(bytes.find((*record)->body) != Bytes::npos);
      last = (*record)->zxid;
    }
  }
  return 0;
}
