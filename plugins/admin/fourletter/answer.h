// The text of an answer while it grows, up to a limit: a server with millions of watches must not
// double its memory because somebody typed `wchp`.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>

namespace zookernel::fourletter {

// Apache has no limit. This is about a million lines, more than anybody reads and less than a
// client's patience.
inline constexpr size_t kAnswerBytesMax = size_t{64} << 20;

class Answer {
 public:
  // Thrown by add: stop listing and give what there is. Derived from nothing, so that no handler
  // for errors takes it.
  struct Full {};

  explicit Answer(size_t bytes_max = kAnswerBytesMax) : bytes_max_(bytes_max) {}

  // Appends the pieces, all or none. Throws Full when the limit would be passed; finish() then says
  // so.
  void add(std::initializer_list<std::string_view> pieces);

  // Throws Full: the listing is not worth collecting any further.
  [[noreturn]] void leave_rest_out();

  // The answer; ends with a line that names the limit when something was left out. The object is
  // empty afterwards.
  [[nodiscard]] std::string finish();

 private:
  const size_t bytes_max_;
  std::string text_;
  bool full_ = false;
};

// Runs list(), which adds to `answer`, to its end or to the limit, and gives the text.
template <typename List>
[[nodiscard]] std::string bounded(Answer& answer, List list) {
  try {
    list();
  } catch (const Answer::Full&) {
    // finish() tells the reader.
  }
  return answer.finish();
}

}  // namespace zookernel::fourletter
