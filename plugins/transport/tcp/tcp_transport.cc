#include "plugins/transport/tcp/tcp_transport.h"

#include <sched.h>
#include <unistd.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <chrono>
#include <variant>

#include "zookernel/assert.h"

namespace zookernel::transport {
namespace {

int64_t monotonic_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

namespace asio = boost::asio;

constexpr int kWorkerShift = 48;  // where IoLoop puts its index in a ConnId

}  // namespace

// The loop of an I/O thread. The kernel's thread hands over commands; one post wakes the loop for
// all that gathered.
class TcpTransport::Worker {
 public:
  Worker(uint16_t index, SocketOptions options, Logger& log, TcpTransport& transport)
      : transport_(transport),
        loop_(index, options, log,
              {[this] { note_ended(); },
               [this](ConnId conn, size_t bytes) { note_backlog(conn, bytes); }}),
        work_(loop_.context().get_executor()) {}

  void start() {
    thread_ = std::thread([this] {
      loop_.context().run();
      loop_.close_all();
    });
  }
  void stop() {
    work_.reset();
    loop_.context().stop();
    if (thread_.joinable()) thread_.join();
  }

  [[nodiscard]] IoLoop& loop() { return loop_; }

  // [any]
  template <typename Work>
  void post(Work work) {
    asio::post(loop_.context(), [this, work = std::move(work)]() mutable {
      work();
      run_round();
    });
  }

  // ---- [core]

  void send(ConnId conn, Buffer bytes) {
    const size_t size = bytes.size();
    submit(conn, size, Send{conn, std::move(bytes)});
  }
  void close(ConnId conn) { submit(conn, 0, Close{conn}); }
  void reset(ConnId conn) { submit(conn, 0, Reset{conn}); }
  void read(ConnId conn, bool on) { submit(conn, 0, Read{conn, on}); }
  [[nodiscard]] size_t queued_bytes(ConnId conn) {
    const std::lock_guard lock(mutex_);
    const auto at = queued_.find(conn);
    return at == queued_.end() ? 0 : at->second.submitted + at->second.backlog;
  }
  // A round of the kernel is over: ends of streams that it cannot answer any more may be reported.
  void round_ended(uint64_t round) {
    post([this, round] { report_ends(round); });
  }

 private:
  struct Send {
    ConnId conn;
    Buffer bytes;
  };
  struct Close {
    ConnId conn;
  };
  struct Reset {
    ConnId conn;
  };
  struct Read {
    ConnId conn;
    bool on;
  };
  using Command = std::variant<Send, Close, Reset, Read>;
  struct Queued {
    size_t submitted = 0;  // in commands that were not run yet
    size_t backlog = 0;    // in the loop
  };

  void submit(ConnId conn, size_t size, Command command) {
    bool post_needed = false;
    {
      const std::lock_guard lock(mutex_);
      post_needed = commands_.empty();
      commands_.push_back(std::move(command));
      if (size != 0) queued_[conn].submitted += size;
    }
    if (post_needed) post([this] { run_commands(); });
  }

  void run_commands() {
    std::vector<Command> commands;
    {
      const std::lock_guard lock(mutex_);
      commands.swap(commands_);
    }
    for (Command& command : commands) std::visit([this](auto& each) { run(each); }, command);
  }
  void run(Send& send) {
    const size_t size = send.bytes.size();
    loop_.send(send.conn, std::move(send.bytes));
    const std::lock_guard lock(mutex_);
    const auto at = queued_.find(send.conn);
    if (at == queued_.end()) return;
    at->second.submitted -= size;
    if (at->second.submitted == 0 && at->second.backlog == 0) queued_.erase(at);
  }
  void run(Close& close) { loop_.close(close.conn); }
  void run(Reset& reset) { loop_.reset(reset.conn); }
  void run(Read& read) { loop_.read(read.conn, read.on); }

  void run_round() {
    while (loop_.begin_round()) {
    }
  }

  void note_backlog(ConnId conn, size_t bytes) {
    {
      const std::lock_guard lock(mutex_);
      const auto at = queued_.find(conn);
      if (at == queued_.end()) {
        if (bytes != 0) queued_[conn].backlog = bytes;
      } else {
        at->second.backlog = bytes;
        if (bytes == 0 && at->second.submitted == 0) queued_.erase(at);
      }
    }
    if (bytes == 0) transport_.wake();  // the kernel may wait for room
  }

  // The frames that came before the end are on their way to the kernel. It has answered them when a
  // whole round of it went by: the one it is in now may already be past its inbox, the next is not.
  void note_ended() {
    has_ended_ = true;
    ended_in_round_ = transport_.rounds_.load(std::memory_order_acquire);
    transport_.ends_waiting_.store(true, std::memory_order_release);
    transport_.wake();
  }
  void report_ends(uint64_t round) {
    if (!has_ended_) return;
    if (round < ended_in_round_ + 2) {
      transport_.ends_waiting_.store(true, std::memory_order_release);
      transport_.wake();
      return;
    }
    has_ended_ = false;
    loop_.report_ends();
  }

  TcpTransport& transport_;
  IoLoop loop_;
  asio::executor_work_guard<asio::io_context::executor_type> work_;
  std::thread thread_;
  bool has_ended_ = false;       // of the loop's thread
  uint64_t ended_in_round_ = 0;  // the last of them; of the loop's thread
  std::mutex mutex_;             // guards what follows
  std::vector<Command> commands_;
  std::unordered_map<ConnId, Queued> queued_;  // only connections for which something waits
};

TcpTransport::TcpTransport() = default;

TcpTransport::~TcpTransport() {
  stop();
}

Status TcpTransport::configure(const Settings& settings, Host& host) {
  log_ = &host.log();
  const Result<int64_t> threads = settings.integer("transport.threads", 0, kThreadsMax);
  if (!threads) return threads.error();
  threads_ = static_cast<int>(*threads);
  const Result<bool> keep_alive = settings.boolean("clientTcpKeepAlive");
  if (!keep_alive) return keep_alive.error();
  options_.keep_alive = *keep_alive;
  return Unit{};
}

Status TcpTransport::start() {
  if (shared()) {
    loop_ = std::make_unique<IoLoop>(uint16_t{0}, options_, *log_, LoopHooks{[] {}, nullptr});
    return Unit{};
  }
  for (int i = 0; i < threads_; ++i) {
    workers_.push_back(std::make_unique<Worker>(static_cast<uint16_t>(i), options_, *log_, *this));
  }
  for (const auto& worker : workers_) worker->start();
  return Unit{};
}

void TcpTransport::stop() noexcept {
  for (const auto& worker : workers_) worker->stop();
  for (auto* listeners : {&listeners_, &peer_listeners_}) {
    for (const auto& listener : *listeners) listener->close();
    listeners->clear();
  }
  if (loop_) loop_->close_all();
  workers_.clear();
  loop_.reset();
}

Result<Endpoint> TcpTransport::listen(Channel channel, const Endpoint& at, int backlog,
                                      ConnectionEvents& events) {
  auto listener = std::make_unique<Listener>(
      accept_loop(channel).context(), *log_,
      [this, channel, &events](int socket, const asio::ip::tcp& protocol, const PeerInfo& peer) {
        deliver(channel, events, socket, protocol, peer);
      });
  Result<Endpoint> bound = listener->open(at, backlog);
  if (!bound) return bound;
  (channel == Channel::kClient ? listeners_ : peer_listeners_).push_back(std::move(listener));
  return bound;
}

void TcpTransport::accept(bool on) {
  const auto switch_clients = [this, on] {
    for (const auto& listener : listeners_) listener->accept(on);
  };
  const auto switch_peers = [this, on] {
    for (const auto& listener : peer_listeners_) listener->accept(on);
  };
  if (shared()) {
    switch_clients();
    switch_peers();
  } else {
    workers_.front()->post(switch_clients);
    if (!peer_listeners_.empty()) peer_worker().post(switch_peers);
  }
}

void TcpTransport::deliver(Channel channel, ConnectionEvents& events, int socket,
                           const asio::ip::tcp& protocol, const PeerInfo& peer) {
  if (shared()) return loop_->adopt(socket, protocol, channel, peer, events);
  Worker& worker = channel == Channel::kClient
                       ? *workers_[next_worker_++ % static_cast<size_t>(threads_)]
                       : peer_worker();
  worker.post([&worker, channel, &events, socket, protocol, peer] {
    worker.loop().adopt(socket, protocol, channel, peer, events);
  });
}

ConnId TcpTransport::dial(Channel channel, const Endpoint& to, ConnectionEvents& events) {
  if (shared()) {
    const ConnId id = loop_->new_id();
    loop_->dial(id, channel, to, events);
    return id;
  }
  Worker& worker = peer_worker();
  const ConnId id = worker.loop().new_id();
  worker.post([&worker, id, channel, to, &events] { worker.loop().dial(id, channel, to, events); });
  return id;
}

void TcpTransport::send(ConnId conn, Buffer bytes) {
  if (shared()) return loop_->send(conn, std::move(bytes));
  worker_of(conn).send(conn, std::move(bytes));
}

void TcpTransport::close(ConnId conn) {
  if (shared()) return loop_->close(conn);
  worker_of(conn).close(conn);
}

void TcpTransport::reset(ConnId conn) {
  if (shared()) return loop_->reset(conn);
  worker_of(conn).reset(conn);
}

void TcpTransport::read(ConnId conn, bool on) {
  if (shared()) return loop_->read(conn, on);
  worker_of(conn).read(conn, on);
}

size_t TcpTransport::queued_bytes(ConnId conn) const {
  return shared() ? loop_->queued_bytes(conn) : worker_of(conn).queued_bytes(conn);
}

void TcpTransport::poll(int64_t timeout_ms) {
  if (shared()) {
    poll_sockets(timeout_ms);
  } else {
    const uint64_t round = rounds_.fetch_add(1, std::memory_order_acq_rel) + 1;
    if (ends_waiting_.exchange(false, std::memory_order_acq_rel)) {
      for (const auto& worker : workers_) worker->round_ended(round);
    }
    wait_for_wake(timeout_ms);
  }
  // Before the kernel looks at its inbox: a wake-up from now on is for the next poll.
  wake_pending_.exchange(false, std::memory_order_acq_rel);
}

void TcpTransport::poll_sockets(int64_t timeout_ms) {
  asio::io_context& context = loop_->context();
  context.restart();
  loop_->report_ends();
  if (loop_->begin_round()) timeout_ms = 0;
  // Listening sockets and the work that others post keep the loop from running out of work.
  const auto work = asio::make_work_guard(context);
  size_t ran = context.poll_one();
  if (ran == 0 && timeout_ms != 0) ran = wait_for_event(timeout_ms);
  for (int i = 1; ran != 0 && i < kHandlersPerRound && !loop_->has_flushed_enough(); ++i)
    ran = context.poll_one();
}

size_t TcpTransport::wait_for_event(int64_t timeout_ms) {
  asio::io_context& context = loop_->context();
  const int64_t began = monotonic_ns();
  size_t ran = 0;
  if (eager_.worthwhile()) {
    while (ran == 0 && monotonic_ns() - began < EagerWait::kAwakeNs) {
      // Whoever else wants this processor may have it: the log thread, or the client itself.
      ::sched_yield();
      ran = context.poll_one();
    }
  }
  if (ran == 0)
    ran = timeout_ms < 0 ? context.run_one()
                         : context.run_one_for(std::chrono::milliseconds(timeout_ms));
  eager_.waited(monotonic_ns() - began);
  return ran;
}

void TcpTransport::wait_for_wake(int64_t timeout_ms) {
  if (timeout_ms == 0) return;
  std::unique_lock lock(wake_mutex_);
  const auto woken = [this] { return wake_pending_.load(std::memory_order_acquire); };
  if (timeout_ms < 0) {
    woken_.wait(lock, woken);
  } else {
    woken_.wait_for(lock, std::chrono::milliseconds(timeout_ms), woken);
  }
}

void TcpTransport::wake() {
  if (wake_pending_.exchange(true, std::memory_order_acq_rel)) return;
  if (shared()) {
    asio::post(loop_->context(), [] {});
  } else {
    // The empty critical section makes sure that the flag is not set between the look and the sleep
    // of the waiting thread.
    { const std::lock_guard lock(wake_mutex_); }
    woken_.notify_one();
  }
}

// Made by the first who asks: at start-up, when there are listeners for other servers.
TcpTransport::Worker& TcpTransport::peer_worker() {
  if (workers_.size() == static_cast<size_t>(threads_)) {
    workers_.push_back(
        std::make_unique<Worker>(static_cast<uint16_t>(threads_), options_, *log_, *this));
    workers_.back()->start();
  }
  return *workers_.back();
}

IoLoop& TcpTransport::accept_loop(Channel channel) {
  if (shared()) return *loop_;
  return (channel == Channel::kClient ? *workers_.front() : peer_worker()).loop();
}

TcpTransport::Worker& TcpTransport::worker_of(ConnId conn) const {
  const size_t index = static_cast<size_t>(conn.value >> kWorkerShift) - 1;
  ZOOKERNEL_ASSERT(index < workers_.size());
  return *workers_[index];
}

}  // namespace zookernel::transport
