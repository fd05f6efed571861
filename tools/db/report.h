// The lines of verify.
#pragma once

#include <iosfwd>
#include <optional>
#include <string>

#include "zookernel/ids.h"

namespace zookernel::db_tool {

enum class Verdict { kGood, kNote, kDamaged };

struct Stretch {
  std::string file;  // path
  uint64_t begin = 0, end = 0;
  std::optional<Zxid> first, last;
  Verdict verdict = Verdict::kGood;
  std::string what;
};

class Report {
 public:
  Report(std::ostream& out, bool json) : out_(out), json_(json) {}

  void add(const Stretch& stretch);
  // The last line: what a server would do, and why.
  void conclude(const std::string& verdict, const std::string& what, std::optional<Zxid> last_zxid);

  [[nodiscard]] bool has_findings() const { return findings_; }

 private:
  std::ostream& out_;
  const bool json_;
  bool findings_ = false;
  std::string file_;  // that the text names last
};

}  // namespace zookernel::db_tool
