#include "plugins/storage/file/log_format.h"

#include <libdeflate.h>

#include "zookernel/assert.h"

namespace zookernel::file_storage {
namespace {

// Java's switch `testingonly.initialZxid` begins an epoch shortly before its last counter, to test
// what happens at the end. Lost records cannot look like this: it would take four billion of them,
// all in one epoch.
constexpr uint32_t kTestStartCounter = 0xffff0000;

}  // namespace

uint32_t adler32(Bytes bytes) {
  return libdeflate_adler32(1, bytes.data(), bytes.size());
}

void encode_log_header(char* to, uint64_t durable_end) {
  store_be32(to, kLogMagic);
  store_be32(to + 4, kLogVersion);
  store_be64(to + kDurableEndOffset, durable_end);
}

void encode_record(Buffer& to, Bytes body) {
  ZOOKERNEL_ASSERT(body.size() >= kTxnHeaderBytes);
  ZOOKERNEL_ASSERT(body.size() <= kRecordBytesMax);
  char* at = to.extend(body.size() + kRecordOverheadBytes);
  store_be64(at, adler32(body));
  store_be32(at + 8, static_cast<uint32_t>(body.size()));
  std::memcpy(at + kRecordPrefixBytes, body.data(), body.size());
  at[kRecordPrefixBytes + body.size()] = kRecordEnd;
}

Order order_of(Zxid last, Zxid zxid) {
  if (zxid == last.next()) return Order::kNext;
  if (zxid == last) return Order::kRepeat;
  if (zxid < last) return Order::kBack;
  // An epoch may have no transaction at all, but its first has the counter 1 (0 where an unparsable
  // request repeated the zxid of the epoch's beginning).
  if (zxid.epoch() > last.epoch()) return zxid.counter() <= 1 ? Order::kNext : Order::kGap;
  if (last.counter() == 0 && zxid.counter() >= kTestStartCounter) return Order::kNext;
  return Order::kGap;
}

}  // namespace zookernel::file_storage
