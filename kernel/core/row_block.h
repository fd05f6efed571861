// Rows of a table, copied: for a command that runs on another thread than the core's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "zookernel/admin_command.h"

namespace zookernel::core {

class RowBlock {
 public:
  void add(const ZookernelValue* columns, uint32_t count);
  [[nodiscard]] size_t rows() const { return ends_.size(); }
  // Shows each row to the visitor; true when that has ended the visit.
  [[nodiscard]] bool visit(ZookernelRowVisitor visitor, void* context);

 private:
  std::vector<ZookernelValue> values_;  // a text's data is set by visit()
  std::vector<size_t> ends_;            // of each row, in values_
  std::vector<size_t> places_;          // of each value that is a text, in text_
  std::string text_;
};

}  // namespace zookernel::core
