// Time as the bench measures it: the monotonic clock, and the processor time of another process.
#pragma once

#include <sys/types.h>

#include <cstdint>

namespace zookernel::bench {

// CLOCK_MONOTONIC, which is the clock behind Python's time.monotonic_ns() too.
[[nodiscard]] uint64_t monotonic_ns();

// User and system time of all threads of `pid`, living and ended, in seconds; negative when there
// is no such process. It is what utime + stime of /proc/PID/stat say, but not rounded to 10 ms.
[[nodiscard]] double process_cpu_s(pid_t pid);

// False once `pid` has ended, whether or not its parent has collected it.
[[nodiscard]] bool process_is_running(pid_t pid);

}  // namespace zookernel::bench
