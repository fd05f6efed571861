// fuzz-libs: zookernel_client zookernel::wire
// What a client reads from a server. The first byte says what the client has under way, the second
// in how many pieces the rest arrives. Whatever comes: each handler is called exactly once, an
// error has a reason, and the session can be connected again or is over.

#include <cstddef>
#include <cstdint>

#include "tools/client/session.h"
#include "zookernel/assert.h"

namespace {

using namespace zookernel;
using namespace zookernel::client;

constexpr uint32_t kFrameMax = 4096;

int run(uint8_t setup, size_t piece, Bytes in) {
  int asked = 0;
  int answered = 0;
  int events = 0;
  Session::Settings settings;
  settings.frame_bytes_max = kFrameMax;
  if ((setup & 1) != 0) settings.chroot = "/app";
  if ((setup & 2) != 0) settings.access = Session::Access::kReadOnlyAllowed;
  Session session(settings, [&](const WatchedEvent& event) {
    ++events;
    if (event.type != wire::EventType::kNone) ZOOKERNEL_ASSERT(event.path.has_value());
  });
  const ReplyHandler count = [&](const Reply&) { ++answered; };
  const auto ask = [&] {
    for (int i = 0; i < (setup >> 4); ++i) {
      const auto kind = static_cast<WatchKind>(i % 6);
      session.submit(wire::Opcode::kExists, "", {kind, "/a"}, count);
      ++asked;
    }
    if ((setup & 4) != 0) {
      session.add_auth("digest", "u:p", count);
      ++asked;
    }
  };
  ask();
  session.on_connect(0);
  while (!in.empty()) {
    const Bytes part = in.substr(0, piece);
    in.remove_prefix(part.size());
    const Status status = session.on_bytes(part, 1);
    if (status.ok()) continue;
    ZOOKERNEL_ASSERT(!status.error().message.empty());
    session.on_disconnect();
    if (!session.alive()) break;
    ask();
    session.on_connect(2);
  }
  if ((setup & 8) != 0) session.close();
  session.on_disconnect();
  session.on_unreachable();
  ZOOKERNEL_ASSERT(!session.connected());
  ZOOKERNEL_ASSERT(answered == asked);
  return events;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  const Bytes in(reinterpret_cast<const char*>(data) + 2, size - 2);
  const size_t piece = data[1] == 0 ? in.size() : data[1];
  // Equal bytes, equal outcome, however they are cut.
  const int first = run(data[0], piece, in);
  ZOOKERNEL_ASSERT(run(data[0], piece, in) == first);
  return 0;
}
