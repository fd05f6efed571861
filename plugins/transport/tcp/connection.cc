#include "plugins/transport/tcp/connection.h"

#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <cerrno>

namespace zookernel::transport {
namespace {

constexpr size_t kBuffersPerWrite = 64;
// What one connection may hand to the system before others get their turn: a reply of many
// megabytes to a quick reader would keep the loop for its whole length.
constexpr size_t kBytesPerTurn = size_t{256} << 10;

bool would_block(int error) {
  return error == EAGAIN || error == EWOULDBLOCK;
}

}  // namespace

Connection::Io Connection::receive(char* to, size_t size, size_t& received) {
  for (;;) {
    const ssize_t count = ::recv(socket.native_handle(), to, size, MSG_DONTWAIT);
    if (count > 0) {
      received = static_cast<size_t>(count);
      return Io::kDone;
    }
    if (count == 0) return Io::kEnd;
    if (errno == EINTR) continue;
    if (would_block(errno)) return Io::kBlocked;
    last_errno = errno;
    return Io::kFailed;
  }
}

Connection::Io Connection::send(Buffer bytes) {
  if (bytes.empty()) return queued_bytes_ == 0 ? Io::kDone : Io::kBlocked;
  size_t sent = 0;
  if (queued_bytes_ == 0) {
    const size_t turn = std::min(bytes.size(), kBytesPerTurn);
    while (sent < turn) {
      const ssize_t count = ::send(socket.native_handle(), bytes.data() + sent, turn - sent,
                                   MSG_DONTWAIT | MSG_NOSIGNAL);
      if (count >= 0) {
        sent += static_cast<size_t>(count);
      } else if (errno != EINTR) {
        if (would_block(errno)) break;
        last_errno = errno;
        return Io::kFailed;
      }
    }
    if (sent == bytes.size()) return Io::kDone;
    queue_.clear();
    head_ = 0;
    head_offset_ = sent;
  }
  queued_bytes_ += bytes.size() - sent;
  queue_.push_back(std::move(bytes));
  return Io::kBlocked;
}

Connection::Io Connection::flush() {
  for (size_t turn = kBytesPerTurn; queued_bytes_ != 0;) {
    if (turn == 0) return Io::kBlocked;
    iovec pieces[kBuffersPerWrite];
    size_t count = 0;
    size_t left = turn;
    for (; left != 0 && count < kBuffersPerWrite && head_ + count < queue_.size(); ++count) {
      Buffer& buffer = queue_[head_ + count];
      const size_t skip = count == 0 ? head_offset_ : 0;
      const size_t size = std::min(buffer.size() - skip, left);
      pieces[count] = {buffer.data() + skip, size};
      left -= size;
    }
    msghdr message{};
    message.msg_iov = pieces;
    message.msg_iovlen = count;
    const ssize_t sent = ::sendmsg(socket.native_handle(), &message, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent >= 0) {
      forget_sent(static_cast<size_t>(sent));
      turn -= static_cast<size_t>(sent);
    } else if (errno != EINTR) {
      if (would_block(errno)) return Io::kBlocked;
      last_errno = errno;
      return Io::kFailed;
    }
  }
  return Io::kDone;
}

void Connection::forget_sent(size_t count) {
  queued_bytes_ -= count;
  while (count != 0) {
    const size_t left = queue_[head_].size() - head_offset_;
    if (count < left) {
      head_offset_ += count;
      return;
    }
    count -= left;
    queue_[head_] = Buffer();
    ++head_;
    head_offset_ = 0;
  }
  if (head_ == queue_.size()) {
    // An idle connection keeps no memory of its busy times.
    queue_ = std::vector<Buffer>();
    head_ = 0;
  } else if (head_ >= kBuffersPerWrite && head_ * 2 >= queue_.size()) {
    queue_.erase(queue_.begin(), queue_.begin() + static_cast<std::ptrdiff_t>(head_));
    head_ = 0;
  }
}

void Connection::shut_down_sending() {
  boost::system::error_code ignored;
  socket.shutdown(boost::asio::ip::tcp::socket::shutdown_send, ignored);
}

void Connection::close_with_reset() {
  boost::system::error_code ignored;
  socket.set_option(boost::asio::socket_base::linger(true, 0), ignored);
  socket.close(ignored);
}

void Connection::close() {
  boost::system::error_code ignored;
  socket.close(ignored);
}

}  // namespace zookernel::transport
