#include "plugins/storage/file/log_format.h"

#include <libdeflate.h>

#include "zookernel/assert.h"

namespace zookernel::file_storage {
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

}  // namespace zookernel::file_storage
