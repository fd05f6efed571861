// How Java prints what the answers contain. Independent of the process's locale.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "zookernel/admin_command.h"

namespace zookernel::fourletter {

// What every word answers without a quorum, here without its newline: `hash` leaves that out.
inline constexpr std::string_view kNotServing =
    "This ZooKeeper instance is not currently serving requests";

// Lower-case hexadecimal of the 64 bits, without "0x" and leading zeros. hex(-1) is
// ffffffffffffffff.
[[nodiscard]] std::string hex(int64_t value);

// 1 to 4 fraction digits, rounded: "0.0", "0.7754", "3.4". "NaN", "Infinity", "-Infinity".
[[nodiscard]] std::string decimal(double value);

// A value as it stands in an answer: text as it is, integers plain, reals by decimal().
[[nodiscard]] std::string plain(const ZookernelValue& value);

// "Mon Nov 23 01:15:46 UTC 2026" in the server's time zone, from milliseconds since 1970.
[[nodiscard]] std::string date(int64_t wall_ms);

}  // namespace zookernel::fourletter
