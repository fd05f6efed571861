// Settings of Apache's Java client, from a properties file and from the flags of its virtual
// machine. Those that mean something here are obeyed; those that would make the connection safe
// and cannot be obeyed are refused; all others are passed over.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "tools/client/session.h"
#include "zookernel/result.h"

namespace zookernel::cli {

struct ClientConfiguration {
  uint32_t frame_bytes_max = client::kFrameBytesMaxDefault;  // jute.maxbuffer
};

// The keys:
//   jute.maxbuffer           the largest answer, in bytes (decimal, or hexadecimal with 0x)
//   zookeeper.client.secure  true is refused: there is no TLS yet
// `flags` are words as in CLIENT_JVMFLAGS; only -Dkey=value is looked at. An error names the key.
[[nodiscard]] Status apply_flags(std::string_view flags, ClientConfiguration& configuration);
// The error names the file. [reads the file]
[[nodiscard]] Status apply_file(const std::string& name, ClientConfiguration& configuration);

}  // namespace zookernel::cli
