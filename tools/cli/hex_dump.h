// Bytes as a table of hexadecimal numbers and letters, sixteen a line, as Apache's client prints
// them (Netty's layout).
#pragma once

#include <string>
#include <string_view>

namespace zookernel::cli {

// Lines without a line feed after the last one; empty for no bytes. [any]
[[nodiscard]] std::string hex_dump(std::string_view bytes);

}  // namespace zookernel::cli
