// Checks of our own reasoning, on in release builds too. Never used on input: a peer's nonsense is an
// Error, not a bug.
#pragma once

namespace zookernel {

// Prints the condition with its place on standard error and aborts. [any]
[[noreturn]] void assertion_failed(const char* condition, const char* file, int line) noexcept;

}  // namespace zookernel

#define ZOOKERNEL_ASSERT(condition)                                             \
  do {                                                                          \
    if (!(condition)) [[unlikely]]                                              \
      ::zookernel::assertion_failed(#condition, __FILE__, __LINE__);            \
  } while (false)
