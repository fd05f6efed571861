// The transaction log's bytes (FileTxnLog and FileHeader of Apache's server).
//
//   file   := header record* padding?
//   header := int magic "ZKLG" | int version 2 | long dbid
//   record := long checksum | int length | body[length] | byte 'B'
//   body   := TxnHeader txn [TxnDigest]
//   TxnHeader := long clientId | int cxid | long zxid | long time | int type
//
// Numbers are big-endian. The checksum is Adler-32 of the body. A length of 0 is padding: the file
// is made longer than its records in advance.
//
// Example, one createSession of 30,000 ms by session 0x1000 as zxid 1:
//   5a4b4c47 00000002 0000000000000010
//   00000000ssssssss 00000024 0000000000001000 00000000 0000000000000001 ... fffffff6 00007530 42
//
// dbid: Java writes 0 and reads it nowhere. We keep in it how much of the file is durable, in
// bytes: `durable_end`. It is 16 in a file of ours that is still written to, and the file's length
// once it is complete; in between newest_log.h tells. It tells an unfinished write (at or behind it)
// from damage to what was acknowledged (before it).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "zookernel/bytes.h"
#include "zookernel/ids.h"
#include "zookernel/wire/txn_order.h"

namespace zookernel::file_storage {

inline constexpr uint32_t kLogMagic = 0x5A4B4C47;
inline constexpr uint32_t kLogVersion = 2;
inline constexpr size_t kLogHeaderBytes = 16;
inline constexpr size_t kDurableEndOffset = 8;
inline constexpr size_t kRecordPrefixBytes = 12;
inline constexpr size_t kRecordOverheadBytes = kRecordPrefixBytes + 1;
inline constexpr size_t kTxnHeaderBytes = 32;
inline constexpr char kRecordEnd = 'B';
// No record is longer, whatever jute.maxbuffer says: a length beyond it is damage.
inline constexpr uint32_t kRecordBytesMax = 1u << 28;

// Adler-32 of `bytes` with the initial value 1.
[[nodiscard]] uint32_t adler32(Bytes bytes);

// Writes the kLogHeaderBytes of a header.
void encode_log_header(char* to, uint64_t durable_end);

// Appends one record. `body` is at least kTxnHeaderBytes long.
void encode_record(Buffer& to, Bytes body);

// The zxid in the TxnHeader of a body that is at least kTxnHeaderBytes long.
[[nodiscard]] inline Zxid zxid_of(const char* body) {
  return Zxid{static_cast<int64_t>(load_be64(body + 12))};
}
[[nodiscard]] inline int32_t type_of(const char* body) {
  return static_cast<int32_t>(load_be32(body + 28));
}

using wire::Order;
using wire::order_of;

}  // namespace zookernel::file_storage
