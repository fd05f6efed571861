// The digest by which servers compare their trees: the sum, modulo 2^64, of one number for each
// znode.
//
//   node digest := CRC-32( path | data | stamp )
//   stamp       := long czxid, mzxid, pzxid, ctime, mtime
//                | int version, cversion, aversion | long owner          (60 bytes)
//
// The root's path is "", null data are no bytes.
//
// Znodes below /zookeeper/ do not count, /zookeeper itself does. cversion and owner are what is
// stored, not what clients see. A fresh tree has 0x51c6d660. Source: DigestCalculator, version 2.
// [any]
#pragma once

#include <cstdint>

#include "zookernel/bytes.h"

namespace zookernel::core {

struct Node;

// The CRC over path and data, which changes seldom; "/" is taken as "".
[[nodiscard]] uint32_t crc_prefix(Bytes path, Bytes data);
// The whole: `prefix` continued over the stamp, in its order.
[[nodiscard]] uint64_t node_digest(uint32_t prefix, int64_t czxid, int64_t mzxid, int64_t pzxid,
                                   int64_t ctime, int64_t mtime, int32_t version, int32_t cversion,
                                   int32_t aversion, int64_t owner);
// The same of a znode whose crc_prefix is up to date.
[[nodiscard]] uint64_t node_digest(const Node& node);

// False for what lies below /zookeeper/.
[[nodiscard]] inline bool counts_for_digest(Bytes path) {
  return !path.starts_with("/zookeeper/");
}

}  // namespace zookernel::core
