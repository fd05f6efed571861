// The Stat of a znode as Apache's client prints it.
#pragma once

#include <cstdint>
#include <string>

#include "zookernel/wire/records/client.h"

namespace zookernel::cli {

// Eleven lines, without a line feed after the last one. Times are in the zone of the process.
[[nodiscard]] std::string stat_text(const wire::Stat& stat);

// "Mon Nov 23 01:29:28 UTC 2026": milliseconds since 1970 in the zone of the process.
[[nodiscard]] std::string date_text(int64_t ms);

}  // namespace zookernel::cli
