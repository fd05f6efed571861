// A running server as an origin: its word "snap" sends a snapshot and what follows it.
#include <netdb.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>

#include "kernel/shell/backup_stream.h"
#include "plugins/storage/file/log_format.h"
#include "tools/db/transfer/transfer.h"
#include "zookernel/log.h"

namespace zookernel::db_tool {
namespace {

using shell::BackupBlock;
using shell::BackupDecoder;

// A server that is silent for so long is taken for dead.
constexpr int kSilenceSeconds = 60;

class Socket {
 public:
  static Result<Socket> connect(const std::string& host, const std::string& port) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    if (const int code = ::getaddrinfo(host.c_str(), port.c_str(), &hints, &found); code != 0) {
      return Error{Errc::kNotFound, host + ":" + port + ": " + ::gai_strerror(code)};
    }
    int problem = 0;
    Socket socket;
    for (const addrinfo* each = found; each != nullptr; each = each->ai_next) {
      socket = Socket(::socket(each->ai_family, each->ai_socktype | SOCK_CLOEXEC, 0));
      const timeval silence{kSilenceSeconds, 0};
      ::setsockopt(socket.fd_, SOL_SOCKET, SO_RCVTIMEO, &silence, sizeof silence);
      ::setsockopt(socket.fd_, SOL_SOCKET, SO_SNDTIMEO, &silence, sizeof silence);
      if (socket.fd_ >= 0 && ::connect(socket.fd_, each->ai_addr, each->ai_addrlen) == 0) break;
      problem = errno;
      socket = Socket();
    }
    ::freeaddrinfo(found);
    if (socket.fd_ >= 0) return socket;
    return Error{Errc::kIo, "connect to " + host + ":" + port + ": " + std::strerror(problem)};
  }

  Socket() = default;
  Socket(Socket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Socket& operator=(Socket&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  ~Socket() {
    if (fd_ >= 0) ::close(fd_);
  }

  Status send(Bytes bytes) {
    while (!bytes.empty()) {
      const ssize_t count = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return failed("send to the server");
      bytes.remove_prefix(static_cast<size_t>(count));
    }
    return Unit{};
  }
  Result<size_t> receive(char* to, size_t count) {
    for (;;) {
      const ssize_t got = ::recv(fd_, to, count, 0);
      if (got >= 0) return static_cast<size_t>(got);
      if (errno != EINTR) return failed("receive from the server");
    }
  }

 private:
  explicit Socket(int fd) : fd_(fd) {}
  static Error failed(const char* doing) {
    if (errno == EAGAIN || errno == EWOULDBLOCK) {
      return {Errc::kIo,
              std::string(doing) + ": nothing for " + std::to_string(kSilenceSeconds) + " seconds"};
    }
    return {Errc::kIo, std::string(doing) + ": " + std::strerror(errno)};
  }

  int fd_ = -1;
};

class ServerOrigin final : public Origin {
 public:
  explicit ServerOrigin(Socket socket) : socket_(std::move(socket)) {}

  Status begin() {
    if (Status sent = socket_.send("snap"); !sent) return sent;
    auto head = decoder_.head();
    if (!head) return head.error();
    head_ = *head;
    return Unit{};
  }

  [[nodiscard]] Zxid snapshot_name() const override { return head_.snapshot; }
  [[nodiscard]] Epochs epochs() const override { return head_.epochs; }
  SnapshotReader& snapshot() override { return snapshot_; }
  TxnReader& transactions() override { return log_; }

  Status complete(const Transferred& carried) override {
    if (kind_ != BackupBlock::kEnd || rest_.size() != 16) return damaged("its end is malformed");
    if (load_be64(rest_.data()) != snapshot_bytes_ ||
        load_be64(rest_.data() + 8) != carried.transactions || carried.last != head_.last) {
      return damaged("its end counts something else");
    }
    return Unit{};
  }

 private:
  class Snapshot final : public SnapshotReader {
   public:
    explicit Snapshot(ServerOrigin& origin) : origin_(origin) {}
    Result<size_t> read(char* to, size_t count) override { return origin_.read(to, count); }

   private:
    ServerOrigin& origin_;
  };
  class Log final : public TxnReader {
   public:
    explicit Log(ServerOrigin& origin) : origin_(origin) {}
    Result<std::optional<Record>> next() override { return origin_.next_transaction(); }

   private:
    ServerOrigin& origin_;
  };

  static Error damaged(const std::string& why) {
    return {Errc::kCorrupt, "the backup is damaged: " + why};
  }

  // rest_ becomes the bytes of the next block.
  Status advance() {
    auto block = decoder_.next();
    if (!block) return block.error();
    if (kind_ == BackupBlock::kTransactions && block->kind == BackupBlock::kSnapshot) {
      return damaged("its blocks are out of order");
    }
    kind_ = block->kind;
    rest_ = block->bytes;
    return Unit{};
  }

  Result<size_t> read(char* to, size_t count) {
    while (rest_.empty() && kind_ == BackupBlock::kSnapshot) {
      if (Status advanced = advance(); !advanced) return advanced.error();
    }
    if (kind_ != BackupBlock::kSnapshot) return size_t{0};
    const size_t given = std::min(count, rest_.size());
    std::copy_n(rest_.data(), given, to);
    rest_.remove_prefix(given);
    snapshot_bytes_ += given;
    return given;
  }

  Result<std::optional<TxnReader::Record>> next_transaction() {
    while (rest_.empty() && kind_ == BackupBlock::kTransactions) {
      if (Status advanced = advance(); !advanced) return advanced.error();
    }
    if (kind_ == BackupBlock::kEnd) return std::optional<TxnReader::Record>{};
    if (kind_ != BackupBlock::kTransactions) return damaged("its blocks are out of order");
    const size_t size = rest_.size() < 4 ? SIZE_MAX : load_be32(rest_.data());
    if (size < file_storage::kTxnHeaderBytes || size > file_storage::kRecordBytesMax ||
        size > rest_.size() - 4) {
      return damaged("a transaction has an impossible length");
    }
    const Bytes record = rest_.substr(4, size);
    rest_.remove_prefix(4 + size);
    return std::optional(TxnReader::Record{file_storage::zxid_of(record.data()), record});
  }

  Socket socket_;
  BackupDecoder decoder_{[this](char* to, size_t count) { return socket_.receive(to, count); }};
  shell::BackupHead head_;
  BackupBlock kind_ = BackupBlock::kSnapshot;
  Bytes rest_;
  uint64_t snapshot_bytes_ = 0;
  Snapshot snapshot_{*this};
  Log log_{*this};
};

}  // namespace

Result<std::unique_ptr<Origin>> open_server(const std::string& address) {
  const size_t colon = address.rfind(':');
  if (colon == std::string::npos || colon + 1 == address.size()) {
    return Error{Errc::kInvalid, address + ": HOST:PORT is expected (the client port)"};
  }
  std::string host = address.substr(0, colon);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  }
  auto socket = Socket::connect(host, address.substr(colon + 1));
  if (!socket) return socket.error();
  auto origin = std::make_unique<ServerOrigin>(*std::move(socket));
  if (Status begun = origin->begin(); !begun) return begun.error();
  return std::unique_ptr<Origin>(std::move(origin));
}

}  // namespace zookernel::db_tool
