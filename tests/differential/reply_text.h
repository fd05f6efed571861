// Bodies of replies as text, in the form that transcript.h promises.
#pragma once

#include <string>
#include <string_view>

#include "tests/differential/recording.h"
#include "zookernel/wire/jute.h"

namespace zookernel::differential {

class ReplyText {
 public:
  explicit ReplyText(const Recording& recording) : recording_(recording) {}

  // What stands behind the header of the reply to this request. Bytes that do not belong there are
  // shown as they are.
  [[nodiscard]] std::string body(const Frame& request, int32_t error, std::string_view bytes) const;
  // Type, state and path of a notification.
  [[nodiscard]] std::string event(std::string_view bytes) const;
  [[nodiscard]] std::string connect_response(std::string_view bytes, int32_t connection) const;

  [[nodiscard]] std::string zxid(int64_t value) const;
  [[nodiscard]] std::string session(int64_t id) const;

  // Pieces of a walk: the reply to getData or getACL of a node.
  [[nodiscard]] std::string data_and_stat(wire::Reader& reader, std::string_view path) const;
  [[nodiscard]] std::string acl_and_stat(wire::Reader& reader, std::string_view path) const;

 private:
  std::string stat(wire::Reader& reader, std::string_view path) const;
  std::string multi(wire::Reader& reader, bool reads) const;
  std::string known_body(int32_t opcode, std::string_view path, wire::Reader& reader) const;

  const Recording& recording_;
};

}  // namespace zookernel::differential
