#include "tests/differential/comparison.h"

#include <algorithm>
#include <chrono>
#include <thread>

#include "tests/differential/transcript.h"

namespace zookernel::differential {

namespace {

// Servers notice dropped connections in their own time, and counts of watches follow.
constexpr int kCountAttempts = 100;
constexpr std::chrono::milliseconds kCountPause{20};

void compare_counts(const Endpoint& reference, const Endpoint& subject,
                    Comparison::Outcome& outcome) {
  auto expected = reference.counts();
  auto found = subject.counts();
  for (int attempt = 1; expected != found && attempt < kCountAttempts; ++attempt) {
    std::this_thread::sleep_for(kCountPause);
    expected = reference.counts();
    found = subject.counts();
  }
  for (const auto& [key, value] : expected)
    outcome.reference.push_back("count " + key + " " + value);
  for (const auto& [key, value] : found) outcome.subject.push_back("count " + key + " " + value);
}

}  // namespace

bool Comparison::run(const Script& script, Counts counts, Outcome& outcome) {
  std::thread other([&] { outcome.reference = transcript(reference_.run(script)); });
  outcome.subject = transcript(subject_.run(script));
  other.join();
  if (counts == Counts::kCompare) compare_counts(reference_, subject_, outcome);

  bool reference_clean = false;
  std::thread cleaner([&] { reference_clean = reference_.clean_up(); });
  bool subject_clean = subject_.clean_up();
  cleaner.join();
  if (!reference_clean) problem_ = reference_.problem();
  if (!subject_clean) problem_ = subject_.problem();
  return reference_clean && subject_clean;
}

std::string difference_text(const Comparison::Outcome& outcome, const std::string& reference_name,
                            const std::string& subject_name) {
  constexpr size_t kContextLines = 3;
  constexpr size_t kShownLines = 3;
  auto [expected, found] = std::mismatch(outcome.reference.begin(), outcome.reference.end(),
                                         outcome.subject.begin(), outcome.subject.end());
  size_t at = static_cast<size_t>(expected - outcome.reference.begin());
  std::string text;
  for (size_t i = at - std::min(at, kContextLines); i < at; ++i)
    text += "    " + outcome.reference[i] + "\n";
  for (size_t i = at; i < std::min(at + kShownLines, outcome.reference.size()); ++i) {
    text += "  " + reference_name + ": " + outcome.reference[i] + "\n";
  }
  for (size_t i = at; i < std::min(at + kShownLines, outcome.subject.size()); ++i) {
    text += "  " + subject_name + ": " + outcome.subject[i] + "\n";
  }
  return text;
}

}  // namespace zookernel::differential
