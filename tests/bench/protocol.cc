#include "tests/bench/protocol.h"

#include <zookernel/assert.h>
#include <zookernel/bytes.h>

namespace zookernel::bench {
namespace {

void put_int(std::string& out, int32_t value) {
  char bytes[4];
  store_be32(bytes, static_cast<uint32_t>(value));
  out.append(bytes, sizeof bytes);
}

void put_long(std::string& out, int64_t value) {
  char bytes[8];
  store_be64(bytes, static_cast<uint64_t>(value));
  out.append(bytes, sizeof bytes);
}

void put_string(std::string& out, std::string_view value) {
  put_int(out, static_cast<int32_t>(value.size()));
  out.append(value);
}

std::string begin_request(Opcode opcode) {
  std::string out;
  put_int(out, 0);  // The length, known in finish().
  put_int(out, 0);  // The xid, patched for each use.
  put_int(out, static_cast<int32_t>(opcode));
  return out;
}

std::string finish(std::string out) {
  store_be32(out.data(), static_cast<uint32_t>(out.size() - kLengthBytes));
  return out;
}

}  // namespace

std::string encode_connect(int32_t timeout_ms) {
  std::string out;
  put_int(out, 0);
  put_int(out, 0);   // protocolVersion
  put_long(out, 0);  // lastZxidSeen
  put_int(out, timeout_ms);
  put_long(out, 0);  // sessionId: a new session
  put_string(out, std::string(kPasswordBytes, '\0'));
  out.push_back('\0');  // readOnly
  return finish(std::move(out));
}

std::string encode_get_data(std::string_view path) {
  std::string out = begin_request(Opcode::kGetData);
  put_string(out, path);
  out.push_back('\0');  // watch
  return finish(std::move(out));
}

std::string encode_get_data_watch(std::string_view path) {
  std::string out = encode_get_data(path);
  out.back() = '\1';
  return out;
}

std::string encode_exists(std::string_view path) {
  std::string out = begin_request(Opcode::kExists);
  put_string(out, path);
  out.push_back('\0');  // watch
  return finish(std::move(out));
}

std::string encode_set_data(std::string_view path, std::string_view data) {
  std::string out = begin_request(Opcode::kSetData);
  put_string(out, path);
  put_string(out, data);
  put_int(out, -1);  // any version
  return finish(std::move(out));
}

std::string encode_create(std::string_view path, std::string_view data) {
  std::string out = begin_request(Opcode::kCreate);
  put_string(out, path);
  put_string(out, data);
  put_int(out, 1);  // one ACL: world:anyone, all permissions
  put_int(out, 31);
  put_string(out, "world");
  put_string(out, "anyone");
  put_int(out, 0);  // persistent
  return finish(std::move(out));
}

std::string encode_close_session() {
  return finish(begin_request(Opcode::kCloseSession));
}

void set_xid(char* frame, int32_t xid) {
  store_be32(frame + kXidOffset, static_cast<uint32_t>(xid));
}

ReplyHeader decode_reply_header(std::string_view payload) {
  ZOOKERNEL_ASSERT(payload.size() >= kReplyHeaderBytes);
  return {static_cast<int32_t>(load_be32(payload.data())),
          static_cast<int64_t>(load_be64(payload.data() + 4)),
          static_cast<int32_t>(load_be32(payload.data() + 12))};
}

bool decode_connect_reply(std::string_view payload, ConnectReply& reply) {
  if (payload.size() != kConnectReplyBytes) return false;
  if (load_be32(payload.data() + 16) != kPasswordBytes) return false;
  reply.timeout_ms = static_cast<int32_t>(load_be32(payload.data() + 4));
  reply.session_id = static_cast<int64_t>(load_be64(payload.data() + 8));
  return reply.timeout_ms > 0 && reply.session_id != 0;
}

}  // namespace zookernel::bench
