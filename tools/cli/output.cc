#include "tools/cli/output.h"

#include <ostream>

namespace zookernel::cli {

std::string without_controls(std::string_view text) {
  std::string clean;
  clean.reserve(text.size());
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool control = (byte < 0x20 && c != '\n' && c != '\t' && c != '\r') || byte == 0x7f;
    if (control) {
      clean += "\xef\xbf\xbd";
    } else {
      clean += c;
    }
  }
  return clean;
}

void Output::write(std::ostream& stream, std::string_view text) {
  if (style_ == Style::kTerminal) {
    stream << without_controls(text);
  } else {
    stream << text;
  }
}

void Output::line(std::string_view text) {
  write(out_, text);
  out_ << '\n';
}

void Output::text(std::string_view text) {
  write(out_, text);
}

void Output::error(std::string_view text) {
  out_.flush();
  write(err_, text);
  err_ << '\n';
  err_.flush();
}

void Output::flush() {
  out_.flush();
}

}  // namespace zookernel::cli
