#include "kernel/shell/admin_thread.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <utility>

namespace zookernel::shell {

AdminThread::~AdminThread() {
  stop();
}

void AdminThread::start() {
  thread_ = std::thread([this] { work(); });
}

void AdminThread::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void AdminThread::submit(core::AdminRun run) {
  {
    const std::lock_guard lock(mutex_);
    runs_.push_back(std::move(run));
  }
  changed_.notify_all();
}

void AdminThread::answer(core::AdminBlock block) {
  {
    const std::lock_guard lock(mutex_);
    answer_ = std::move(block);
  }
  changed_.notify_all();
}

void AdminThread::work() {
  // Who lists a million rows has time; the core thread on the same processor has none. Where the
  // system refuses, the listing only competes as an equal.
  ::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), kNice);
  for (;;) {
    std::optional<core::AdminRun> run;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return stopping_ || !runs_.empty(); });
      if (stopping_) return;
      run = std::move(runs_.front());
      runs_.pop_front();
    }
    carry_out(*run);
  }
}

std::optional<core::AdminBlock> AdminThread::ask(OwnMessage question) {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return std::nullopt;
    answer_.reset();
  }
  inbox_.post(std::move(question));
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return stopping_ || answer_.has_value(); });
  if (stopping_) return std::nullopt;
  return std::exchange(answer_, std::nullopt);
}

bool AdminThread::visit(ConnId conn, const char* table, ZookernelRowVisitor visitor,
                        void* context) {
  for (bool first = true;; first = false) {
    std::optional<core::AdminBlock> block = ask(RowsWanted{conn, table, first});
    if (!block) return true;  // nobody will read the text
    if (!block->known) return false;
    if (block->rows.visit(visitor, context) || block->end) return true;
  }
}

void AdminThread::carry_out(const core::AdminRun& run) {
  struct Face {
    AdminThread& thread;
    ConnId conn;
  } face{*this, run.conn};
  const ZookernelServerView view = {
      static_cast<uint32_t>(sizeof(ZookernelServerView)), &face,
      [](void* context, const char* table, ZookernelRowVisitor visitor,
         void* visitor_context) -> int32_t {
        const Face& of = *static_cast<Face*>(context);
        return of.thread.visit(of.conn, table, visitor, visitor_context) ? 1 : 0;
      },
      [](void* context, const char* action, int64_t argument) -> int32_t {
        const Face& of = *static_cast<Face*>(context);
        const std::optional<core::AdminBlock> done =
            of.thread.ask(ActionWanted{of.conn, action, argument});
        return done && done->known ? 1 : 0;
      }};
  const auto append = [](void* context, ZookernelText text) {
    static_cast<std::string*>(context)->append(text.data, text.size);
  };
  std::string text, error;
  const ZookernelSink text_sink = {&text, append};
  const ZookernelSink error_sink = {&error, append};
  const ZookernelText argument = {run.argument.data(), run.argument.size()};
  if (run.command->run(run.command->self, &view, argument, &text_sink, &error_sink) != 1)
    text = run.word + " failed: " + error + "\n";
  size_t sent = 0;
  bool last = false;
  while (!last) {
    const Bytes piece = Bytes(text).substr(sent, kPieceBytes);
    sent += piece.size();
    last = sent == text.size();
    if (!ask(TextPiece{run.conn, std::string(piece), last})) return;
  }
}

}  // namespace zookernel::shell
