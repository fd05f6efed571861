#include "kernel/core/row_block.h"

namespace zookernel::core {

void RowBlock::add(const ZookernelValue* columns, uint32_t count) {
  for (uint32_t i = 0; i < count; ++i) {
    values_.push_back(columns[i]);
    if (columns[i].kind != ZOOKERNEL_VALUE_TEXT) continue;
    places_.push_back(text_.size());
    if (columns[i].text.size != 0) text_.append(columns[i].text.data, columns[i].text.size);
  }
  ends_.push_back(values_.size());
}

bool RowBlock::visit(ZookernelRowVisitor visitor, void* context) {
  // Only now does the text stay where it is.
  size_t texts = 0;
  for (ZookernelValue& value : values_) {
    if (value.kind == ZOOKERNEL_VALUE_TEXT) value.text.data = text_.data() + places_[texts++];
  }
  size_t begin = 0;
  for (const size_t end : ends_) {
    if (visitor(context, values_.data() + begin, static_cast<uint32_t>(end - begin)) != 0)
      return true;
    begin = end;
  }
  return false;
}

}  // namespace zookernel::core
