#include "tests/differential/shrink.h"

#include <algorithm>
#include <cstddef>

namespace zookernel::differential {

namespace {

class Shrinker {
 public:
  Shrinker(Script script, const std::function<bool(const Script&)>& fails, size_t runs_max)
      : best_(std::move(script)), fails_(fails), runs_left_(runs_max) {}

  Script run() {
    for (bool smaller = true; smaller && runs_left_ > 0;) {
      smaller = without_steps();
      smaller = without_frames() || smaller;
      smaller = without_chunks() || smaller;
    }
    return std::move(best_);
  }

 private:
  // Takes the candidate if it still fails.
  bool attempt(Script candidate) {
    if (runs_left_ == 0) return false;
    --runs_left_;
    if (!fails_(candidate)) return false;
    best_ = std::move(candidate);
    return true;
  }

  // Halves first, then quarters, at last single steps; from the end, where most is unnecessary.
  bool without_steps() {
    bool any = false;
    for (size_t width = std::max<size_t>(best_.size() / 2, 1); width > 0; width /= 2) {
      for (size_t end = best_.size(); end > 0;) {
        size_t begin = end - std::min(end, width);
        Script candidate = best_;
        candidate.erase(candidate.begin() + static_cast<std::ptrdiff_t>(begin),
                        candidate.begin() + static_cast<std::ptrdiff_t>(end));
        any = attempt(std::move(candidate)) || any;
        end = begin;
      }
    }
    return any;
  }

  bool without_frames() {
    bool any = false;
    for (size_t step = best_.size(); step-- > 0;) {
      // A handshake's first frame goes only with its step.
      size_t keep = best_[step].kind == Step::Kind::kConnect ? 1 : 0;
      for (size_t frame = best_[step].frames.size(); frame-- > keep;) {
        Script candidate = best_;
        auto& frames = candidate[step].frames;
        frames.erase(frames.begin() + static_cast<std::ptrdiff_t>(frame));
        if (frames.empty()) continue;  // that is leaving out the step
        any = attempt(std::move(candidate)) || any;
      }
    }
    return any;
  }

  bool without_chunks() {
    Script candidate = best_;
    for (Step& step : candidate) step.chunk_size = 0;
    return candidate != best_ && attempt(std::move(candidate));
  }

  Script best_;
  const std::function<bool(const Script&)>& fails_;
  size_t runs_left_;
};

}  // namespace

Script shrink(Script script, const std::function<bool(const Script&)>& fails, size_t runs_max) {
  return Shrinker(std::move(script), fails, runs_max).run();
}

}  // namespace zookernel::differential
