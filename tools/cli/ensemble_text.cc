#include "tools/cli/ensemble_text.h"

#include <utility>

namespace zookernel::cli {

namespace {

std::string_view trimmed(std::string_view text) {
  const size_t begin = text.find_first_not_of(" \t\r");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r") - begin + 1);
}

// Takes the next line off the front of `text`; key and value are empty where there is no "=".
std::pair<std::string_view, std::string_view> take_line(std::string_view& text) {
  const size_t end = text.find('\n');
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  const size_t equals = line.find('=');
  if (equals == std::string_view::npos) return {};
  return {trimmed(line.substr(0, equals)), trimmed(line.substr(equals + 1))};
}

// What follows the semicolon: "[host:]port". A port alone stands for any address, as Apache's
// client prints it.
std::string client_address(std::string_view value) {
  const size_t semicolon = value.find(';');
  if (semicolon == std::string_view::npos) return {};
  const std::string_view client = trimmed(value.substr(semicolon + 1));
  if (client.find(':') != std::string_view::npos) return std::string(client);
  return "0.0.0.0:" + std::string(client);
}

}  // namespace

std::string client_config_text(std::string_view config) {
  std::string version;
  std::string servers;
  while (!config.empty()) {
    const auto [key, value] = take_line(config);
    if (key == "version") version = value;
    if (!key.starts_with("server.")) continue;
    const std::string address = client_address(value);
    if (address.empty()) continue;
    if (!servers.empty()) servers += ',';
    servers += address;
  }
  return version + " " + servers;
}

std::string members_of_file(std::string_view text) {
  std::string members;
  while (!text.empty()) {
    const auto [key, value] = take_line(text);
    if (!key.starts_with("server.")) continue;
    if (!members.empty()) members += ',';
    members.append(key).append("=").append(value);
  }
  return members;
}

}  // namespace zookernel::cli
