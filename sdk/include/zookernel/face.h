/* What the C++ faces of the outer circle share: text conversions, the host, the guard around
 * exceptions. C++11 and up, header only. */
#ifndef ZOOKERNEL_FACE_H
#define ZOOKERNEL_FACE_H

#include <cstring>
#include <exception>
#include <string>

#include "zookernel/abi.h"

namespace zookernel {
namespace plugin {

inline std::string string_of(ZookernelText text) {
  return text.size == 0 ? std::string() : std::string(text.data, text.size);
}
inline ZookernelText text_of(const std::string& string) {
  ZookernelText text = {string.data(), string.size()};
  return text;
}

/* Compares secrets in a time that depends on their lengths only. */
inline bool equal_in_constant_time(const std::string& a, const std::string& b) {
  if (a.size() != b.size()) return false;
  unsigned char difference = 0;
  for (std::string::size_type i = 0; i < a.size(); ++i) {
    difference = static_cast<unsigned char>(difference | (a[i] ^ b[i]));
  }
  return difference == 0;
}

/* What the kernel lends to an extension; a copy stays valid as long as the extension lives. */
class Host {
 public:
  explicit Host(const ZookernelHost& host) : host_(&host) {}

  /* Value of an option that the manifest declares. [startup] */
  std::string setting(const char* key) const {
    return string_of(host_->setting(host_->context, key));
  }
  /* One line in the server's log. [any] */
  void log(int level, const std::string& message) const {
    host_->log(host_->context, level, text_of(message));
  }

 private:
  const ZookernelHost* host_;
};

namespace detail {

/* Runs work(), which answers an empty string for success; puts its complaint or the exception's
 * text into error. */
template <typename Work>
int32_t guard(const ZookernelSink* error, Work work) {
  std::string complaint;
  try {
    complaint = work();
    if (complaint.empty()) return 1;
  } catch (const std::exception& e) {
    try {
      complaint = std::string("exception: ") + e.what();
    } catch (...) {
    }
  } catch (...) {
    try {
      complaint = "an exception of unknown type";
    } catch (...) {
    }
  }
  if (error != nullptr && error->put != nullptr) error->put(error->context, text_of(complaint));
  return 0;
}

}  // namespace detail
}  // namespace plugin
}  // namespace zookernel

#endif /* ZOOKERNEL_FACE_H */
