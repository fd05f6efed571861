#include "tests/simulation/trace.h"

#include <cinttypes>

#include "zookernel/log.h"
#include "zookernel/wire/records/client.h"
#include "zookernel/wire/records/multi.h"
#include "zookernel/wire/records/txn.h"

namespace zookernel::sim {
namespace {

using wire::Opcode;

// FNV-1a.
uint64_t hash_of(Bytes bytes) {
  uint64_t hash = 0xcbf29ce484222325ull;
  for (const char byte : bytes) hash = (hash ^ static_cast<uint8_t>(byte)) * 0x100000001b3ull;
  return hash;
}

std::string opcode_text(int32_t type) {
  return std::string(wire::opcode_name(static_cast<Opcode>(type)));
}

std::string error_text(int32_t error) {
  return std::string(wire::error_name(static_cast<wire::ErrorCode>(error)));
}

std::string event_text(int32_t type) {
  switch (static_cast<wire::EventType>(type)) {
    case wire::EventType::kNodeCreated:
      return "NodeCreated";
    case wire::EventType::kNodeDeleted:
      return "NodeDeleted";
    case wire::EventType::kNodeDataChanged:
      return "NodeDataChanged";
    case wire::EventType::kNodeChildrenChanged:
      return "NodeChildrenChanged";
    default:
      return "event " + std::to_string(type);
  }
}

// Nearly every body begins with a path.
std::string path_text(wire::Reader& reader) {
  const wire::OptBytes path = reader.read_string();
  if (!reader.ok() || path.null || !path.bytes.starts_with('/')) return "";
  return " " + std::string(path.bytes);
}

}  // namespace

std::string fingerprint(Bytes bytes) {
  char text[16];
  std::snprintf(text, sizeof text, "%08" PRIx32, static_cast<uint32_t>(hash_of(bytes)));
  return text;
}

void Trace::line(int64_t now_us, const std::string& text) {
  char time[32];
  std::snprintf(time, sizeof time, "%" PRId64 ".%06d ", now_us / 1000000,
                static_cast<int>(now_us % 1000000));
  const std::string line = time + text;
  if (print_to_ != nullptr) std::fprintf(print_to_, "%s\n", line.c_str());
  if (wanted_ == hashes_.size()) wanted_line_ = line;
  hashes_.push_back(hash_of(line));
}

std::string describe_request(Bytes payload, bool handshake) {
  wire::Reader reader(payload);
  if (handshake) {
    wire::ConnectRequest request;
    if (!wire::decode(reader, request)) return "connect, malformed";
    return "connect session=" + hex(request.session_id) +
           " timeout=" + std::to_string(request.timeout) +
           " lastZxid=" + hex(request.last_zxid_seen);
  }
  wire::RequestHeader header;
  if (!wire::decode(reader, header)) return "request, malformed";
  const std::string print = fingerprint(reader.rest());
  const size_t size = reader.remaining();
  std::string text = opcode_text(header.type) + " xid=" + std::to_string(header.xid);
  if (header.type != static_cast<int32_t>(Opcode::kMulti)) text += path_text(reader);
  return text + " (" + std::to_string(size) + " bytes, " + print + ")";
}

std::string describe_reply(Bytes payload, bool handshake) {
  wire::Reader reader(payload);
  if (handshake) {
    wire::ConnectResponse response;
    if (!wire::decode(reader, response)) return "connect response, malformed";
    return "connected session=" + hex(response.session_id) +
           " timeout=" + std::to_string(response.timeout);
  }
  wire::ReplyHeader header;
  if (!wire::decode(reader, header)) return "reply, malformed";
  if (header.xid == wire::kXidNotification) {
    wire::WatcherEvent event;
    if (!wire::decode(reader, event)) return "event, malformed";
    return event_text(event.type) + " " + event.path + " zxid=" + hex(header.zxid);
  }
  return "xid=" + std::to_string(header.xid) + " zxid=" + hex(header.zxid) + " " +
         error_text(header.err) + " (" + std::to_string(reader.remaining()) + " bytes, " +
         fingerprint(reader.rest()) + ")";
}

std::string describe_record(Bytes record) {
  wire::Reader reader(record);
  wire::TxnHeader header;
  if (!wire::decode(reader, header)) return "transaction, malformed";
  std::string text = hex(header.zxid) + " " + opcode_text(header.type) +
                     " session=" + hex(header.client_id) + " cxid=" + std::to_string(header.cxid) +
                     " time=" + std::to_string(header.time);
  const std::string print = fingerprint(reader.rest());
  const size_t size = reader.remaining();
  if (header.type == static_cast<int32_t>(Opcode::kError)) {
    text += " " + error_text(reader.read_int());
  } else if (header.type == static_cast<int32_t>(Opcode::kMulti)) {
    wire::MultiTxn multi;
    if (wire::decode(reader, multi)) {
      for (const wire::Txn& part : multi.txns) {
        wire::Reader body(part.data ? Bytes(*part.data) : Bytes());
        text += " [" + opcode_text(part.type);
        if (part.type == static_cast<int32_t>(Opcode::kError)) {
          text += " " + error_text(body.read_int());
        } else {
          text += path_text(body);
        }
        text += "]";
      }
    }
  } else {
    text += path_text(reader);
  }
  return text + " (" + std::to_string(size) + " bytes, " + print + ")";
}

}  // namespace zookernel::sim
