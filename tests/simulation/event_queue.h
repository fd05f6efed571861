// Simulated time: what is to happen, ordered by time and, at one time, by the order of asking.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <utility>

namespace zookernel::sim {

class EventQueue {
 public:
  [[nodiscard]] int64_t now_us() const { return now_us_; }
  [[nodiscard]] uint64_t ran() const { return ran_; }

  void at(int64_t time_us, std::function<void()> event) {
    if (time_us < now_us_) time_us = now_us_;
    events_.emplace(std::pair{time_us, ++sequence_}, std::move(event));
  }
  void after(int64_t delay_us, std::function<void()> event) {
    at(now_us_ + delay_us, std::move(event));
  }
  // Runs the next event, if it is due by `until_us`. False: none is, and the time is `until_us`.
  bool run_one(int64_t until_us) {
    const auto next = events_.begin();
    if (next == events_.end() || next->first.first > until_us) {
      now_us_ = until_us;
      return false;
    }
    now_us_ = next->first.first;
    const std::function<void()> event = std::move(next->second);
    events_.erase(next);
    ++ran_;
    event();
    return true;
  }

 private:
  std::map<std::pair<int64_t, uint64_t>, std::function<void()>> events_;
  int64_t now_us_ = 0;
  uint64_t sequence_ = 0;
  uint64_t ran_ = 0;
};

}  // namespace zookernel::sim
