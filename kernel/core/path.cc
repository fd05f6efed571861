#include "kernel/core/path.h"

#include <cstdint>

namespace zookernel::core {
namespace {

// Decodes one well-formed UTF-8 sequence of up to three bytes; 0 for anything else. Four-byte
// sequences are surrogate pairs to Java and refused in paths, so they need no value.
uint32_t next_code_point(Bytes path, size_t& at) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(path[i]); };
  const unsigned char lead = byte(at);
  const auto is_tail = [&](size_t i) { return i < path.size() && (byte(i) & 0xC0) == 0x80; };
  if (lead < 0x80) return byte(at++);
  if (lead >= 0xC2 && lead < 0xE0 && is_tail(at + 1)) {
    const uint32_t value = (lead & 0x1Fu) << 6 | (byte(at + 1) & 0x3Fu);
    at += 2;
    return value;
  }
  if (lead >= 0xE0 && lead < 0xF0 && is_tail(at + 1) && is_tail(at + 2)) {
    const uint32_t value =
        (lead & 0x0Fu) << 12 | (byte(at + 1) & 0x3Fu) << 6 | (byte(at + 2) & 0x3Fu);
    at += 3;
    return value >= 0x800 ? value : 0;
  }
  return 0;
}

bool is_refused(uint32_t c) {
  return c <= 0x1F || (c >= 0x7F && c <= 0x9F) || (c >= 0xD800 && c <= 0xF8FF) || c >= 0xFFF0;
}

}  // namespace

bool is_valid_path(Bytes path) {
  if (path.empty() || path.front() != '/') return false;
  if (path.size() == 1) return true;
  if (path.back() == '/') return false;
  size_t component = 1;  // where the present component begins
  for (size_t at = 1; at < path.size();) {
    const size_t here = at;
    if (is_refused(next_code_point(path, at))) return false;
    const bool ends = at == path.size();
    if (path[here] != '/' && !ends) continue;
    const Bytes name = path.substr(component, (path[here] == '/' ? here : at) - component);
    if (name.empty() || name == "." || name == "..") return false;
    component = at;
  }
  return true;
}

}  // namespace zookernel::core
