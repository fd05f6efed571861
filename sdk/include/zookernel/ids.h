// Distinct types for the numbers of the protocol, so that they cannot be swapped by accident.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>

namespace zookernel {

template <typename Tag, typename Rep>
struct Id {
  Rep value = 0;

  constexpr auto operator<=>(const Id&) const = default;
};

// Transaction id: epoch in the high 32 bits, counter in the low 32. Compared as signed, as Apache does.
struct Zxid {
  int64_t value = 0;

  constexpr auto operator<=>(const Zxid&) const = default;
  [[nodiscard]] constexpr int64_t epoch() const { return value >> 32; }
  [[nodiscard]] constexpr uint32_t counter() const { return static_cast<uint32_t>(value); }
  [[nodiscard]] constexpr Zxid next() const { return Zxid{value + 1}; }
};

using SessionId = Id<struct SessionTag, int64_t>;  // 0: none
using ConnId = Id<struct ConnTag, uint64_t>;       // never reused within a process; 0: none
using ServerId = Id<struct ServerTag, int64_t>;    // myid; 0 standalone

}  // namespace zookernel

template <typename Tag, typename Rep>
struct std::hash<zookernel::Id<Tag, Rep>> {
  size_t operator()(const zookernel::Id<Tag, Rep>& id) const noexcept {
    // Ids are counters or carry a counter in the low bits: a multiplicative mix spreads them.
    return static_cast<size_t>(static_cast<uint64_t>(id.value) * 0x9E3779B97F4A7C15ull >> 7);
  }
};
template <>
struct std::hash<zookernel::Zxid> {
  size_t operator()(const zookernel::Zxid& zxid) const noexcept {
    return static_cast<size_t>(static_cast<uint64_t>(zxid.value) * 0x9E3779B97F4A7C15ull >> 7);
  }
};
