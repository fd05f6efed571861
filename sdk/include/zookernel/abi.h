/* The C handshake between the kernel and a plugin, and the plain types that cross it.
 *
 * A plugin is a shared object that exports one function, zookernel_plugin(). It returns a manifest:
 * constant data that any kernel can read before it runs any other code of the plugin. The kernel
 * compares ZookernelAbi field by field and refuses by name what does not match.
 *
 * Two circles of interfaces use this door:
 *   outer  auth schemes, admin commands   C structs (auth_scheme.h, admin_command.h): any
 *                                         compiler, any C++ library, plain C
 *   inner  transport, storage, consensus  C++20 classes (plugin.h and others): compiler ABI and
 *                                         library must match too
 *
 * This header is C99 and C++11. Structs only ever grow at the end; `size` tells how much of one its
 * writer knew. No exception, no C++ object and no ownership crosses the outer circle.
 */
#ifndef ZOOKERNEL_ABI_H
#define ZOOKERNEL_ABI_H

#include <stddef.h>
#include <stdint.h>

#include "zookernel/sdk_hash.h" /* generated: ZOOKERNEL_ABI_HASH, ZOOKERNEL_SDK_HASH */

#define ZOOKERNEL_SDK_MAJOR 0
#define ZOOKERNEL_SDK_MINOR 1

/* Which circle a plugin belongs to (ZookernelAbi.circle). */
#define ZOOKERNEL_CIRCLE_OUTER 0u
#define ZOOKERNEL_CIRCLE_INNER 1u

/* C++ standard library of an inner plugin (ZookernelAbi.stdlib), 0 for an outer one. */
#define ZOOKERNEL_STDLIB_LIBSTDCXX 1u
#define ZOOKERNEL_STDLIB_LIBSTDCXX_OLD_STRINGS 2u
#define ZOOKERNEL_STDLIB_LIBCXX 3u
#define ZOOKERNEL_STDLIB_DEBUG 0x100u /* added: debug containers */

#define ZOOKERNEL_SANITIZE_ADDRESS 1u
#define ZOOKERNEL_SANITIZE_THREAD 2u

#ifdef __cplusplus
extern "C" {
#endif

/* Borrowed bytes, not terminated. data may be null when size is 0. */
typedef struct ZookernelText {
  const char* data;
  size_t size;
} ZookernelText;

/* How a plugin was built. Compared before anything else of it is used. */
typedef struct ZookernelAbi {
  uint32_t size; /* sizeof(ZookernelAbi) */
  uint16_t sdk_major, sdk_minor;
  /* Digest of the C headers: must match before 1.0. */
  uint64_t abi_hash;
  /* Digest of all SDK headers: must match in the inner circle, 0 in the outer. */
  uint64_t sdk_hash;
  uint32_t circle;     /* ZOOKERNEL_CIRCLE_* */
  uint32_t cxx_abi;    /* __GXX_ABI_VERSION in the inner circle, 0 in the outer */
  uint32_t stdlib;     /* ZOOKERNEL_STDLIB_* in the inner circle, 0 in the outer */
  uint32_t sanitizers; /* ZOOKERNEL_SANITIZE_* */
} ZookernelAbi;

/* One zoo.cfg key that a plugin understands. value is the default; help is one line. All strings
 * terminated. */
typedef struct ZookernelOption {
  const char* key;
  const char* value;
  const char* help;
} ZookernelOption;

/* One ability. */
typedef struct ZookernelExtension {
  uint32_t size;            /* sizeof(ZookernelExtension) */
  const char* interface_id; /* "zookernel.auth_scheme/1" */
  const char* name;         /* "digest": what zoo.cfg and ACLs call it */
  const ZookernelOption* options;
  uint32_t option_count;
  /* Makes one instance; null when it cannot. What it points to is told by interface_id: a struct of
     the outer circle that ends with its destroy(), or a zookernel::Extension of the inner one,
     which the kernel deletes. Called once. [startup] */
  void* (*create)(void);
} ZookernelExtension;

/* The manifest. Constant; must stay valid for ever. */
typedef struct ZookernelPlugin {
  ZookernelAbi abi;    /* first, so that any kernel can read it */
  const char* id;      /* "org.example.token" */
  const char* version; /* "1.0", the plugin's own */
  uint32_t extension_count;
  const ZookernelExtension* extensions;
} ZookernelPlugin;

/* Where a plugin puts text, any number of times; pieces are joined. Borrowed for the call. */
typedef struct ZookernelSink {
  void* context;
  void (*put)(void* context, ZookernelText text);
} ZookernelSink;

#define ZOOKERNEL_LOG_DEBUG 0
#define ZOOKERNEL_LOG_INFO 1
#define ZOOKERNEL_LOG_WARN 2
#define ZOOKERNEL_LOG_ERROR 3

/* What the kernel lends to an outer extension; outlives it. */
typedef struct ZookernelHost {
  uint32_t size;
  void* context;
  /* The value of a declared option: zoo.cfg, else -D property, else its default. Valid for ever.
   * [startup] */
  ZookernelText (*setting)(void* context, const char* key);
  /* One line in the server's log, under the extension's name. [any] */
  void (*log)(void* context, int32_t level, ZookernelText message);
} ZookernelHost;

#ifdef __cplusplus
} /* extern "C" */
#endif

/* Put before the definition of zookernel_plugin. */
#if defined(__cplusplus)
#define ZOOKERNEL_EXPORT extern "C" __attribute__((visibility("default")))
#else
#define ZOOKERNEL_EXPORT __attribute__((visibility("default")))
#endif

#if defined(__SANITIZE_ADDRESS__)
#define ZOOKERNEL_BUILD_SANITIZERS ZOOKERNEL_SANITIZE_ADDRESS
#elif defined(__SANITIZE_THREAD__)
#define ZOOKERNEL_BUILD_SANITIZERS ZOOKERNEL_SANITIZE_THREAD
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ZOOKERNEL_BUILD_SANITIZERS ZOOKERNEL_SANITIZE_ADDRESS
#elif __has_feature(thread_sanitizer)
#define ZOOKERNEL_BUILD_SANITIZERS ZOOKERNEL_SANITIZE_THREAD
#endif
#endif
#ifndef ZOOKERNEL_BUILD_SANITIZERS
#define ZOOKERNEL_BUILD_SANITIZERS 0u
#endif

/* Initialiser of ZookernelPlugin.abi for the outer circle, in C and C++. */
#define ZOOKERNEL_OUTER_ABI                                                                 \
  {                                                                                         \
    sizeof(ZookernelAbi), ZOOKERNEL_SDK_MAJOR, ZOOKERNEL_SDK_MINOR, ZOOKERNEL_ABI_HASH, 0u, \
        ZOOKERNEL_CIRCLE_OUTER, 0u, 0u, ZOOKERNEL_BUILD_SANITIZERS                          \
  }

/* The one exported function. */
ZOOKERNEL_EXPORT const ZookernelPlugin* zookernel_plugin(void);

#endif /* ZOOKERNEL_ABI_H */
