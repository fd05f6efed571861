// fuzz-libs: zookernel::proto
// Records of the log as protobuf messages: whatever they hold, they come back byte for byte. And any bytes as a message:
// whatever it says, it turns into a record without harm.

#include <cstddef>
#include <cstdint>
#include <string>

#include "zookernel/assert.h"
#include "zookernel/proto/txn_codec.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace zookernel;
  const Bytes in(reinterpret_cast<const char*>(data), size);
  txn::Transaction message;
  Buffer scratch, out;
  if (txn::from_record(in, message, scratch)) {
    txn::Transaction read;
    const bool parsed = read.ParseFromString(message.SerializeAsString());
    ZOOKERNEL_ASSERT(parsed);
    const bool written = txn::to_record(read, out).ok();
    ZOOKERNEL_ASSERT(written);
    ZOOKERNEL_ASSERT(out.view() == in);
    (void)txn::paths_of(read);
  }
  txn::Transaction foreign;
  if (foreign.ParseFromArray(data, static_cast<int>(size))) {
    out.clear();
    (void)txn::to_record(foreign, out).ok();
    (void)txn::paths_of(foreign);
  }
  return 0;
}
