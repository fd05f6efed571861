#include "kernel/shell/properties.h"

#include <algorithm>
#include <cstdint>
#include <optional>

namespace zookernel::shell {
namespace {

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\f';
}

std::string_view trim(std::string_view text) {
  const auto blank = [](char c) { return static_cast<unsigned char>(c) <= ' '; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

struct LogicalLine {
  std::string text;
  int line = 0;
};

// Joins continued lines; drops comments and empty lines.
class LineReader {
 public:
  explicit LineReader(std::string_view text) : rest_(text) {}

  bool next(LogicalLine& logical) {
    while (!rest_.empty()) {
      std::string_view natural = natural_line();
      strip_leading(natural);
      if (natural.empty() || natural.front() == '#' || natural.front() == '!') continue;
      logical.line = line_;
      logical.text.clear();
      while (continues(natural)) {
        logical.text.append(natural.substr(0, natural.size() - 1));
        natural = rest_.empty() ? std::string_view() : natural_line();
        strip_leading(natural);
      }
      logical.text.append(natural);
      return true;
    }
    return false;
  }

 private:
  std::string_view natural_line() {
    ++line_;
    const size_t end = rest_.find_first_of("\r\n");
    const std::string_view line = rest_.substr(0, end);
    if (end == std::string_view::npos) {
      rest_ = {};
    } else {
      const bool two = rest_[end] == '\r' && end + 1 < rest_.size() && rest_[end + 1] == '\n';
      rest_.remove_prefix(end + (two ? 2 : 1));
    }
    return line;
  }
  static void strip_leading(std::string_view& line) {
    while (!line.empty() && is_blank(line.front())) line.remove_prefix(1);
  }
  static bool continues(std::string_view line) {
    size_t backslashes = 0;
    while (backslashes < line.size() && line[line.size() - 1 - backslashes] == '\\') ++backslashes;
    return backslashes % 2 == 1;
  }

  std::string_view rest_;
  int line_ = 0;
};

void append_utf8(std::string& out, uint32_t code) {
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xc0 | (code >> 6));
    out += static_cast<char>(0x80 | (code & 0x3f));
  } else if (code < 0x10000) {
    out += static_cast<char>(0xe0 | (code >> 12));
    out += static_cast<char>(0x80 | ((code >> 6) & 0x3f));
    out += static_cast<char>(0x80 | (code & 0x3f));
  } else {
    out += static_cast<char>(0xf0 | (code >> 18));
    out += static_cast<char>(0x80 | ((code >> 12) & 0x3f));
    out += static_cast<char>(0x80 | ((code >> 6) & 0x3f));
    out += static_cast<char>(0x80 | (code & 0x3f));
  }
}

std::optional<uint32_t> four_hex_digits(std::string_view text) {
  if (text.size() < 4) return std::nullopt;
  uint32_t value = 0;
  for (const char c : text.substr(0, 4)) {
    uint32_t digit = 0;
    if (c >= '0' && c <= '9') {
      digit = static_cast<uint32_t>(c - '0');
    } else if (c >= 'a' && c <= 'f') {
      digit = static_cast<uint32_t>(c - 'a') + 10;
    } else if (c >= 'A' && c <= 'F') {
      digit = static_cast<uint32_t>(c - 'A') + 10;
    } else {
      return std::nullopt;
    }
    value = value * 16 + digit;
  }
  return value;
}

// False: a \u without four hexadecimal digits.
bool unescape(std::string_view text, std::string& out) {
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\' || i + 1 == text.size()) {
      out += text[i];
      continue;
    }
    const char escaped = text[++i];
    switch (escaped) {
      case 't':
        out += '\t';
        break;
      case 'n':
        out += '\n';
        break;
      case 'r':
        out += '\r';
        break;
      case 'f':
        out += '\f';
        break;
      case 'u': {
        std::optional<uint32_t> code = four_hex_digits(text.substr(i + 1));
        if (!code) return false;
        i += 4;
        // Two escapes may make one character.
        if (*code >= 0xd800 && *code < 0xdc00 && text.substr(i + 1).starts_with("\\u")) {
          const std::optional<uint32_t> low = four_hex_digits(text.substr(i + 3));
          if (low && *low >= 0xdc00 && *low < 0xe000) {
            code = 0x10000 + ((*code - 0xd800) << 10) + (*low - 0xdc00);
            i += 6;
          }
        }
        append_utf8(out, *code);
        break;
      }
      default:
        out += escaped;
    }
  }
  return true;
}

// Where the key ends in a line without leading blanks.
size_t key_end(std::string_view line) {
  for (size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '\\') {
      ++i;
    } else if (line[i] == '=' || line[i] == ':' || is_blank(line[i])) {
      return i;
    }
  }
  return line.size();
}

std::string_view value_part(std::string_view rest) {
  const auto skip_blanks = [&rest] {
    while (!rest.empty() && is_blank(rest.front())) rest.remove_prefix(1);
  };
  skip_blanks();
  if (!rest.empty() && (rest.front() == '=' || rest.front() == ':')) rest.remove_prefix(1);
  skip_blanks();
  return rest;
}

Error at_line(int line, std::string_view reason) {
  return {Errc::kInvalid, std::to_string(line) + ": " + std::string(reason)};
}

}  // namespace

Result<std::vector<Property>> parse_properties(std::string_view text) {
  if (text.size() > kPropertiesBytesMax) {
    return at_line(1, "the file is larger than " + std::to_string(kPropertiesBytesMax) +
                          " bytes; is it a configuration file?");
  }
  std::vector<Property> properties;
  LineReader lines(text);
  for (LogicalLine logical; lines.next(logical);) {
    const std::string_view line = logical.text;
    if (line.find('\0') != std::string_view::npos)
      return at_line(logical.line, "a NUL byte; is it a text file?");
    const size_t end = key_end(line);
    Property property;
    property.line = logical.line;
    std::string value;
    if (!unescape(line.substr(0, end), property.key) ||
        !unescape(value_part(line.substr(std::min(end, line.size()))), value)) {
      return at_line(
          logical.line,
          "\\u must be followed by four hexadecimal digits (write \\\\u for a backslash and a u)");
    }
    if (value.find('\0') != std::string::npos || property.key.find('\0') != std::string::npos) {
      return at_line(logical.line, "\\u0000 cannot be part of a setting");
    }
    property.key = trim(property.key);
    property.value = trim(value);
    properties.push_back(std::move(property));
  }
  return properties;
}

JvmFlags parse_jvm_flags(std::string_view flags) {
  std::vector<std::string> words;
  std::string word;
  bool in_word = false;
  char quote = 0;
  for (size_t i = 0; i < flags.size(); ++i) {
    const char c = flags[i];
    if (quote != 0) {
      if (c == quote) {
        quote = 0;
      } else if (c == '\\' && quote == '"' && i + 1 < flags.size() &&
                 (flags[i + 1] == '"' || flags[i + 1] == '\\')) {
        word += flags[++i];
      } else {
        word += c;
      }
    } else if (c == '\'' || c == '"') {
      quote = c;
      in_word = true;
    } else if (c == '\\' && i + 1 < flags.size()) {
      word += flags[++i];
      in_word = true;
    } else if (is_blank(c) || c == '\n' || c == '\r') {
      if (in_word) words.push_back(std::move(word));
      word.clear();
      in_word = false;
    } else {
      word += c;
      in_word = true;
    }
  }
  if (in_word) words.push_back(std::move(word));

  JvmFlags result;
  for (std::string& each : words) {
    if (!each.starts_with("-D") || each.size() == 2) {
      result.ignored.push_back(std::move(each));
      continue;
    }
    const std::string_view definition = std::string_view(each).substr(2);
    const size_t equals = definition.find('=');
    Property property;
    property.key = trim(definition.substr(0, equals));
    if (equals != std::string_view::npos) property.value = trim(definition.substr(equals + 1));
    result.definitions.push_back(std::move(property));
  }
  return result;
}

}  // namespace zookernel::shell
