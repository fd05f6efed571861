#include "kernel/core/watch_heads.h"

namespace zookernel::core {

void WatchHeads::set(uint32_t number, WatchId head) {
  const size_t at = number / kPage;
  if (at >= pages_.size()) {
    if (head == kNoWatch) return;
    pages_.resize(at + 1);
  }
  std::unique_ptr<Page>& page = pages_[at];
  if (page == nullptr) {
    if (head == kNoWatch) return;
    page = std::make_unique<Page>();
    ++page_count_;
  }
  WatchId& slot = page->heads[number % kPage];
  const bool was = slot != kNoWatch;
  const bool is = head != kNoWatch;
  slot = head;
  if (is && !was) {
    ++size_;
    ++page->used;
  } else if (was && !is) {
    --size_;
    if (--page->used > 0) return;
    page.reset();
    --page_count_;
  }
}

uint32_t WatchHeads::next(uint32_t from) const {
  for (size_t at = from / kPage; at < pages_.size(); ++at, from = 0) {
    if (pages_[at] == nullptr) continue;
    for (uint32_t slot = from % kPage; slot < kPage; ++slot) {
      if (pages_[at]->heads[slot] != kNoWatch) return static_cast<uint32_t>(at * kPage) + slot;
    }
  }
  return 0;
}

size_t WatchHeads::memory_bytes() const {
  constexpr size_t kAllocator = 12;  // header and rounding
  return page_count_ * (sizeof(Page) + kAllocator) + pages_.capacity() * sizeof(pages_[0]);
}

}  // namespace zookernel::core
