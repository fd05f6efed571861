// Plain TCP by Boost.Asio.
#pragma once

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <vector>

#include "plugins/transport/tcp/eager_wait.h"
#include "plugins/transport/tcp/io_loop.h"
#include "plugins/transport/tcp/listener.h"
#include "zookernel/transport.h"

namespace zookernel::transport {

class TcpTransport final : public Transport {
 public:
  static constexpr int64_t kThreadsMax = 64;
  // Ready handlers that one poll() runs before the kernel gets to flush what they brought.
  static constexpr int kHandlersPerRound = 256;

  TcpTransport();
  ~TcpTransport() override;

  Status configure(const Settings& settings, Host& host) override;
  Status start() override;
  void stop() noexcept override;

  [[nodiscard]] int threads() const override { return threads_; }
  Result<Endpoint> listen(Channel channel, const Endpoint& at, int backlog,
                          ConnectionEvents& events) override;
  void accept(bool on) override;
  ConnId dial(Channel channel, const Endpoint& to, ConnectionEvents& events) override;
  void send(ConnId conn, Buffer bytes) override;
  void close(ConnId conn) override;
  void reset(ConnId conn) override;
  void read(ConnId conn, bool on) override;
  [[nodiscard]] size_t queued_bytes(ConnId conn) const override;
  void poll(int64_t timeout_ms) override;
  void wake() override;

 private:
  class Worker;  // an I/O thread with its loop

  [[nodiscard]] bool shared() const { return threads_ == 0; }
  // Other servers have an I/O thread of their own: one that waits until the kernel takes what
  // clients said must not hold them up.
  Worker& peer_worker();
  IoLoop& accept_loop(Channel channel);
  Worker& worker_of(ConnId conn) const;
  void deliver(Channel channel, ConnectionEvents& events, int socket,
               const boost::asio::ip::tcp& protocol, const PeerInfo& peer);
  void poll_sockets(int64_t timeout_ms);
  // How many handlers ran.
  size_t wait_for_event(int64_t timeout_ms);
  void wait_for_wake(int64_t timeout_ms);

  int threads_ = 0;
  SocketOptions options_;
  Logger* log_ = nullptr;
  std::unique_ptr<IoLoop> loop_;  // shared mode
  EagerWait eager_;               // shared mode
  // Threaded mode: those of clients, and behind them that of the other servers, if there are any.
  std::vector<std::unique_ptr<Worker>> workers_;
  std::vector<std::unique_ptr<Listener>> listeners_;  // of clients
  std::vector<std::unique_ptr<Listener>> peer_listeners_;
  size_t next_worker_ = 0;  // of the accepting thread
  std::atomic<bool> wake_pending_{false};
  std::mutex wake_mutex_;  // threaded mode: guards nothing but the wait
  std::condition_variable woken_;
  std::atomic<bool> ends_waiting_{false};  // threaded mode: a loop has ends of streams to report
  std::atomic<uint64_t> rounds_{0};        // polls so far
};

}  // namespace zookernel::transport
