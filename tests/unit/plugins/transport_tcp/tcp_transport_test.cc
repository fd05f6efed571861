#include "plugins/transport/tcp/tcp_transport.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <cerrno>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "zookernel/file_system.h"
#include "zookernel/metrics.h"

using namespace zookernel;
using zookernel::transport::TcpTransport;

namespace {

class Silent final : public Logger {
 public:
  void write(LogLevel, std::string_view message, Fields) override {
    const std::lock_guard lock(mutex);
    lines.emplace_back(message);
  }
  [[nodiscard]] bool enabled(LogLevel) const override { return true; }
  std::mutex mutex;
  std::vector<std::string> lines;
};

class TestHost final : public Host {
 public:
  Logger& log() override { return logger; }
  Metrics& metrics() override { std::abort(); }
  FileSystem& files() override { std::abort(); }
  Silent logger;
};

class TestSettings final : public Settings {
 public:
  explicit TestSettings(std::string threads) : threads_(std::move(threads)) {}
  [[nodiscard]] std::string_view get(std::string_view key) const override {
    return key == "transport.threads" ? std::string_view(threads_) : std::string_view("true");
  }
  [[nodiscard]] bool given(std::string_view) const override { return true; }

 private:
  std::string threads_;
};

// Remembers what came; a test may answer from within. Thread safe, as with I/O threads calls come
// from several.
class Recorder final : public ConnectionEvents {
 public:
  struct Seen {
    PeerInfo peer;
    std::string bytes;
    std::optional<std::string> closed;
  };
  using OnData = std::function<size_t(ConnId, Bytes)>;

  // A function that the test's thread sets and I/O threads call.
  class Hook {
   public:
    Hook& operator=(OnData to) {
      const std::lock_guard lock(mutex_);
      to_ = std::move(to);
      return *this;
    }
    size_t operator()(ConnId conn, Bytes bytes) {
      OnData to;
      {
        const std::lock_guard lock(mutex_);
        to = to_;
      }
      return to ? to(conn, bytes) : bytes.size();
    }

   private:
    std::mutex mutex_;
    OnData to_;
  };

  Hook on_data;  // without it everything is consumed
  std::atomic<bool> refuse{false};

  bool on_open(ConnId conn, Channel, const PeerInfo& peer) override {
    if (refuse) return false;
    const std::lock_guard lock(mutex_);
    seen_[conn.value].peer = peer;
    order_.push_back(conn);
    return true;
  }
  size_t on_bytes(ConnId conn, Bytes bytes) override {
    const size_t consumed = on_data(conn, bytes);
    const std::lock_guard lock(mutex_);
    seen_[conn.value].bytes.append(bytes.substr(0, consumed));
    return consumed;
  }
  void on_close(ConnId conn, const Error& why) override {
    const std::lock_guard lock(mutex_);
    if (seen_[conn.value].closed) std::abort();
    seen_[conn.value].closed = why.message;
  }

  [[nodiscard]] Seen of(ConnId conn) const {
    const std::lock_guard lock(mutex_);
    const auto at = seen_.find(conn.value);
    return at == seen_.end() ? Seen{} : at->second;
  }
  [[nodiscard]] ConnId nth(size_t index) const {
    const std::lock_guard lock(mutex_);
    return index < order_.size() ? order_[index] : ConnId{};
  }
  [[nodiscard]] size_t count() const {
    const std::lock_guard lock(mutex_);
    return order_.size();
  }

 private:
  mutable std::mutex mutex_;
  std::map<uint64_t, Seen> seen_;
  std::vector<ConnId> order_;
};

// A client's socket. Never blocks: what it waits for is driven by the bench.
class Client {
 public:
  explicit Client(uint16_t port, int receive_buffer = 0) {
    socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    REQUIRE(socket_ >= 0);
    if (receive_buffer != 0)
      ::setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(::connect(socket_, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0);
    ::fcntl(socket_, F_SETFL, O_NONBLOCK);
  }
  ~Client() { end(); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  void say(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      REQUIRE(sent > 0);
      bytes.remove_prefix(static_cast<size_t>(sent));
    }
  }
  // What can be sent without waiting.
  size_t say_some(std::string_view bytes) {
    const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    return sent < 0 ? 0 : static_cast<size_t>(sent);
  }
  void half_close() { ::shutdown(socket_, SHUT_WR); }
  void reset() {
    const linger hard{1, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    end();
  }
  void end() {
    if (socket_ >= 0) ::close(socket_);
    socket_ = -1;
  }
  // Takes what is there.
  void take() {
    char piece[65536];
    for (;;) {
      const ssize_t count = ::recv(socket_, piece, sizeof piece, 0);
      if (count > 0) {
        answer.append(piece, static_cast<size_t>(count));
        continue;
      }
      if (count == 0) ended = true;
      if (count < 0 && errno == ECONNRESET) was_reset = true;
      return;
    }
  }

  std::string answer;
  bool ended = false, was_reset = false;

 private:
  int socket_ = -1;
};

struct Bench {
  explicit Bench(const std::string& threads) {
    REQUIRE(transport.configure(TestSettings(threads), host).ok());
    REQUIRE(transport.start().ok());
    const Result<Endpoint> bound = transport.listen(Channel::kClient, {"127.0.0.1", 0}, -1, events);
    REQUIRE(bound.ok());
    port = bound->port;
    transport.accept(true);
  }
  // Drives the transport until `done`, as the kernel's loop does.
  void until(const std::function<bool()>& done) {
    while (!done()) transport.poll(1);
  }
  ConnId connected(size_t index = 0) {
    until([&] { return events.count() > index; });
    return events.nth(index);
  }
  void send(ConnId conn, std::string_view text) {
    Buffer buffer;
    buffer.append(text);
    transport.send(conn, std::move(buffer));
  }

  TestHost host;
  Recorder events;
  TcpTransport transport;
  uint16_t port = 0;
};

}  // namespace

#define BOTH_MODES GENERATE(std::string("0"), std::string("2"))

TEST_CASE("TcpTransport: bytes go both ways", "[transport][tcp]") {
  Bench bench(BOTH_MODES);
  Client client(bench.port);
  const ConnId conn = bench.connected();
  client.say("hello");
  bench.until([&] { return bench.events.of(conn).bytes == "hello"; });
  CHECK(bench.events.of(conn).peer.address == "127.0.0.1");

  bench.send(conn, "wor");
  bench.send(conn, "ld");
  bench.until([&] { return client.take(), client.answer == "world"; });
  client.end();
  bench.until([&] { return bench.events.of(conn).closed.has_value(); });
}

TEST_CASE("TcpTransport: what is not consumed is offered again with what follows",
          "[transport][tcp]") {
  Bench bench(BOTH_MODES);
  std::vector<size_t> offered;
  bench.events.on_data = [&](ConnId, Bytes bytes) {
    offered.push_back(bytes.size());
    return bytes.size() < 6 ? size_t{0} : bytes.size();
  };
  Client client(bench.port);
  const ConnId conn = bench.connected();
  client.say("abc");
  bench.until([&] {
    bench.transport.poll(0);
    return bench.transport.threads() != 0 || !offered.empty();
  });
  client.say("def");

  bench.until([&] { return bench.events.of(conn).bytes == "abcdef"; });
}

TEST_CASE("TcpTransport: a frame larger than the receive buffer arrives whole",
          "[transport][tcp]") {
  Bench bench(BOTH_MODES);
  const std::string large(1000000, 'x');
  bench.events.on_data = [&](ConnId, Bytes bytes) {
    return bytes.size() < large.size() ? size_t{0} : bytes.size();
  };
  Client client(bench.port);
  const ConnId conn = bench.connected();
  std::string_view rest = large;

  bench.until([&] {
    rest.remove_prefix(client.say_some(rest));
    return bench.events.of(conn).bytes.size() == large.size();
  });
  CHECK(bench.events.of(conn).bytes == large);
}

TEST_CASE("TcpTransport: the answer to a half-closed client still goes out", "[transport][tcp]") {
  Bench bench(BOTH_MODES);
  std::mutex mutex;
  std::vector<ConnId> asked;
  bench.events.on_data = [&](ConnId conn, Bytes bytes) {
    const std::lock_guard lock(mutex);
    asked.push_back(conn);
    return bytes.size();
  };
  for (int i = 0; i < 20; ++i) {
    Client client(bench.port);
    client.say("ruok");
    client.half_close();
    // As the kernel does: what came in a poll is answered after it.
    bench.until([&] {
      std::vector<ConnId> now;
      {
        const std::lock_guard lock(mutex);
        now.swap(asked);
      }
      for (const ConnId conn : now) {
        bench.send(conn, "imok");
        bench.transport.close(conn);
      }
      client.take();
      return client.ended || client.was_reset;
    });
    CHECK(client.answer == "imok");
    CHECK(!client.was_reset);
  }
  bench.until([&] { return bench.events.of(bench.events.nth(19)).closed.has_value(); });
}

TEST_CASE("TcpTransport: closing lets everything go out, although the client keeps talking",
          "[transport][tcp]") {
  Bench bench(BOTH_MODES);
  Client client(bench.port, 4096);
  const ConnId conn = bench.connected();
  const std::string large(3000000, 'y');
  bench.send(conn, large);
  bench.transport.close(conn);
  bench.send(conn, "too late");

  bench.until([&] {
    client.say_some("still here");
    client.take();
    return client.ended || client.was_reset;
  });
  CHECK(client.answer.size() == large.size());
  CHECK(!client.was_reset);
  client.end();
  bench.until([&] { return bench.events.of(conn).closed.has_value(); });
}

TEST_CASE("TcpTransport: a slow client's bytes are counted until it takes them",
          "[transport][tcp]") {
  Bench bench(BOTH_MODES);
  Client client(bench.port, 4096);
  const ConnId conn = bench.connected();
  const std::string large(8000000, 'z');
  bench.send(conn, large);
  bench.transport.poll(0);
  CHECK(bench.transport.queued_bytes(conn) > 0);
  CHECK(bench.transport.queued_bytes(conn) <= large.size());

  bench.until([&] { return client.take(), client.answer.size() == large.size(); });
  bench.until([&] { return bench.transport.queued_bytes(conn) == 0; });
}

TEST_CASE("TcpTransport: however quick the reader, a large reply leaves others their turn",
          "[transport][tcp]") {
  Bench bench("0");
  Client quick(bench.port);
  Client other(bench.port);
  const ConnId conn = bench.connected();
  const ConnId waiting = bench.connected(1);
  const std::string large(16 << 20, 'z');

  bench.send(conn, large);

  // A little at a time goes out, whatever the system would take, and then the kernel gets to flush.
  const size_t at_once = transport::IoLoop::kFlushBytesPerRound;
  CHECK(bench.transport.queued_bytes(conn) >= large.size() - at_once);
  size_t left = bench.transport.queued_bytes(conn);
  size_t most_sent = 0, heard_with_left = 0;
  other.say("hello");
  bench.until([&] {
    const size_t now_left = bench.transport.queued_bytes(conn);
    most_sent = std::max(most_sent, left - now_left);
    left = now_left;
    if (heard_with_left == 0 && !bench.events.of(waiting).bytes.empty()) heard_with_left = left;
    quick.take();
    return quick.answer.size() == large.size();
  });
  CHECK(most_sent <= 2 * at_once);
  CHECK(heard_with_left > (8 << 20));
}

TEST_CASE("TcpTransport: a connection that is not read holds its bytes back", "[transport][tcp]") {
  Bench bench("0");
  Client client(bench.port);
  const ConnId conn = bench.connected();
  bench.transport.read(conn, false);
  client.say("later");
  for (int i = 0; i < 20; ++i) bench.transport.poll(0);
  CHECK(bench.events.of(conn).bytes.empty());

  bench.transport.read(conn, true);
  bench.until([&] { return bench.events.of(conn).bytes == "later"; });
}

TEST_CASE(
    "TcpTransport: reading can be stopped from within, and the rest comes later without new bytes",
    "[transport][tcp]") {
  Bench bench("0");
  bool first = true;
  bench.events.on_data = [&](ConnId conn, Bytes bytes) {
    if (!std::exchange(first, false)) return bytes.size();
    bench.transport.read(conn, false);
    return size_t{2};
  };
  Client client(bench.port);
  client.say("abcdef");
  const ConnId conn = bench.connected();
  bench.until([&] { return bench.events.of(conn).bytes == "ab"; });
  for (int i = 0; i < 5; ++i) bench.transport.poll(0);
  CHECK(bench.events.of(conn).bytes == "ab");

  bench.transport.read(conn, true);
  bench.until([&] { return bench.events.of(conn).bytes == "abcdef"; });
}

TEST_CASE("TcpTransport: a connection may be closed or reset from within", "[transport][tcp]") {
  Bench bench("0");
  const bool hard = GENERATE(false, true);
  bench.events.on_data = [&](ConnId conn, Bytes bytes) {
    if (hard) {
      bench.transport.reset(conn);
    } else {
      bench.transport.close(conn);
    }
    return bytes.size() / 2;
  };
  Client client(bench.port);
  client.say("bye");
  const ConnId conn = bench.connected();

  bench.until([&] { return client.take(), client.ended || client.was_reset; });
  CHECK(client.was_reset == hard);
  client.end();
  bench.until([&] { return bench.events.of(conn).closed.has_value(); });
  CHECK(bench.transport.queued_bytes(conn) == 0);
  bench.send(conn, "nobody there");
}

TEST_CASE("TcpTransport: refused connections are reset and never heard of again",
          "[transport][tcp]") {
  Bench bench(BOTH_MODES);
  bench.events.refuse = true;
  Client client(bench.port);

  bench.until([&] { return client.take(), client.was_reset || client.ended; });
  CHECK(client.was_reset);
  CHECK(bench.events.count() == 0);
}

TEST_CASE("TcpTransport: a client's reset is an end like any other", "[transport][tcp]") {
  Bench bench(BOTH_MODES);
  Client client(bench.port);
  const ConnId conn = bench.connected();
  client.reset();

  bench.until([&] { return bench.events.of(conn).closed.has_value(); });
}

TEST_CASE("TcpTransport: ids are not used twice", "[transport][tcp]") {
  Bench bench(BOTH_MODES);
  for (size_t i = 0; i < 5; ++i) {
    Client client(bench.port);
    const ConnId conn = bench.connected(i);
    for (size_t j = 0; j < i; ++j) CHECK(bench.events.nth(j) != conn);
    client.end();
    bench.until([&] { return bench.events.of(conn).closed.has_value(); });
  }
}

TEST_CASE("TcpTransport: wake ends a poll that would last for ever", "[transport][tcp]") {
  Bench bench(BOTH_MODES);
  bench.transport.wake();
  bench.transport.poll(-1);

  std::thread waker([&] {
    for (int i = 0; i < 100; ++i) bench.transport.wake();
  });
  bench.transport.poll(-1);
  waker.join();
}

TEST_CASE("TcpTransport: a port that is taken is told with advice", "[transport][tcp]") {
  Bench bench("0");
  const Result<Endpoint> again =
      bench.transport.listen(Channel::kClient, {"127.0.0.1", bench.port}, -1, bench.events);

  REQUIRE(!again.ok());
  CHECK(again.error().code == Errc::kExists);
  CHECK(again.error().message.find("127.0.0.1:" + std::to_string(bench.port)) != std::string::npos);
  CHECK(again.error().message.find("choose another port") != std::string::npos);
}

TEST_CASE("TcpTransport: nobody is accepted before it is asked for", "[transport][tcp]") {
  Bench bench("0");
  bench.transport.accept(false);
  bench.transport.poll(0);
  Client client(bench.port);
  for (int i = 0; i < 10; ++i) bench.transport.poll(0);
  CHECK(bench.events.count() == 0);

  bench.transport.accept(true);
  bench.connected();
}

TEST_CASE("TcpTransport: dialling reaches a listener, and a missing one is an end",
          "[transport][tcp]") {
  Bench bench(BOTH_MODES);
  Recorder ours;
  const ConnId out = bench.transport.dial(Channel::kQuorum, {"127.0.0.1", bench.port}, ours);
  const ConnId in = bench.connected();
  bench.until([&] { return ours.count() == 1; });
  bench.send(out, "over");
  bench.until([&] { return bench.events.of(in).bytes == "over"; });
  bench.send(in, "back");
  bench.until([&] { return ours.of(out).bytes == "back"; });

  uint16_t nobody = 0;
  {
    TcpTransport other;
    TestHost host;
    REQUIRE(other.configure(TestSettings("0"), host).ok());
    REQUIRE(other.start().ok());
    nobody = other.listen(Channel::kClient, {"127.0.0.1", 0}, -1, ours)->port;
  }
  const ConnId lost = bench.transport.dial(Channel::kQuorum, {"127.0.0.1", nobody}, ours);
  bench.until([&] { return ours.of(lost).closed.has_value(); });
  CHECK(ours.of(lost).closed->find("connect to 127.0.0.1") != std::string::npos);
}

TEST_CASE("TcpTransport: a name is looked up, and each of its addresses is tried",
          "[transport][tcp]") {
  Bench bench(BOTH_MODES);
  Recorder ours;
  // It is listened on one of them; where localhost has two, the other one refuses.
  for (int i = 0; i < 4; ++i) {
    const ConnId out = bench.transport.dial(Channel::kElection, {"localhost", bench.port}, ours);
    bench.until([&] { return ours.of(out).peer.port != 0 || ours.of(out).closed.has_value(); });
    CHECK(ours.of(out).peer.port == bench.port);
  }
  const ConnId lost = bench.transport.dial(Channel::kElection, {"no.such.host.invalid", 1}, ours);
  bench.until([&] { return ours.of(lost).closed.has_value(); });
  CHECK(ours.of(lost).closed->find("connect to no.such.host.invalid:1: the host name cannot be "
                                   "resolved") != std::string::npos);
}

TEST_CASE("TcpTransport: an attempt to connect may be given up", "[transport][tcp]") {
  Bench bench(BOTH_MODES);
  Recorder ours;
  const ConnId lost = bench.transport.dial(Channel::kElection, {"no.such.host.invalid", 1}, ours);
  bench.transport.close(lost);
  bench.until([&] { return ours.of(lost).closed.has_value(); });
  CHECK(ours.count() == 0);
}

TEST_CASE("TcpTransport: without descriptors new connections wait, and come later",
          "[transport][tcp]") {
  Bench bench("0");
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
  std::vector<int> hoard;
  Client client(bench.port);
  rlimit tight = before;
  tight.rlim_cur = 256;
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &tight) == 0);
  for (int fd = ::dup(0); fd >= 0; fd = ::dup(0)) hoard.push_back(fd);

  bench.until([&] {
    const std::lock_guard lock(bench.host.logger.mutex);
    return !bench.host.logger.lines.empty();
  });
  CHECK(bench.events.count() == 0);
  for (const int fd : hoard) ::close(fd);
  ::setrlimit(RLIMIT_NOFILE, &before);

  bench.connected();
  CHECK(bench.host.logger.lines.size() == 1);
}

TEST_CASE("TcpTransport: settings out of range are refused", "[transport][tcp]") {
  TestHost host;
  CHECK(!TcpTransport().configure(TestSettings("65"), host).ok());
  CHECK(!TcpTransport().configure(TestSettings("many"), host).ok());
}

TEST_CASE("TcpTransport: stopping with connections open is quiet", "[transport][tcp]") {
  Bench bench(BOTH_MODES);
  Client client(bench.port);
  const ConnId conn = bench.connected();
  bench.send(conn, "something");
  bench.transport.stop();
  bench.transport.stop();
}
