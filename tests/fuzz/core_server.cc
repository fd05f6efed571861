// fuzz-libs: zookernel_sim
// A server and two clients that send whatever the input says: frames of any bytes, behind
// handshakes that are well formed or not. The server must not die, must answer each frame in the
// order of a connection's requests, and its log must be one that a server can replay to the same
// tree.
//
//   input := options byte, ( client and kind byte, length byte, bytes )*
//   kind  := a frame as it is | a request: opcode byte, then its body | time passes | connect anew

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

#include "tests/support/core_world.h"
#include "zookernel/assert.h"

namespace {

using zookernel::Bytes;
using zookernel::ConnId;
namespace core = zookernel::core;
namespace test = zookernel::test;
namespace wire = zookernel::wire;

constexpr std::array<int32_t, 32> kOpcodes = {1,   2,   3,   4,   5,   6,   7,   8,   9,   11, 12,
                                              13,  14,  15,  16,  17,  18,  19,  20,  21,  22, 100,
                                              101, 102, 103, 104, 105, 106, 107, -10, -11, 99};

core::Options options_of(uint8_t byte) {
  core::Options options;
  options.max_field_bytes = 4096;
  options.extended_types = (byte & 1) != 0;
  options.enforce_quota = (byte & 2) != 0;
  options.container_check_interval_ms = 1000;
  options.container_unused_max_ms = (byte & 4) != 0 ? 1000 : 0;
  options.request_throttle.requests_max = (byte & 8) != 0 ? 1 : 0;
  options.reconfig_enabled = (byte & 16) != 0;
  options.large_request_bytes = (byte & 32) != 0 ? 20 : -1;
  return options;
}

void check_replay(test::CoreWorld& world, const core::Options& options) {
  test::DeafMetrics metrics;
  core::ServerParts parts;
  parts.options = options;
  parts.metrics = &metrics;
  core::Server replayed(std::move(parts));
  for (const zookernel::LogRecord& record : world.log())
    ZOOKERNEL_ASSERT(replayed.replay(record.body.view()).ok());
  ZOOKERNEL_ASSERT(replayed.tree_digest() == world.server().tree_digest());
  ZOOKERNEL_ASSERT(replayed.node_count() == world.server().node_count());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const core::Options options = options_of(data[0]);
  test::CoreWorld world(options);
  std::array<ConnId, 2> clients = {world.connect(), world.connect()};
  int32_t xid = 0;
  for (size_t at = 1; at + 2 <= size;) {
    const uint8_t kind = data[at];
    const size_t length = std::min<size_t>(data[at + 1], size - at - 2);
    const Bytes bytes(reinterpret_cast<const char*>(data) + at + 2, length);
    at += 2 + length;
    ConnId& client = clients[kind & 1];
    switch ((kind >> 1) & 7) {
      case 0:
        world.frame(client, bytes);
        break;
      case 1:
        world.pass(static_cast<int64_t>(length) * 100);
        break;
      case 2:
        world.close(client);
        client = world.connect();
        break;
      case 3:
        world.close(client);
        client = world.open();
        world.frame(client, bytes);
        break;
      default: {
        if (bytes.empty()) break;
        const auto opcode = kOpcodes[static_cast<uint8_t>(bytes[0]) % kOpcodes.size()];
        world.frame(client, wire::encoded(wire::RequestHeader{++xid, opcode}) +
                                std::string(bytes.substr(1)));
      }
    }
    if (world.closed(client)) client = world.connect();
  }
  world.make_durable();
  check_replay(world, options);
  return 0;
}
