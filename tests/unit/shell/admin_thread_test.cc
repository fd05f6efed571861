#include "kernel/shell/admin_thread.h"

#include <catch2/catch_test_macros.hpp>
#include <condition_variable>
#include <mutex>

using namespace zookernel;
using namespace zookernel::shell;

namespace {

// Takes what the thread posts, as the core would.
struct Core {
  Core() : inbox([this] { wake(); }), thread(inbox) { thread.start(); }

  void wake() {
    const std::lock_guard lock(mutex);
    woken = true;
    changed.notify_all();
  }
  OwnMessage next() {
    for (;;) {
      std::vector<OwnMessage> own;
      std::vector<ClientMessage> clients;
      inbox.drain(own, clients, 0);
      if (!own.empty()) {
        REQUIRE(own.size() == 1);  // it waits for an answer to each
        return std::move(own.front());
      }
      std::unique_lock lock(mutex);
      changed.wait(lock, [this] { return woken; });
      woken = false;
    }
  }
  // The whole text of a run, answered piece by piece.
  std::string text() {
    std::string all;
    for (;;) {
      const OwnMessage message = next();
      const TextPiece& piece = std::get<TextPiece>(message);
      CHECK(piece.text.size() <= AdminThread::kPieceBytes);
      all += piece.text;
      const bool last = piece.last;
      thread.answer({});
      if (last) return all;
    }
  }

  std::mutex mutex;
  std::condition_variable changed;
  bool woken = false;
  Inbox inbox;
  AdminThread thread;
};

core::AdminBlock block(std::initializer_list<int64_t> numbers, bool end) {
  core::AdminBlock made;
  for (const int64_t number : numbers) {
    const ZookernelValue value = {ZOOKERNEL_VALUE_INTEGER, number, 0, {nullptr, 0}};
    made.rows.add(&value, 1);
  }
  made.known = true;
  made.end = end;
  return made;
}

// Lists table "numbers", then acts, then writes `padding` more bytes.
struct Command {
  Command() {
    table.size = sizeof table;
    table.self = this;
    table.run = [](void* self, const ZookernelServerView* server, ZookernelText argument,
                   const ZookernelSink* text, const ZookernelSink* error) -> int32_t {
      const Command& command = *static_cast<Command*>(self);
      std::string answer(argument.data, argument.size);
      const int32_t known = server->visit(
          server->context, "numbers",
          [](void* context, const ZookernelValue* columns, uint32_t) -> int32_t {
            *static_cast<std::string*>(context) += std::to_string(columns[0].integer) + " ";
            return columns[0].integer == 99 ? 1 : 0;
          },
          &answer);
      if (known == 0) {
        error->put(error->context, {"no numbers", 10});
        return 0;
      }
      answer += server->act(server->context, "do", 7) != 0 ? "done" : "not done";
      answer += std::string(command.padding, '.');
      text->put(text->context, {answer.data(), answer.size()});
      return 1;
    };
  }
  ZookernelAdminCommand table{};
  size_t padding = 0;
};

}  // namespace

TEST_CASE("AdminThread: a command gets rows slice by slice, and its text leaves in pieces",
          "[shell][admin]") {
  Core core;
  Command command;
  command.padding = 2 * AdminThread::kPieceBytes;
  core.thread.submit({ConnId{5}, &command.table, "numb", "arg: "});

  OwnMessage message = core.next();
  CHECK(std::get<RowsWanted>(message).conn == ConnId{5});
  CHECK(std::get<RowsWanted>(message).table == "numbers");
  CHECK(std::get<RowsWanted>(message).first);
  core.thread.answer(block({1, 2}, false));
  message = core.next();
  CHECK_FALSE(std::get<RowsWanted>(message).first);
  core.thread.answer(block({3}, true));
  message = core.next();
  CHECK(std::get<ActionWanted>(message).action == "do");
  CHECK(std::get<ActionWanted>(message).argument == 7);
  core.thread.answer(block({}, true));

  CHECK(core.text() == "arg: 1 2 3 done" + std::string(command.padding, '.'));
}

TEST_CASE("AdminThread: a command that has seen enough asks no more, and one that fails says why",
          "[shell][admin]") {
  Core core;
  Command command;
  core.thread.submit({ConnId{1}, &command.table, "numb", ""});
  core.thread.submit({ConnId{2}, &command.table, "numb", ""});

  static_cast<void>(core.next());
  core.thread.answer(block({98, 99, 100}, false));
  static_cast<void>(core.next());
  core.thread.answer({});  // the action is unknown
  CHECK(core.text() == "98 99 not done");

  static_cast<void>(core.next());
  core.thread.answer({});  // the table is unknown
  CHECK(core.text() == "numb failed: no numbers\n");
}

TEST_CASE("AdminThread: it ends while a command waits for rows", "[shell][admin]") {
  Core core;
  Command command;
  core.thread.submit({ConnId{1}, &command.table, "numb", ""});
  static_cast<void>(core.next());

  core.thread.stop();
}
