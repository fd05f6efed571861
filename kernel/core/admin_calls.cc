// Admin words: which are run, where, and how their answers leave.
//
// A command runs in one go on the core thread while it visits few rows. One that visits more is
// begun again on the admin thread, where the shell has one: it gets the rows in slices between the
// batches of clients, so that who lists a million watches is the only one who waits. As a command
// object is not asked twice at once, it is handed over from its first call as long as another call
// of it is there.
#include <algorithm>

#include "kernel/core/server_impl.h"
#include "kernel/core/view.h"
#include "zookernel/wire/frame.h"

namespace zookernel::core {
namespace {

constexpr std::string_view kBackupWord = "snap";

}  // namespace

void Server::Impl::on(const AdminCall& call) {
  Connection* connection = find(call.conn);
  if (connection == nullptr || connection->state == Connection::State::kClosed) return;
  ++statistics_.packets_received;
  const bool telnet = call.word == wire::kTelnetCloseWord;
  const std::string shown(telnet ? std::string_view("telnet close") : call.word);
  std::string answer;
  // Who may have all data, whatever their ACLs say, is named by name: "*" does not do.
  const bool backup = call.word == kBackupWord;
  const bool allowed =
      options_.admin_words.contains(call.word) || (options_.all_admin_words && !backup);
  if (!allowed) {
    answer = shown + " is not executed because it is not in the whitelist.\n";
  } else if (backup && options_.admin_thread) {
    // The shell reads it from the disk.
    handed_over_[call.conn].command = nullptr;
    effects_->admin_runs.push_back({call.conn, nullptr, std::string(call.word), {}});
    return;
  } else if (!telnet) {
    const auto command =
        std::find_if(commands_.begin(), commands_.end(),
                     [&](const ServerParts::Command& c) { return c.word == call.word; });
    if (command == commands_.end()) {
      answer = shown + " is not installed (plugin.admin).\n";
    } else if (!serving_ && (command->table->flags & ZOOKERNEL_ADMIN_ALWAYS) == 0) {
      answer = "This ZooKeeper instance is not currently serving requests\n";
    } else if (!run_command(call, command->table, answer)) {
      handed_over_[call.conn].command = command->table;
      effects_->admin_runs.push_back(
          {call.conn, command->table, std::string(call.word), std::string(call.argument)});
      return;
    }
  }
  output(*connection).append(answer);
  close_connection(*connection);
}

// False: it is for the admin thread.
bool Server::Impl::run_command(const AdminCall& call, const ZookernelAdminCommand* command,
                               std::string& answer) {
  const bool can_hand_over = options_.admin_thread;
  if (can_hand_over &&
      std::any_of(handed_over_.begin(), handed_over_.end(),
                  [&](const auto& other) { return other.second.command == command; }))
    return false;
  View view(*this, call.conn, can_hand_over ? kRowsAtOnceMax : SIZE_MAX);
  const ZookernelServerView table = view.table();
  const auto append = [](void* context, ZookernelText text) {
    static_cast<std::string*>(context)->append(text.data, text.size);
  };
  std::string error;
  const ZookernelSink text_sink = {&answer, append};
  const ZookernelSink error_sink = {&error, append};
  const ZookernelText argument = {call.argument.data(), call.argument.size()};
  const bool done = command->run(command->self, &table, argument, &text_sink, &error_sink) == 1;
  if (view.too_long()) return false;
  if (!done) answer = std::string(call.word) + " failed: " + error + "\n";
  return true;
}

void Server::Impl::on(const AdminRead& read) {
  AdminBlock block;
  block.conn = read.conn;
  const auto handed_over = handed_over_.find(read.conn);
  if (handed_over == handed_over_.end() || find(read.conn) == nullptr) {
    block.known = block.end = true;  // nobody waits for the answer any more
  } else {
    if (read.first) handed_over->second.watches = {};
    View view(*this, read.conn, SIZE_MAX);
    view.slice(read.table, read.row_budget, handed_over->second.watches, block);
  }
  effects_->admin_blocks.push_back(std::move(block));
}

void Server::Impl::on(const AdminAction& action) {
  AdminBlock block;
  block.conn = action.conn;
  View view(*this, action.conn, SIZE_MAX);
  block.known = view.act(action.action, action.argument);
  block.end = true;
  effects_->admin_blocks.push_back(std::move(block));
}

void Server::Impl::on(const AdminAnswer& answer) {
  if (answer.last) handed_over_.erase(answer.conn);
  Connection* connection = find(answer.conn);
  if (connection == nullptr || connection->state == Connection::State::kClosed) return;
  output(*connection).append(answer.piece);
  if (answer.last) close_connection(*connection);
}

}  // namespace zookernel::core
