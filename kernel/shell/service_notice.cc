#include "kernel/shell/service_notice.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <system_error>

#include "kernel/shell/one_line.h"

namespace zookernel::shell {
namespace {

Error failure(std::string_view address) {
  return {Errc::kIo,
          "NOTIFY_SOCKET " + one_line(address) + ": " + std::generic_category().message(errno)};
}

}  // namespace

Status notify_service(std::string_view state) {
  const char* value = std::getenv("NOTIFY_SOCKET");
  if (value == nullptr || *value == '\0') return Unit{};
  const std::string_view address = value;
  sockaddr_un socket_address{};
  socket_address.sun_family = AF_UNIX;
  if ((address.front() != '/' && address.front() != '@') ||
      address.size() >= sizeof(socket_address.sun_path)) {
    errno = EAFNOSUPPORT;
    return failure(address);
  }
  std::memcpy(socket_address.sun_path, address.data(), address.size());
  // An abstract address: no file, and a length instead of an end.
  if (address.front() == '@') socket_address.sun_path[0] = '\0';
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address.size());

  const int fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return failure(address);
  const ssize_t sent = ::sendto(fd, state.data(), state.size(), MSG_NOSIGNAL,
                                reinterpret_cast<const sockaddr*>(&socket_address), size);
  Status status = Unit{};
  if (sent < 0) status = failure(address);
  ::close(fd);
  return status;
}

std::string status_line(std::string_view text) {
  return "STATUS=" + std::string(text.substr(0, text.find('\n')));
}

}  // namespace zookernel::shell
