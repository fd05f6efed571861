#include "tools/db/report.h"

#include <ostream>

#include "tools/db/json_text.h"
#include "zookernel/log.h"

namespace zookernel::db_tool {
namespace {

const char* name_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::kGood:
      return "good";
    case Verdict::kNote:
      return "note";
    case Verdict::kDamaged:
      return "damaged";
  }
  return "?";
}

std::string padded(std::string text, size_t width) {
  if (text.size() < width) text.append(width - text.size(), ' ');
  return text;
}

}  // namespace

void Report::add(const Stretch& stretch) {
  findings_ = findings_ || stretch.verdict != Verdict::kGood;
  if (json_) {
    Json line;
    put(line, "file", stretch.file);
    line["begin"] = stretch.begin;
    line["end"] = stretch.end;
    if (stretch.first) line["firstZxid"] = hex(stretch.first->value);
    if (stretch.last) line["lastZxid"] = hex(stretch.last->value);
    line["verdict"] = name_of(stretch.verdict);
    line["what"] = stretch.what;
    out_ << to_json_line(line);
    return;
  }
  if (file_ != stretch.file) {
    file_ = stretch.file;
    out_ << file_ << "\n";
  }
  std::string zxids = "-";
  if (stretch.first) zxids = hex(stretch.first->value);
  if (stretch.last && stretch.last != stretch.first) zxids += ".." + hex(stretch.last->value);
  out_ << "  " << padded(std::to_string(stretch.begin) + "-" + std::to_string(stretch.end), 19)
       << " " << padded(zxids, 23) << " " << padded(name_of(stretch.verdict), 7) << " "
       << stretch.what << "\n";
}

void Report::conclude(const std::string& verdict, const std::string& what,
                      std::optional<Zxid> last_zxid) {
  if (json_) {
    Json line;
    line["result"] = verdict;
    if (last_zxid) line["lastZxid"] = hex(last_zxid->value);
    line["what"] = what;
    out_ << to_json_line(line);
    return;
  }
  out_ << verdict << ": " << what << "\n";
}

}  // namespace zookernel::db_tool
