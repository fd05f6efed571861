// SQLite has one writer at a time. The log thread and the snapshot thread take turns here, so that
// neither waits inside SQLite, which would sleep and try again: a thread that waits for its turn is
// woken when it comes, and the log's comes first.
#pragma once

#include <condition_variable>
#include <mutex>

namespace zookernel::sqlite_storage {

class WriteTurn {
 public:
  enum class Who { kLog, kSnapshot };

  // Waits. [log] [snapshot]
  void begin(Who who);
  void end();
  // Does the log wait, so that a snapshot had better keep it short?
  [[nodiscard]] bool log_waits();

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool taken_ = false;
  int log_waiting_ = 0;
};

// A turn for the time of a scope.
class Turn {
 public:
  Turn(WriteTurn& turn, WriteTurn::Who who) : turn_(turn) { turn_.begin(who); }
  ~Turn() { turn_.end(); }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

 private:
  WriteTurn& turn_;
};

}  // namespace zookernel::sqlite_storage
