#include "plugins/admin/fourletter/answer.h"

#include <utility>

namespace zookernel::fourletter {

void Answer::add(std::initializer_list<std::string_view> pieces) {
  size_t bytes = 0;
  for (const std::string_view piece : pieces) bytes += piece.size();
  if (full_ || bytes > bytes_max_ - text_.size()) leave_rest_out();
  for (const std::string_view piece : pieces) text_ += piece;
}

void Answer::leave_rest_out() {
  full_ = true;
  throw Full{};
}

std::string Answer::finish() {
  if (full_) {
    text_ += "... the rest is left out: an answer is limited to " + std::to_string(bytes_max_) +
             " bytes\n";
    full_ = false;
  }
  return std::exchange(text_, std::string());
}

}  // namespace zookernel::fourletter
