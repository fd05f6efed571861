// The mode fan-out: many sessions watch one znode, it is set, and each must hear of it.

#include <sys/epoll.h>
#include <sys/socket.h>
#include <zookernel/bytes.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <vector>

#include "tests/bench/modes.h"
#include "tests/bench/process_clock.h"
#include "tests/bench/protocol.h"
#include "tests/bench/session.h"
#include "tests/bench/socket.h"

namespace zookernel::bench {
namespace {

constexpr uint64_t kRounds = 20;  // without --count
constexpr int kEventWaitMs = 60'000;

struct Watching {
  Fd socket;
  int32_t next_xid = 1;
};

// One request on a connection that is otherwise read by hand.
Status call(Watching& watching, std::string frame, std::string_view what) {
  auto session = Session::adopt(std::move(watching.socket), watching.next_xid++);
  if (!session.ok()) return session.error();
  auto body = expect_ok(session->call(frame), what);
  if (!body.ok()) return body.error();
  watching.socket = session->release();
  return Unit{};
}

// The notification that must come: the znode's data changed.
std::string event_of(const std::string& path) {
  constexpr int32_t kNodeDataChanged = 3, kSyncConnected = 3;
  std::string body(12, '\0');
  store_be32(body.data(), kNodeDataChanged);
  store_be32(body.data() + 4, kSyncConnected);
  store_be32(body.data() + 8, static_cast<uint32_t>(path.size()));
  return body + path;
}

Status read_event(int fd, const std::string& event) {
  std::array<char, 1024> buffer;
  const ssize_t got = ::recv(fd, buffer.data(), buffer.size(), 0);
  if (got < 0) return os_error("read an event");
  // A frame this small comes whole.
  const std::string_view frame(buffer.data(), static_cast<size_t>(got));
  if (frame.size() != kLengthBytes + kReplyHeaderBytes + event.size() ||
      decode_reply_header(frame.substr(kLengthBytes)).xid != kXidNotification ||
      frame.substr(kLengthBytes + kReplyHeaderBytes) != event) {
    return Error{Errc::kCorrupt, "a watcher got something else than the event"};
  }
  return Unit{};
}

// Reads one event from each watcher.
Status read_events(int epoll, const std::vector<Watching>& watchers, const std::string& event) {
  std::array<epoll_event, 256> ready;
  for (size_t told = 0; told < watchers.size();) {
    const int count =
        ::epoll_wait(epoll, ready.data(), static_cast<int>(ready.size()), kEventWaitMs);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return os_error("wait for events");
    if (count == 0) {
      return Error{Errc::kIo, std::to_string(watchers.size() - told) + " of " +
                                  std::to_string(watchers.size()) + " watchers heard nothing"};
    }
    for (int i = 0; i < count; ++i) {
      const auto at = static_cast<size_t>(ready[static_cast<size_t>(i)].data.u64);
      if (auto read = read_event(watchers[at].socket.get(), event); !read.ok()) return read;
      ++told;
    }
  }
  return Unit{};
}

}  // namespace

Status run_fan_out(const Options& options, Report& report) {
  const std::string path = options.root + "/watched";
  const std::string event = event_of(path);
  if (auto raised = raise_descriptor_limit(options.sessions + 100); !raised.ok()) return raised;
  auto writer = Session::open(options.address());
  if (!writer.ok()) return writer.error();
  if (auto made = ensure_node(*writer, options.root, ""); !made.ok()) return made;
  if (auto made = ensure_node(*writer, path, "0"); !made.ok()) return made;

  std::vector<Watching> watchers(options.sessions);
  for (Watching& watching : watchers) {
    auto session = Session::open(options.address());
    if (!session.ok()) return session.error();
    watching.socket = session->release();
  }

  Histogram last;
  const uint64_t rounds = options.count > 0 ? options.count : kRounds;
  for (uint64_t round = 0; round < rounds; ++round) {
    auto epoll = make_epoll();
    if (!epoll.ok()) return epoll.error();
    for (size_t i = 0; i < watchers.size(); ++i) {
      if (auto set = call(watchers[i], encode_get_data_watch(path), "watch"); !set.ok()) return set;
      auto added = epoll_watch(epoll->get(), watchers[i].socket.get(), EPOLLIN, i);
      if (!added.ok()) return added;
    }
    std::string set = encode_set_data(path, std::to_string(round));
    const uint64_t sent_ns = monotonic_ns();
    if (auto sent = writer->send(set); !sent.ok()) return sent;
    if (auto read = read_events(epoll->get(), watchers, event); !read.ok()) return read;
    last.add(monotonic_ns() - sent_ns);
    auto body = expect_ok(writer->receive(), "set " + path);
    if (!body.ok()) return body.error();
  }
  report.add("sessions", options.sessions);
  report.add("rounds", rounds);
  report.add(last);  // from the sending of the set to the last of the events
  for (Watching& watching : watchers) {
    if (auto ended = call(watching, encode_close_session(), "close a session"); !ended.ok())
      return ended;
  }
  return writer->close();
}

}  // namespace zookernel::bench
