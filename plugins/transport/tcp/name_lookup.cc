#include "plugins/transport/tcp/name_lookup.h"

#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <cstring>
#include <system_error>
#include <thread>
#include <utility>

namespace zookernel::transport {
namespace {

namespace ip = boost::asio::ip;

ip::address address_of(const addrinfo& entry) {
  if (entry.ai_family == AF_INET) {
    sockaddr_in v4;
    std::memcpy(&v4, entry.ai_addr, sizeof v4);
    return ip::address_v4(ntohl(v4.sin_addr.s_addr));
  }
  sockaddr_in6 v6;
  std::memcpy(&v6, entry.ai_addr, sizeof v6);
  ip::address_v6::bytes_type bytes;
  std::memcpy(bytes.data(), &v6.sin6_addr, bytes.size());
  return ip::address_v6(bytes, v6.sin6_scope_id);
}

// Waits for the name servers.
Result<NameLookup::Addresses> ask_system(const std::string& host) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int problem = ::getaddrinfo(host.c_str(), nullptr, &hints, &found);
  if (problem != 0) return Error{Errc::kNotFound, ::gai_strerror(problem)};
  NameLookup::Addresses addresses;
  for (const addrinfo* entry = found; entry != nullptr; entry = entry->ai_next) {
    if (entry->ai_family != AF_INET && entry->ai_family != AF_INET6) continue;
    ip::address address = address_of(*entry);
    if (std::find(addresses.begin(), addresses.end(), address) == addresses.end())
      addresses.push_back(std::move(address));
  }
  ::freeaddrinfo(found);
  if (addresses.empty()) return Error{Errc::kNotFound, "it has no address"};
  return addresses;
}

}  // namespace

NameLookup::NameLookup(boost::asio::io_context& context) : shared_(std::make_shared<Shared>()) {
  shared_->context = &context;
}

NameLookup::~NameLookup() {
  const std::lock_guard lock(shared_->mutex);
  shared_->context = nullptr;
}

void NameLookup::look_up(const std::string& host, Answer answer) {
  std::vector<Answer>& waiting = waiting_[host];
  waiting.push_back(std::move(answer));
  if (waiting.size() > 1) return;
  try {
    std::thread([this, host, shared = shared_] {
      Result<Addresses> found = ask_system(host);
      const std::lock_guard lock(shared->mutex);
      if (shared->context == nullptr) return;
      boost::asio::post(*shared->context, [this, host, found = std::move(found), shared] {
        // The context outlives us by a little: it may still run this.
        if (shared->context != nullptr) answered(host, found);
      });
    }).detach();
  } catch (const std::system_error& error) {
    boost::asio::post(*shared_->context,
                      [this, host, shared = shared_, why = std::string(error.what())] {
                        if (shared->context != nullptr)
                          answered(host, Error{Errc::kIo, "no thread for the look-up: " + why});
                      });
  }
}

void NameLookup::answered(const std::string& host, const Result<Addresses>& found) {
  const auto at = waiting_.find(host);
  if (at == waiting_.end()) return;
  const std::vector<Answer> answers = std::move(at->second);
  waiting_.erase(at);
  for (const Answer& answer : answers) answer(found);
}

}  // namespace zookernel::transport
