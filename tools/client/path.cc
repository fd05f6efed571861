#include "tools/client/path.h"

#include <cstdint>
#include <vector>

namespace zookernel::client {

namespace {

// UTF-16 units, as the rules below are stated in them. A byte that is not UTF-8 becomes U+FFFD.
std::u16string to_utf16(std::string_view text) {
  std::u16string units;
  units.reserve(text.size());
  for (size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const size_t size = lead < 0x80 ? 1 : lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    uint32_t point = size <= 1 ? lead : lead & (0x7fu >> size);
    bool good = size != 0 && lead < 0xf5 && i + size <= text.size();
    for (size_t k = 1; good && k < size; ++k) {
      const auto next = static_cast<unsigned char>(text[i + k]);
      good = (next & 0xc0) == 0x80;
      point = (point << 6) | (next & 0x3f);
    }
    if (!good) {
      units.push_back(u'\ufffd');
      ++i;
      continue;
    }
    if (point >= 0x10000) {
      point -= 0x10000;
      units.push_back(static_cast<char16_t>(0xd800 + (point >> 10)));
      units.push_back(static_cast<char16_t>(0xdc00 + (point & 0x3ff)));
    } else {
      units.push_back(static_cast<char16_t>(point));
    }
    i += size;
  }
  return units;
}

// The bounds are Apache's, which exclude the last of each range that they mean.
bool is_forbidden(char16_t unit) {
  return (unit > 0 && unit < 0x1f) || (unit > 0x7f && unit < 0x9f) ||
         (unit > 0xd800 && unit < 0xf8ff) || (unit > 0xfff0 && unit < 0xffff);
}

// Is unit `i` the last dot of a name that is "." or ".."?
bool ends_relative_name(const std::u16string& path, size_t i) {
  if (path[i] != u'.') return false;
  if (i + 1 != path.size() && path[i + 1] != u'/') return false;
  const char16_t before = path[i - 1];
  return before == u'/' || (before == u'.' && path[i - 2] == u'/');
}

}  // namespace

std::optional<std::string> path_problem(std::string_view path) {
  if (path.empty()) return "Path length must be > 0";
  if (path[0] != '/') return "Path must start with / character";
  if (path.size() == 1) return std::nullopt;
  if (path.back() == '/') return "Path must not end with / character";
  const std::u16string units = to_utf16(path);
  for (size_t i = 1; i < units.size(); ++i) {
    const char* reason = nullptr;
    if (units[i] == 0) {
      reason = "null character not allowed";
    } else if (units[i] == u'/' && units[i - 1] == u'/') {
      reason = "empty node name specified";
    } else if (ends_relative_name(units, i)) {
      reason = "relative paths not allowed";
    } else if (is_forbidden(units[i])) {
      reason = "invalid character";
    }
    if (reason != nullptr) {
      return "Invalid path string \"" + std::string(path) + "\" caused by " + reason + " @" +
             std::to_string(i);
    }
  }
  return std::nullopt;
}

std::string with_chroot(std::string_view chroot, std::string_view path) {
  if (chroot.empty()) return std::string(path);
  if (path == "/") return std::string(chroot);
  return std::string(chroot) + std::string(path);
}

std::string without_chroot(std::string_view chroot, std::string_view path) {
  if (chroot.empty() || !path.starts_with(chroot)) return std::string(path);
  const std::string_view rest = path.substr(chroot.size());
  if (rest.empty()) return "/";
  return std::string(rest[0] == '/' ? rest : path);
}

std::string child_path(std::string_view parent, std::string_view name) {
  std::string path(parent == "/" ? "" : parent);
  path += '/';
  path += name;
  return path;
}

}  // namespace zookernel::client
