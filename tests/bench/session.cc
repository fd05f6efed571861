#include "tests/bench/session.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <zookernel/bytes.h>

#include <cerrno>

namespace zookernel::bench {
namespace {

constexpr int kReplyWaitS = 60;

// Reads exactly `wanted` bytes.
Status read_exactly(int fd, char* to, size_t wanted) {
  size_t have = 0;
  while (have < wanted) {
    ssize_t got = ::recv(fd, to + have, wanted - have, 0);
    if (got > 0) {
      have += static_cast<size_t>(got);
    } else if (got == 0) {
      return Error{Errc::kClosed, "the server closed the connection while a reply was due"};
    } else if (errno == EAGAIN) {
      return Error{Errc::kIo, "no reply within " + std::to_string(kReplyWaitS) + " s"};
    } else if (errno != EINTR) {
      return os_error("read a reply");
    }
  }
  return Unit{};
}

}  // namespace

Result<Session> Session::open(const Address& address) {
  auto socket = connect_blocking(address);
  if (!socket.ok()) return socket.error();
  auto session = adopt(std::move(*socket), 1);
  if (!session.ok()) return session.error();

  std::string hello = encode_connect(kSessionTimeoutMs);
  if (auto sent = send_all(session->socket_.get(), hello.data(), hello.size()); !sent.ok()) {
    return sent.error();
  }
  auto payload = session->read_frame();
  if (!payload.ok()) return payload.error();
  ConnectReply reply;
  if (!decode_connect_reply(*payload, reply)) {
    return Error{Errc::kCorrupt, "the reply to a connect request opens no session"};
  }
  session->id_ = reply.session_id;
  return session;
}

Result<Session> Session::adopt(Fd socket, int32_t next_xid) {
  int flags = ::fcntl(socket.get(), F_GETFL);
  timeval wait{kReplyWaitS, 0};
  if (flags < 0 || ::fcntl(socket.get(), F_SETFL, flags & ~O_NONBLOCK) != 0 ||
      ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait) != 0) {
    return os_error("make a socket blocking");
  }
  Session session(std::move(socket));
  session.next_xid_ = next_xid;
  return session;
}

Result<Reply> Session::call(std::string& frame) {
  if (auto sent = send(frame); !sent.ok()) return sent.error();
  return receive();
}

Status Session::send(std::string& frame) {
  set_xid(frame.data(), next_xid_++);
  return send_all(socket_.get(), frame.data(), frame.size());
}

Result<Reply> Session::receive() {
  const int32_t xid = next_xid_ - 1;
  auto payload = read_frame();
  if (!payload.ok()) return payload.error();
  if (payload->size() < kReplyHeaderBytes) {
    return Error{Errc::kCorrupt,
                 "a reply of " + std::to_string(payload->size()) + " bytes is too short"};
  }
  Reply reply{decode_reply_header(*payload), payload->substr(kReplyHeaderBytes)};
  if (reply.header.xid != xid) {
    return Error{Errc::kCorrupt, "a reply has xid " + std::to_string(reply.header.xid) + " where " +
                                     std::to_string(xid) + " was due"};
  }
  return reply;
}

Status Session::close() {
  std::string frame = encode_close_session();
  auto body = expect_ok(call(frame), "close the session");
  if (!body.ok()) return body.error();
  char rest = 0;
  ssize_t got = ::recv(socket_.get(), &rest, 1, 0);
  if (got != 0) {
    return Error{Errc::kCorrupt, "the server did not close the connection of a closed session"};
  }
  socket_.reset();
  return Unit{};
}

Result<std::string_view> Session::read_frame() {
  // Replies are small and come in one piece, so that one call usually reads all of it. More than
  // one frame cannot have been sent: nothing else was asked for.
  size_t have = 0;
  while (have < kLengthBytes) {
    ssize_t got = ::recv(socket_.get(), buffer_.data() + have, buffer_.size() - have, 0);
    if (got == 0)
      return Error{Errc::kClosed, "the server closed the connection while a reply was due"};
    if (got < 0) {
      if (errno == EINTR) continue;
      if (errno == EAGAIN) {
        return Error{Errc::kIo, "no reply within " + std::to_string(kReplyWaitS) + " s"};
      }
      return os_error("read a reply");
    }
    have += static_cast<size_t>(got);
  }
  size_t whole = kLengthBytes + load_be32(buffer_.data());
  if (whole > kFrameBytesMax || have > whole) {
    return Error{Errc::kCorrupt, "a reply's length of " + std::to_string(whole - kLengthBytes) +
                                     " bytes does not fit what was received"};
  }
  if (whole > buffer_.size()) buffer_.resize(whole);
  if (auto rest = read_exactly(socket_.get(), buffer_.data() + have, whole - have); !rest.ok()) {
    return rest.error();
  }
  return std::string_view(buffer_.data() + kLengthBytes, whole - kLengthBytes);
}

Result<std::string_view> expect_ok(const Result<Reply>& reply, std::string_view what) {
  if (!reply.ok())
    return Error{reply.error().code, std::string(what) + ": " + reply.error().message};
  if (reply->header.err != kErrOk) {
    return Error{Errc::kInvalid, std::string(what) + ": the server answers err " +
                                     std::to_string(reply->header.err)};
  }
  return reply->body;
}

Status ensure_node(Session& session, std::string_view path, std::string_view data) {
  std::string name(path);
  std::string create = encode_create(path, data);
  auto created = session.call(create);
  if (!created.ok() || created->header.err != kErrNodeExists) {
    auto body = expect_ok(created, "create " + name);
    if (!body.ok()) return body.error();
    return Unit{};
  }
  std::string set = encode_set_data(path, data);
  auto body = expect_ok(session.call(set), "set " + name);
  if (!body.ok()) return body.error();
  return Unit{};
}

}  // namespace zookernel::bench
