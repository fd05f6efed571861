#include "kernel/core/overlay.h"

#include <utility>

#include "zookernel/assert.h"

namespace zookernel::core {

const ChangeRecord* Overlay::find(Bytes path) const {
  if (slots_.empty()) return nullptr;
  const auto at = slots_.find(path);
  return at == slots_.end() ? nullptr : &at->second.record;
}

void Overlay::put(Bytes path, Zxid zxid, ChangeRecord record) {
  auto at = slots_.find(path);
  if (recording_) {
    undo_.push_back(
        {std::string(path), at == slots_.end() ? std::nullopt : std::optional<Slot>(at->second)});
  }
  if (at == slots_.end()) at = slots_.emplace(std::string(path), Slot{}).first;
  at->second.zxid = zxid;
  at->second.last = ++number_;
  at->second.record = std::move(record);
  outstanding_.push_back({zxid, number_, &*at});
}

void Overlay::applied(Zxid zxid) {
  while (!outstanding_.empty() && outstanding_.front().zxid <= zxid) {
    const Outstanding change = outstanding_.front();
    outstanding_.pop_front();
    // A later change of the path keeps its slot.
    if (change.slot->second.last == change.number)
      slots_.erase(slots_.find(Bytes(change.slot->first)));
  }
}

void Overlay::clear() {
  outstanding_.clear();
  slots_.clear();
  undo_.clear();
  recording_ = false;
}

void Overlay::begin() {
  ZOOKERNEL_ASSERT(!recording_);
  recording_ = true;
  undo_.clear();
}

void Overlay::keep() {
  recording_ = false;
  undo_.clear();
}

void Overlay::roll_back() {
  ZOOKERNEL_ASSERT(recording_);
  recording_ = false;
  for (; !undo_.empty(); undo_.pop_back()) {
    Undo& undo = undo_.back();
    const auto at = slots_.find(undo.path);
    outstanding_.pop_back();  // changes were put in the order that is undone
    if (undo.before) {
      at->second = std::move(*undo.before);
    } else {
      slots_.erase(at);
    }
  }
}

}  // namespace zookernel::core
