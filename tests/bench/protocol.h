// The part of ZooKeeper's client protocol that the bench speaks, written out by hand: what is
// measured must not depend on the code under test.
//
//   frame    = length:int32 payload          (big-endian, the length does not count itself)
//   request  = xid:int32 opcode:int32 record
//   reply    = xid:int32 zxid:int64 err:int32 [record]
//
// Example, getData("/a") without a watch, xid 7:
//   0000000f  00000007 00000004  00000002 2f61 00
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace zookernel::bench {

enum class Opcode : int32_t {
  kCreate = 1,
  kExists = 3,
  kGetData = 4,
  kSetData = 5,
  kCloseSession = -11,
};

constexpr int32_t kXidNotification = -1;
constexpr int32_t kErrOk = 0;
constexpr int32_t kErrUnimplemented = -6;
constexpr int32_t kErrNoNode = -101;
constexpr int32_t kErrNodeExists = -110;

constexpr size_t kLengthBytes = 4;         // in front of each frame
constexpr size_t kRequestHeaderBytes = 8;  // xid, opcode
constexpr size_t kReplyHeaderBytes = 16;   // xid, zxid, err
constexpr size_t kStatBytes = 68;
constexpr size_t kStatNumChildrenOffset = 56;
constexpr size_t kConnectReplyBytes = 37;  // with the readOnly byte, which we always ask for
constexpr size_t kPasswordBytes = 16;
constexpr size_t kXidOffset = kLengthBytes;  // where a whole frame carries its xid
// No reply to anything the bench asks for comes near this; a length above it means that framing was
// lost.
constexpr size_t kFrameBytesMax = 4U << 20;

// Whole frames, length included. Those with an xid are encoded with xid 0, for the sender to patch
// with set_xid().
[[nodiscard]] std::string encode_connect(int32_t timeout_ms);
[[nodiscard]] std::string encode_get_data(std::string_view path);
[[nodiscard]] std::string encode_get_data_watch(std::string_view path);
[[nodiscard]] std::string encode_exists(std::string_view path);
[[nodiscard]] std::string encode_set_data(std::string_view path, std::string_view data);
[[nodiscard]] std::string encode_create(std::string_view path, std::string_view data);
[[nodiscard]] std::string encode_close_session();

void set_xid(char* frame, int32_t xid);

struct ReplyHeader {
  int32_t xid = 0;
  int64_t zxid = 0;
  int32_t err = 0;
};

// `payload` is a frame without its length and holds at least kReplyHeaderBytes.
[[nodiscard]] ReplyHeader decode_reply_header(std::string_view payload);

struct ConnectReply {
  int32_t timeout_ms = 0;
  int64_t session_id = 0;
};

// Reads a connect reply out of a frame's payload. False when it is not one, or when it says that
// the session expired.
[[nodiscard]] bool decode_connect_reply(std::string_view payload, ConnectReply& reply);

}  // namespace zookernel::bench
