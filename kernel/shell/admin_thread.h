// The admin thread: runs the commands whose listings are long, so that their texts are made beside
// the core thread, which only hands out rows, a slice a round. One command at a time; the core and
// this thread never use a command's object at once.
//
// The thread asks, through the inbox, and the core answers: for rows, for an action, and when it
// may take the next piece of the text.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <string_view>
#include <thread>

#include "kernel/core/effects.h"
#include "kernel/shell/inbox.h"

namespace zookernel::shell {

class AdminThread {
 public:
  // Bytes of text that the core takes at a time.
  static constexpr size_t kPieceBytes = size_t{16} << 10;

  // Its priority (nice): the lowest.
  static constexpr int kNice = 19;

  // `inbox` outlives this.
  explicit AdminThread(Inbox& inbox) : inbox_(inbox) {}
  ~AdminThread();
  AdminThread(const AdminThread&) = delete;
  AdminThread& operator=(const AdminThread&) = delete;

  void start();  // [startup]
  // The core answers no more: a command that runs gets no further rows, and its text is dropped.
  void stop();  // [startup]

  // ---- [core]

  void submit(core::AdminRun run);
  // The answer to what the thread asked last.
  void answer(core::AdminBlock block);

 private:
  void work();
  void carry_out(const core::AdminRun& run);
  // Waits for the core's answer; none when the thread is to end.
  std::optional<core::AdminBlock> ask(OwnMessage question);
  bool visit(ConnId conn, const char* table, ZookernelRowVisitor visitor, void* context);

  Inbox& inbox_;
  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  std::deque<core::AdminRun> runs_;
  std::optional<core::AdminBlock> answer_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace zookernel::shell
