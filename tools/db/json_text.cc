#include "tools/db/json_text.h"

#include <algorithm>
#include <ctime>

namespace zookernel::db_tool {
namespace {

// How many bytes the well-formed sequence at the beginning of `bytes` has; 0 if there is none.
size_t sequence_length(Bytes bytes) {
  const auto byte = [&bytes](size_t i) { return static_cast<unsigned char>(bytes[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return 1;
  const size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || bytes.size() < length) return 0;
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
  }
  // Overlong forms, surrogates, and what lies behind the last character.
  if (first == 0xe0 && byte(1) < 0xa0) return 0;
  if (first == 0xed && byte(1) > 0x9f) return 0;
  if (first == 0xf0 && byte(1) < 0x90) return 0;
  if (first == 0xf4 && byte(1) > 0x8f) return 0;
  return length;
}

}  // namespace

bool is_text(Bytes bytes) {
  return is_utf8(bytes) && std::none_of(bytes.begin(), bytes.end(), [](char c) {
           return (static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t') || c == 0x7f;
         });
}

bool is_utf8(Bytes bytes) {
  while (!bytes.empty()) {
    const size_t length = sequence_length(bytes);
    if (length == 0) return false;
    bytes.remove_prefix(length);
  }
  return true;
}

std::string base64(Bytes bytes) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (size_t at = 0; at < bytes.size(); at += 3) {
    uint32_t group = 0;
    for (size_t i = 0; i < 3; ++i) {
      group = group << 8 | (at + i < bytes.size() ? static_cast<unsigned char>(bytes[at + i]) : 0u);
    }
    for (size_t i = 0; i < 4; ++i) {
      text += at + i > bytes.size() ? '=' : kDigits[group >> (18 - 6 * i) & 63];
    }
  }
  return text;
}

std::string iso_time(int64_t ms) {
  // std::tm has an int for the year; beyond this nothing that writes our files ever gets.
  constexpr int64_t kLastMs = 253402300800000;  // the end of the year 9999
  if (ms < 0 || ms >= kLastMs) return std::to_string(ms);
  const auto seconds = static_cast<std::time_t>(ms / 1000);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[40];
  const size_t size = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
  const std::string fraction = std::to_string(1000 + ms % 1000);
  return std::string(text, size) + "." + fraction.substr(1) + "Z";
}

void put(Json& to, const std::string& name, Bytes bytes) {
  if (is_text(bytes)) {
    to[name] = std::string(bytes);
  } else {
    to[name + "64"] = base64(bytes);
  }
}

void put(Json& to, const std::string& name, const wire::OptBytes& bytes) {
  if (bytes.null) {
    to[name] = nullptr;
  } else {
    put(to, name, bytes.bytes);
  }
}

std::string to_json_line(const Json& object) {
  return object.dump() + "\n";
}

std::string to_text_line(const Json& object, std::initializer_list<const char*> bare) {
  std::string line;
  for (const char* name : bare) {
    const auto field = object.find(name);
    if (field == object.end()) continue;
    if (!line.empty()) line += ' ';
    line += field->is_string() ? field->get_ref<const std::string&>() : field->dump();
  }
  for (const auto& [name, value] : object.items()) {
    bool named_before = false;
    for (const char* other : bare) named_before = named_before || name == other;
    if (named_before) continue;
    if (!line.empty()) line += ' ';
    // Numbers, also those in hexadecimal, need no quotes.
    const auto* text = value.is_string() ? &value.get_ref<const std::string&>() : nullptr;
    line += name + "=" + (text != nullptr && text->starts_with("0x") ? *text : value.dump());
  }
  return line + "\n";
}

}  // namespace zookernel::db_tool
