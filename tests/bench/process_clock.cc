#include "tests/bench/process_clock.h"

#include <ctime>
#include <fstream>
#include <string>

namespace zookernel::bench {

uint64_t monotonic_ns() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000U + static_cast<uint64_t>(now.tv_nsec);
}

double process_cpu_s(pid_t pid) {
  clockid_t clock = 0;
  timespec used{};
  if (pid <= 0 || clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &used) != 0) {
    return -1;
  }
  return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) / 1e9;
}

bool process_is_running(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string stat;
  if (!std::getline(file, stat)) return false;
  // The name, in parentheses, may itself hold any character; the state is the word after the last
  // one.
  size_t name_end = stat.rfind(')');
  if (name_end == std::string::npos || name_end + 2 >= stat.size()) return false;
  char state = stat[name_end + 2];
  return state != 'Z' && state != 'X';
}

}  // namespace zookernel::bench
