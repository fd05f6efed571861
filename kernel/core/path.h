// Paths of znodes: syntax, parent, protected names. Source: PathUtils, PrepRequestProcessor.
#pragma once

#include "zookernel/bytes.h"

namespace zookernel::core {

// Absolute, no empty, "." or ".." component, no trailing slash but for "/", no control characters,
// no surrogates and no characters that a Java server would refuse: well-formed UTF-8 without
// U+0000-U+001F, U+007F-U+009F, U+D800-U+F8FF, U+FFF0 and above.
[[nodiscard]] bool is_valid_path(Bytes path);

// Everything before the last '/'; "/" for a direct child of the root. The path must contain a '/'.
[[nodiscard]] inline Bytes parent_of(Bytes path) {
  const size_t slash = path.rfind('/');
  return slash == 0 ? Bytes("/") : path.substr(0, slash);
}

// "" and "/" name the same znode.
[[nodiscard]] inline Bytes canonical(Bytes path) {
  return path.empty() ? Bytes("/") : path;
}

[[nodiscard]] inline bool has_nul(Bytes path) {
  return path.find('\0') != Bytes::npos;
}

// Znodes that exist without a transaction and cannot be deleted.
[[nodiscard]] inline bool is_protected(Bytes path) {
  return path == "/" || path == "/zookeeper" || path == "/zookeeper/quota" ||
         path == "/zookeeper/config";
}

}  // namespace zookernel::core
