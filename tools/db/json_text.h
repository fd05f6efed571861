// Bytes of the files as JSON and as text, so that nothing is lost: what is UTF-8 stands there as it
// is, under its name; any other bytes as base64, under the name with "64" behind it.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "zookernel/bytes.h"
#include "zookernel/wire/jute.h"

namespace zookernel::db_tool {

// Keeps the order in which fields were put.
using Json = nlohmann::ordered_json;

// Well-formed UTF-8 without characters of control (tab and newline are fine).
[[nodiscard]] bool is_text(Bytes bytes);
// Well-formed UTF-8.
[[nodiscard]] bool is_utf8(Bytes bytes);
[[nodiscard]] std::string base64(Bytes bytes);

// "2026-11-23T01:29:28.123Z"; a time that no calendar has is the plain number.
[[nodiscard]] std::string iso_time(int64_t ms);

void put(Json& to, const std::string& name, Bytes bytes);
void put(Json& to, const std::string& name, const wire::OptBytes& bytes);

// One line of JSON, and one of text: name=value, with the values of `bare` first and without names.
[[nodiscard]] std::string to_json_line(const Json& object);
[[nodiscard]] std::string to_text_line(const Json& object, std::initializer_list<const char*> bare);

}  // namespace zookernel::db_tool
