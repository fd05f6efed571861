#include "kernel/core/persist_queue.h"

#include <iterator>
#include <utility>

#include "zookernel/assert.h"

namespace zookernel::core {

void PersistQueue::push(Persist persist) {
  ZOOKERNEL_ASSERT(persist.ticket > last_ticket_);
  last_ticket_ = persist.ticket;
  records_ += persist.append.size();
  for (const LogRecord& record : persist.append) bytes_ += record.body.size();
  waiting_.push_back(std::move(persist));
}

PersistRound PersistQueue::take(size_t records_max) {
  ZOOKERNEL_ASSERT(!waiting_.empty());
  PersistRound round;
  bool first = true;
  while (!waiting_.empty()) {
    Persist& next = waiting_.front();
    if (!first && (next.truncate_after || next.snapshot ||
                   round.append.size() + next.append.size() > records_max))
      break;
    first = false;
    std::move(next.config.begin(), next.config.end(), std::back_inserter(round.config));
    if (next.truncate_after) round.truncate_after = next.truncate_after;
    records_ -= next.append.size();
    for (const LogRecord& record : next.append) bytes_ -= record.body.size();
    if (round.append.empty()) {
      round.append = std::move(next.append);
    } else {
      std::move(next.append.begin(), next.append.end(), std::back_inserter(round.append));
    }
    std::move(next.then.begin(), next.then.end(), std::back_inserter(round.then));
    ZOOKERNEL_ASSERT(next.ticket > round.ticket);
    round.ticket = next.ticket;
    round.snapshot = next.snapshot;
    round.epochs = next.epochs;
    const bool ends = next.snapshot || next.epochs.has_value();
    waiting_.pop_front();
    if (ends) break;
  }
  return round;
}

}  // namespace zookernel::core
