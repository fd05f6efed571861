// The first watch of each watched thing, by the thing's number: an array with pages, of which only
// those are there in which something is watched. Four bytes a number where all are watched, and
// never more than that for each number that there is. [core]
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "kernel/core/watchers.h"

namespace zookernel::core {

class WatchHeads {
 public:
  [[nodiscard]] WatchId get(uint32_t number) const {
    const size_t page = number / kPage;
    if (page >= pages_.size() || pages_[page] == nullptr) return kNoWatch;
    return pages_[page]->heads[number % kPage];
  }
  // kNoWatch forgets the number.
  void set(uint32_t number, WatchId head);

  // How many have a watch.
  [[nodiscard]] size_t size() const { return size_; }
  // The least number from `from` on that has a watch; 0 if none has. Numbers begin at 1.
  [[nodiscard]] uint32_t next(uint32_t from) const;
  [[nodiscard]] size_t memory_bytes() const;

 private:
  static constexpr uint32_t kPage = 128;
  struct Page {
    std::array<WatchId, kPage> heads = {};
    uint32_t used = 0;
  };

  std::vector<std::unique_ptr<Page>> pages_;
  size_t size_ = 0;
  size_t page_count_ = 0;
};

}  // namespace zookernel::core
