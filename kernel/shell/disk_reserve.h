// Watches the room on the disk. When no more than a reserve is left, writes of clients are refused
// and snapshots are not made; the reserve is for what must be logged all the same: sessions that
// begin and end, and writes that were taken before. So a disk that fills up costs neither the
// process nor anything that was acknowledged, and reads go on. When there is room again, all goes
// on by itself.
//
// The closer the reserve, the more often it looks: as often as a fast disk could get there. A
// thread of its own; who asks for writes asks nothing.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>

#include "zookernel/log.h"
#include "zookernel/metrics.h"
#include "zookernel/storage.h"

namespace zookernel::shell {

class DiskReserve {
 public:
  using Tell = std::function<void(bool low)>;

  // `bytes`: the reserve; 0: never looks. `tell` hears of each change, on the thread of start() or
  // of the reserve. What is borrowed outlives this.
  DiskReserve(Storage& storage, Logger& log, Metrics& metrics, uint64_t bytes, Tell tell);
  ~DiskReserve();
  DiskReserve(const DiskReserve&) = delete;
  DiskReserve& operator=(const DiskReserve&) = delete;

  // Looks once before it returns. [startup]
  void start();
  void stop();  // [startup]

  // One look; how long it is good for. Public for tests.
  std::chrono::milliseconds look();

 private:
  void run();
  void change(uint64_t free);

  Storage& storage_;
  Logger& log_;
  const uint64_t bytes_;
  const Tell tell_;
  Gauge& reached_;

  bool low_ = false;
  bool blind_ = false;  // the last look failed

  std::mutex mutex_;  // guards stopping_
  std::condition_variable stopped_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace zookernel::shell
