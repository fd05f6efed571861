// Two servers side by side: the same script goes to both, and what they do is compared.
#pragma once

#include <string>
#include <vector>

#include "tests/differential/endpoint.h"
#include "tests/differential/script.h"

namespace zookernel::differential {

class Comparison {
 public:
  Comparison(Endpoint& reference, Endpoint& subject) : reference_(reference), subject_(subject) {}

  struct Outcome {
    std::vector<std::string> reference;  // transcripts
    std::vector<std::string> subject;

    [[nodiscard]] bool differs() const { return reference != subject; }
  };

  enum class Counts { kSkip, kCompare };

  // Runs the script on both at the same time, and cleans up. Counts of mntr, if asked for, are
  // lines of the transcripts. False if a server does not serve any more; problem() says which.
  [[nodiscard]] bool run(const Script& script, Counts counts, Outcome& outcome);

  [[nodiscard]] const std::string& problem() const { return problem_; }

 private:
  Endpoint& reference_;
  Endpoint& subject_;
  std::string problem_;
};

// The first lines that differ, with what stands before them; for people.
[[nodiscard]] std::string difference_text(const Comparison::Outcome& outcome,
                                          const std::string& reference_name,
                                          const std::string& subject_name);

}  // namespace zookernel::differential
