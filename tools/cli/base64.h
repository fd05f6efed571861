// Base64 with padding, the alphabet of RFC 4648 section 4. [any]
#pragma once

#include <string>
#include <string_view>

#include "zookernel/result.h"

namespace zookernel::cli {

[[nodiscard]] std::string base64_encode(std::string_view bytes);

// The error says which character, or that the end is wrong. Padding may be left out, as Java's
// decoder allows.
[[nodiscard]] Result<std::string> base64_decode(std::string_view text);

}  // namespace zookernel::cli
