#include "kernel/shell/service_notice.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <catch2/catch_test_macros.hpp>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>

namespace zookernel::shell {
namespace {

// The other end: a datagram socket at an address of NOTIFY_SOCKET's form, which the environment
// names while it lives.
class Manager {
 public:
  explicit Manager(const std::string& address) : fd_(::socket(AF_UNIX, SOCK_DGRAM, 0)) {
    sockaddr_un socket_address{};
    socket_address.sun_family = AF_UNIX;
    std::memcpy(socket_address.sun_path, address.data(), address.size());
    if (address.front() == '@') socket_address.sun_path[0] = '\0';
    REQUIRE(::bind(fd_, reinterpret_cast<const sockaddr*>(&socket_address),
                   static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address.size())) == 0);
    ::setenv("NOTIFY_SOCKET", address.c_str(), 1);
  }
  ~Manager() {
    ::unsetenv("NOTIFY_SOCKET");
    ::close(fd_);
  }
  Manager(const Manager&) = delete;
  Manager& operator=(const Manager&) = delete;

  // What has arrived; empty when nothing has.
  std::string received() const {
    std::string text(512, '\0');
    const ssize_t size = ::recv(fd_, text.data(), text.size(), MSG_DONTWAIT);
    text.resize(size < 0 ? 0 : static_cast<size_t>(size));
    return text;
  }

 private:
  int fd_;
};

std::string unique_name() {
  return "zookernel-notice-" + std::to_string(::getpid());
}

}  // namespace

TEST_CASE("notify_service: the state arrives at a socket in a directory",
          "[shell][service_notice]") {
  const std::filesystem::path path = std::filesystem::temp_directory_path() / unique_name();
  {
    const Manager manager(path.string());

    REQUIRE(notify_service("READY=1\nSTATUS=serving").ok());

    CHECK(manager.received() == "READY=1\nSTATUS=serving");
  }
  std::filesystem::remove(path);
}

TEST_CASE("notify_service: the state arrives at an abstract address", "[shell][service_notice]") {
  const Manager manager("@" + unique_name());

  REQUIRE(notify_service("STOPPING=1").ok());

  CHECK(manager.received() == "STOPPING=1");
}

TEST_CASE("notify_service: without a manager nothing happens", "[shell][service_notice]") {
  ::unsetenv("NOTIFY_SOCKET");

  CHECK(notify_service("READY=1").ok());
}

TEST_CASE("notify_service: an address that cannot be used is named", "[shell][service_notice]") {
  for (const std::string& address :
       {std::string("relative"), std::string("/nowhere/at/all"), "/" + std::string(200, 'x')}) {
    ::setenv("NOTIFY_SOCKET", address.c_str(), 1);

    const Status status = notify_service("READY=1");

    REQUIRE(!status.ok());
    CHECK(status.error().message.find("NOTIFY_SOCKET " + address) == 0);
  }
  ::unsetenv("NOTIFY_SOCKET");
}

TEST_CASE("status_line: one line, whatever the text", "[shell][service_notice]") {
  CHECK(status_line("first\nREADY=1") == "STATUS=first");
}

}  // namespace zookernel::shell
