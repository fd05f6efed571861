// Host names to addresses, without making anybody wait: each name that is being looked up has a
// thread of its own, so that a name server that does not answer for one name delays no other. Who
// asks for a name that is being looked up shares the answer. Nothing is remembered afterwards.
//
// The system's look-up cannot be interrupted. Its thread is therefore left alone at the end: it
// holds nothing but the state that it shares, and finds nobody to tell.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address.hpp>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "zookernel/result.h"

namespace zookernel::transport {

class NameLookup {
 public:
  using Addresses = std::vector<boost::asio::ip::address>;  // as the system orders them
  using Answer = std::function<void(const Result<Addresses>&)>;

  // Answers come on the loop of `context`.
  explicit NameLookup(boost::asio::io_context& context);
  // No answer comes after this.
  ~NameLookup();
  NameLookup(const NameLookup&) = delete;
  NameLookup& operator=(const NameLookup&) = delete;

  void look_up(const std::string& host, Answer answer);

 private:
  struct Shared {
    std::mutex mutex;
    boost::asio::io_context* context;  // null after the end
  };

  void answered(const std::string& host, const Result<Addresses>& found);

  const std::shared_ptr<Shared> shared_;
  std::map<std::string, std::vector<Answer>> waiting_;  // of the loop's thread
};

}  // namespace zookernel::transport
