#include <algorithm>
#include <sstream>

#include "tests/differential/describe.h"
#include "tests/differential/script.h"
#include "zookernel/bytes.h"

namespace zookernel::differential {

namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";

size_t patch_size(Patch::Kind kind) {
  return kind == Patch::Kind::kPassword ? 16 : 8;
}

std::string_view patch_name(Patch::Kind kind) {
  switch (kind) {
    case Patch::Kind::kSessionId:
      return "session";
    case Patch::Kind::kPassword:
      return "password";
    case Patch::Kind::kZxid:
      return "zxid";
  }
  return "";
}

void append_hex(std::string& text, std::string_view bytes) {
  for (char byte : bytes) {
    auto value = static_cast<unsigned char>(byte);
    text += kHexDigits[value >> 4];
    text += kHexDigits[value & 15];
  }
}

void append_frame(std::string& text, const Step& step, const Frame& frame) {
  text += frame.answered ? "  > " : "  ! ";
  size_t at = 0;
  for (const Patch& patch : frame.patches) {
    append_hex(text, std::string_view(frame.bytes).substr(at, patch.offset - at));
    text += "{" + std::string(patch_name(patch.kind)) + ":" + std::to_string(patch.argument) + "}";
    at = patch.offset + patch_size(patch.kind);
  }
  append_hex(text, std::string_view(frame.bytes).substr(at));
  bool handshake = step.kind == Step::Kind::kConnect && &frame == step.frames.data();
  text += "  # " + (handshake ? "ConnectRequest" : describe_request(frame)) + "\n";
}

// Reads HEX and tokens up to a blank or the end. False if a piece is neither.
bool parse_frame(std::string_view text, Frame& frame) {
  size_t at = 0;
  while (at < text.size() && text[at] != ' ') {
    if (text[at] == '{') {
      size_t end = text.find('}', at);
      size_t colon = text.find(':', at);
      if (end == std::string_view::npos || colon == std::string_view::npos || colon > end) {
        return false;
      }
      std::string_view name = text.substr(at + 1, colon - at - 1);
      Patch patch;
      if (name == "session") {
        patch.kind = Patch::Kind::kSessionId;
      } else if (name == "password") {
        patch.kind = Patch::Kind::kPassword;
      } else if (name == "zxid") {
        patch.kind = Patch::Kind::kZxid;
      } else {
        return false;
      }
      patch.offset = static_cast<uint32_t>(frame.bytes.size());
      patch.argument = std::atoi(std::string(text.substr(colon + 1, end - colon - 1)).c_str());
      frame.patches.push_back(patch);
      frame.bytes.append(patch_size(patch.kind), '\0');
      at = end + 1;
      continue;
    }
    size_t high = kHexDigits.find(text[at]);
    size_t low = at + 1 < text.size() ? kHexDigits.find(text[at + 1]) : std::string_view::npos;
    if (high == std::string_view::npos || low == std::string_view::npos) return false;
    frame.bytes += static_cast<char>(high * 16 + low);
    at += 2;
  }
  return true;
}

bool parse_step(const std::string& line, Step& step) {
  std::istringstream words(line);
  std::string kind;
  std::string connection;
  words >> kind >> connection;
  if (kind == "connect") {
    step.kind = Step::Kind::kConnect;
  } else if (kind == "send") {
    step.kind = Step::Kind::kSend;
  } else if (kind == "drop") {
    step.kind = Step::Kind::kDrop;
  } else {
    return false;
  }
  if (connection.size() < 2 || connection[0] != 'c') return false;
  step.connection = std::atoi(connection.c_str() + 1);
  for (std::string word; words >> word;) {
    if (word == "closes") {
      step.closes = true;
    } else if (word == "chunk") {
      words >> step.chunk_size;
    } else {
      return false;
    }
  }
  return true;
}

}  // namespace

int32_t frame_opcode(const Frame& frame) {
  return frame.bytes.size() < 12 ? 0 : static_cast<int32_t>(load_be32(frame.bytes.data() + 8));
}

int32_t frame_xid(const Frame& frame) {
  return frame.bytes.size() < 8 ? 0 : static_cast<int32_t>(load_be32(frame.bytes.data() + 4));
}

size_t request_count(const Script& script) {
  size_t count = 0;
  for (const Step& step : script) count += step.frames.size();
  return count;
}

std::string to_text(const Script& script) {
  std::string text;
  for (const Step& step : script) {
    switch (step.kind) {
      case Step::Kind::kConnect:
        text += "connect";
        break;
      case Step::Kind::kSend:
        text += "send";
        break;
      case Step::Kind::kDrop:
        text += "drop";
        break;
    }
    text += " c" + std::to_string(step.connection);
    if (step.closes) text += " closes";
    if (step.chunk_size != 0) text += " chunk " + std::to_string(step.chunk_size);
    text += "\n";
    for (const Frame& frame : step.frames) append_frame(text, step, frame);
  }
  return text;
}

bool from_text(const std::string& text, Script& script, std::string& problem) {
  std::istringstream lines(text);
  size_t number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    if (line.empty() || line[0] == '#') continue;
    bool good = false;
    if (line.starts_with("  > ") || line.starts_with("  ! ")) {
      if (!script.empty()) {
        Frame frame;
        frame.answered = line[2] == '>';
        good = parse_frame(std::string_view(line).substr(4), frame);
        script.back().frames.push_back(std::move(frame));
      }
    } else {
      Step step;
      good = parse_step(line, step);
      script.push_back(std::move(step));
    }
    if (!good) {
      problem = "line " + std::to_string(number) + " is neither a step nor a frame: " + line;
      return false;
    }
  }
  return true;
}

}  // namespace zookernel::differential
