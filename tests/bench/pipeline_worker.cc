#include "tests/bench/pipeline_worker.h"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <zookernel/assert.h>
#include <zookernel/bytes.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "tests/bench/process_clock.h"
#include "tests/bench/protocol.h"
#include "tests/bench/session.h"

namespace zookernel::bench {
namespace {

constexpr size_t kReadBytes = 256U << 10;
constexpr int kSilenceMs = 60'000;  // a server that says nothing for so long is stuck
constexpr size_t kEventsMax = 64;

// Xids go from 1 up and start again before they would be negative.
int32_t xid_of(uint64_t request) {
  return static_cast<int32_t>(request % 0x7fffffffU) + 1;
}

Error broken(size_t connection, const std::string& what) {
  return {Errc::kCorrupt, "connection " + std::to_string(connection) + ": " + what};
}

}  // namespace

PipelineWorker::PipelineWorker(Workload& workload, PipelineControl& control, size_t depth,
                               uint64_t first_index, uint64_t count)
    : workload_(workload),
      control_(control),
      depth_(depth),
      frame_bytes_(workload.request_bytes()),
      next_index_(first_index),
      left_(count),
      buffer_(kReadBytes) {
  ZOOKERNEL_ASSERT(depth_ > 0);
  ZOOKERNEL_ASSERT(frame_bytes_ >= kLengthBytes + kRequestHeaderBytes);
}

Status PipelineWorker::open_connection(const Address& address, size_t number) {
  auto session = Session::open(address);
  if (!session.ok()) return session.error();
  Connection connection;
  connection.socket = session->release();
  connection.number = number;
  connection.ring.resize(depth_ * frame_bytes_);
  connection.slots.resize(depth_);
  for (size_t i = 0; i < depth_; ++i) {
    workload_.prepare(number, connection.ring.data() + i * frame_bytes_);
  }
  if (auto status = set_nonblocking(connection.socket.get()); !status.ok()) return status;
  connections_.push_back(std::move(connection));
  return Unit{};
}

Status PipelineWorker::run() {
  auto epoll = make_epoll();
  if (!epoll.ok()) return epoll.error();
  epoll_ = std::move(*epoll);
  uint64_t now_ns = monotonic_ns();
  for (size_t i = 0; i < connections_.size(); ++i) {
    auto status = epoll_watch(epoll_.get(), connections_[i].socket.get(), EPOLLIN, i);
    if (!status.ok()) return status;
    refill(connections_[i], now_ns);
    if (status = flush(connections_[i], i); !status.ok()) return status;
  }
  std::array<epoll_event, kEventsMax> events;
  while (in_flight_ > 0) {
    int ready = ::epoll_wait(epoll_.get(), events.data(), kEventsMax, kSilenceMs);
    if (ready < 0 && errno == EINTR) continue;
    if (ready < 0) return os_error("wait for replies");
    if (ready == 0) {
      return Error{Errc::kIo, std::to_string(in_flight_) + " requests are unanswered after " +
                                  std::to_string(kSilenceMs / 1000) + " s of silence"};
    }
    for (int i = 0; i < ready; ++i) {
      size_t position = events[static_cast<size_t>(i)].data.u64;
      Connection& connection = connections_[position];
      // An error or a hang-up shows as a failing read.
      if ((events[static_cast<size_t>(i)].events & ~static_cast<uint32_t>(EPOLLOUT)) != 0) {
        if (auto status = on_readable(connection); !status.ok()) return status;
        refill(connection, monotonic_ns());
      }
      if (auto status = flush(connection, position); !status.ok()) return status;
    }
  }
  return Unit{};
}

Status PipelineWorker::close_connections() {
  for (Connection& connection : connections_) {
    auto session = Session::adopt(std::move(connection.socket), xid_of(connection.queued));
    if (!session.ok()) return session.error();
    if (auto status = session->close(); !status.ok()) return status;
  }
  connections_.clear();
  return Unit{};
}

bool PipelineWorker::has_more() const {
  return left_ > 0 && !control_.stopping.load(std::memory_order_relaxed);
}

void PipelineWorker::refill(Connection& connection, uint64_t now_ns) {
  while (connection.queued - connection.answered < depth_ && has_more()) {
    // The slot's last request has been answered, hence sent whole: its bytes are free.
    size_t slot = connection.queued % depth_;
    char* frame = connection.ring.data() + slot * frame_bytes_;
    connection.slots[slot] = {next_index_, now_ns};
    workload_.update(next_index_, frame);
    set_xid(frame, xid_of(connection.queued));
    ++connection.queued;
    ++next_index_;
    --left_;
    ++in_flight_;
  }
}

Status PipelineWorker::flush(Connection& connection, size_t position) {
  const uint64_t queued_bytes = connection.queued * frame_bytes_;
  while (connection.bytes_sent < queued_bytes) {
    size_t due = queued_bytes - connection.bytes_sent;
    size_t from = connection.bytes_sent % connection.ring.size();
    size_t to_end = std::min(due, connection.ring.size() - from);
    std::array<iovec, 2> parts{
        {{connection.ring.data() + from, to_end}, {connection.ring.data(), due - to_end}}};
    msghdr message{};
    message.msg_iov = parts.data();
    message.msg_iovlen = due > to_end ? 2 : 1;
    ssize_t sent = ::sendmsg(connection.socket.get(), &message, MSG_NOSIGNAL);
    if (sent >= 0) {
      connection.bytes_sent += static_cast<uint64_t>(sent);
    } else if (errno == EAGAIN) {
      break;
    } else if (errno != EINTR) {
      return os_error("connection " + std::to_string(connection.number) + ": send requests");
    }
  }
  bool blocked = connection.bytes_sent < queued_bytes;
  if (blocked == connection.awaits_writable) return Unit{};
  connection.awaits_writable = blocked;
  uint32_t events = EPOLLIN | (blocked ? static_cast<uint32_t>(EPOLLOUT) : 0U);
  return epoll_watch(epoll_.get(), connection.socket.get(), events, position);
}

Status PipelineWorker::on_readable(Connection& connection) {
  size_t have = connection.leftover.size();
  std::copy(connection.leftover.begin(), connection.leftover.end(), buffer_.begin());
  connection.leftover.clear();
  ssize_t got = ::recv(connection.socket.get(), buffer_.data() + have, buffer_.size() - have, 0);
  if (got == 0) {
    return broken(connection.number, "closed by the server with " +
                                         std::to_string(connection.queued - connection.answered) +
                                         " replies due");
  }
  if (got < 0 && errno != EAGAIN && errno != EINTR) {
    return os_error("connection " + std::to_string(connection.number) + ": read replies");
  }
  if (got > 0) have += static_cast<size_t>(got);

  const uint64_t now_ns = monotonic_ns();
  size_t at = 0;
  while (have - at >= kLengthBytes) {
    size_t length = load_be32(buffer_.data() + at);
    if (length < kReplyHeaderBytes || length > kFrameBytesMax) {
      return broken(connection.number,
                    "a frame of length " + std::to_string(length) + " is no reply");
    }
    if (have - at < kLengthBytes + length) {
      // What is left over must always leave room for the rest of its frame.
      if (buffer_.size() < 2 * (kLengthBytes + length)) buffer_.resize(2 * (kLengthBytes + length));
      break;
    }
    auto status = on_reply(connection, {buffer_.data() + at + kLengthBytes, length}, now_ns);
    if (!status.ok()) return status;
    at += kLengthBytes + length;
  }
  connection.leftover.assign(buffer_.data() + at, have - at);
  return Unit{};
}

Status PipelineWorker::on_reply(Connection& connection, std::string_view payload, uint64_t now_ns) {
  ReplyHeader header = decode_reply_header(payload);
  if (connection.answered == connection.queued) {
    return broken(connection.number,
                  "a reply with xid " + std::to_string(header.xid) + " that nobody asked for");
  }
  int32_t due = xid_of(connection.answered);
  if (header.xid != due) {
    return broken(connection.number, "a reply has xid " + std::to_string(header.xid) + " where " +
                                         std::to_string(due) + " was due");
  }
  if (header.err != kErrOk) {
    return broken(connection.number, "the reply to xid " + std::to_string(due) + " has err " +
                                         std::to_string(header.err));
  }
  const Slot& slot = connection.slots[connection.answered % depth_];
  if (!workload_.accepts(connection.number, slot.index, payload.substr(kReplyHeaderBytes))) {
    return broken(connection.number,
                  "the reply to xid " + std::to_string(due) + " has a wrong body of " +
                      std::to_string(payload.size() - kReplyHeaderBytes) + " bytes");
  }
  if (control_.measuring.load(std::memory_order_relaxed))
    latencies_.add(now_ns - slot.queued_at_ns);
  ++connection.answered;
  --in_flight_;
  // Only this thread writes; a plain increment of an atomic would lock the bus for each reply.
  answered_.store(answered_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  return Unit{};
}

}  // namespace zookernel::bench
