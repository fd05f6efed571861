#include "kernel/core/digest.h"

#include <libdeflate.h>

#include "kernel/core/node_table.h"

namespace zookernel::core {

uint32_t crc_prefix(Bytes path, Bytes data) {
  if (path == "/") path = {};
  // libdeflate takes a null pointer for "begin anew", whatever the CRC so far.
  uint32_t crc = path.empty() ? 0 : libdeflate_crc32(0, path.data(), path.size());
  return data.empty() ? crc : libdeflate_crc32(crc, data.data(), data.size());
}

uint64_t node_digest(uint32_t prefix, int64_t czxid, int64_t mzxid, int64_t pzxid, int64_t ctime,
                     int64_t mtime, int32_t version, int32_t cversion, int32_t aversion,
                     int64_t owner) {
  char stamp[60];
  store_be64(stamp, static_cast<uint64_t>(czxid));
  store_be64(stamp + 8, static_cast<uint64_t>(mzxid));
  store_be64(stamp + 16, static_cast<uint64_t>(pzxid));
  store_be64(stamp + 24, static_cast<uint64_t>(ctime));
  store_be64(stamp + 32, static_cast<uint64_t>(mtime));
  store_be32(stamp + 40, static_cast<uint32_t>(version));
  store_be32(stamp + 44, static_cast<uint32_t>(cversion));
  store_be32(stamp + 48, static_cast<uint32_t>(aversion));
  store_be64(stamp + 52, static_cast<uint64_t>(owner));
  return libdeflate_crc32(prefix, stamp, sizeof stamp);
}

uint64_t node_digest(const Node& node) {
  return node_digest(node.crc_prefix, node.czxid, node.mzxid, node.pzxid, node.ctime, node.mtime,
                     node.version, node.cversion, node.aversion, node.owner);
}

}  // namespace zookernel::core
