#include "tests/differential/describe.h"

#include "zookernel/bytes.h"
#include "zookernel/wire/opcode.h"

namespace zookernel::differential {

namespace {

constexpr size_t kQuotedBytesMax = 160;

}  // namespace

std::string quoted(std::string_view bytes) {
  static constexpr std::string_view kHex = "0123456789abcdef";
  std::string text = "\"";
  for (char byte : bytes.substr(0, kQuotedBytesMax)) {
    auto value = static_cast<unsigned char>(byte);
    if (value >= 0x20 && value < 0x7f && value != '"' && value != '\\') {
      text += byte;
    } else {
      text += "\\x";
      text += kHex[value >> 4];
      text += kHex[value & 15];
    }
  }
  text += '"';
  if (bytes.size() > kQuotedBytesMax) {
    uint64_t hash = 0xcbf29ce484222325ull;  // FNV-1a
    for (char byte : bytes) hash = (hash ^ static_cast<unsigned char>(byte)) * 0x100000001b3ull;
    text += "(" + std::to_string(bytes.size()) + " bytes, hash " + std::to_string(hash) + ")";
  }
  return text;
}

std::string describe_request(const Frame& frame) {
  if (frame.bytes.size() < 12) return "no request header";
  auto length = static_cast<int32_t>(load_be32(frame.bytes.data()));
  int32_t opcode = frame_opcode(frame);
  std::string text = wire::opcode_is_known(opcode)
                         ? std::string(wire::opcode_name(static_cast<wire::Opcode>(opcode)))
                         : "type " + std::to_string(opcode);
  text += " xid " + std::to_string(frame_xid(frame));
  if (length < 0 || static_cast<size_t>(length) + 4 != frame.bytes.size()) {
    text += " length " + std::to_string(length);
  }
  return text + ": " + quoted(std::string_view(frame.bytes).substr(12));
}

}  // namespace zookernel::differential
