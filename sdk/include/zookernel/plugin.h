// The life of an inner extension (transport, storage, consensus), and what the kernel lends it.
//
//   create -> configure (all) -> start (in order) -> serve -> stop (in reverse) -> destroy
//
// configure reads settings and opens nothing; start opens; stop returns when every thread is joined
// and no callback will come.
#pragma once

#include <cstdint>
#include <string_view>

#include "zookernel/abi.h"
#include "zookernel/result.h"

namespace zookernel {

class FileSystem;
class Logger;
class Metrics;

// The settings of the running server: zoo.cfg over -D properties over the defaults of the manifest.
// [startup]
class Settings {
 public:
  virtual ~Settings();
  // The value of a key that the manifest declares, trimmed. Valid as long as the kernel runs.
  [[nodiscard]] virtual std::string_view get(std::string_view key) const = 0;
  // True when the operator gave the key, whatever its value.
  [[nodiscard]] virtual bool given(std::string_view key) const = 0;

  // An integer within [min, max], decimal or hexadecimal after 0x, or an error that names key,
  // value and what is allowed.
  [[nodiscard]] Result<int64_t> integer(std::string_view key, int64_t min, int64_t max) const;
  // true/yes/on or false/no/off, any case.
  [[nodiscard]] Result<bool> boolean(std::string_view key) const;
};

// What the kernel lends to an extension. Outlives it.
class Host {
 public:
  virtual ~Host();
  virtual Logger& log() = 0;        // [any] lines carry the extension's name
  virtual Metrics& metrics() = 0;   // [startup] handles; adding to them is for one thread each
  virtual FileSystem& files() = 0;  // [any] the only way to files, so that crash tests can stand in
};

class Extension {
 public:
  virtual ~Extension();
  virtual Status configure(const Settings&, Host&) { return Unit{}; }  // [startup]
  virtual Status start() { return Unit{}; }                            // [startup]
  virtual void stop() noexcept {}                                      // [startup]
};

#if defined(_LIBCPP_VERSION)
inline constexpr uint32_t kBuildStdlib = ZOOKERNEL_STDLIB_LIBCXX;
#elif defined(_GLIBCXX_DEBUG)
inline constexpr uint32_t kBuildStdlib = ZOOKERNEL_STDLIB_LIBSTDCXX | ZOOKERNEL_STDLIB_DEBUG;
#elif defined(_GLIBCXX_USE_CXX11_ABI) && _GLIBCXX_USE_CXX11_ABI == 0
inline constexpr uint32_t kBuildStdlib = ZOOKERNEL_STDLIB_LIBSTDCXX_OLD_STRINGS;
#else
inline constexpr uint32_t kBuildStdlib = ZOOKERNEL_STDLIB_LIBSTDCXX;
#endif

// How this translation unit was built, for the manifest of an inner plugin and for the kernel to
// compare with.
inline constexpr ZookernelAbi kInnerAbi = {
    sizeof(ZookernelAbi), ZOOKERNEL_SDK_MAJOR, ZOOKERNEL_SDK_MINOR,
    ZOOKERNEL_ABI_HASH,   ZOOKERNEL_SDK_HASH,  ZOOKERNEL_CIRCLE_INNER,
    __GXX_ABI_VERSION,    kBuildStdlib,        ZOOKERNEL_BUILD_SANITIZERS};

// create() of an inner extension. Exceptions end here.
template <typename T>
void* create_extension() {
  try {
    return static_cast<Extension*>(new T());
  } catch (...) {
    return nullptr;
  }
}

}  // namespace zookernel

// The manifest of an inner plugin with one extension; Type::kId names the interface, `options` is
// an array of ZookernelOption.
#define ZOOKERNEL_INNER_PLUGIN(id, version, Type, extension_name, options)                      \
  ZOOKERNEL_EXPORT const ZookernelPlugin* zookernel_plugin(void) {                              \
    static const ZookernelExtension extension = {                                               \
        sizeof(ZookernelExtension),                                                             \
        Type::kId,                                                                              \
        extension_name,                                                                         \
        options,                                                                                \
        static_cast<uint32_t>(sizeof(options) / sizeof((options)[0])),                          \
        &::zookernel::create_extension<Type>};                                                  \
    static const ZookernelPlugin plugin = {::zookernel::kInnerAbi, id, version, 1, &extension}; \
    return &plugin;                                                                             \
  }
