#include "tools/cli/command.h"

#include <charconv>
#include <limits>

#include "tools/client/error_text.h"
#include "tools/client/path.h"

namespace zookernel::cli {

std::string usage_text(const Command& command) {
  return std::string(command.name) + " " + std::string(command.usage);
}

std::string error_line(wire::ErrorCode error, std::string_view path) {
  using enum wire::ErrorCode;
  const auto with_path = [path](std::string_view text) {
    return std::string(text) + std::string(path);
  };
  switch (error) {
    case kNoNode:
      return with_path("Node does not exist: ");
    case kNoChildrenForEphemerals:
      return with_path("Ephemerals cannot have children: ");
    case kNodeExists:
      return with_path("Node already exists: ");
    case kNotEmpty:
      return with_path("Node not empty: ");
    case kNotReadOnly:
      return with_path("Not a read-only call: ");
    case kInvalidAcl:
      return with_path("Acl is not valid : ");
    case kNoAuth:
      return with_path("Insufficient permission : ");
    case kBadArguments:
      return with_path("Arguments are not valid : ");
    case kBadVersion:
      return with_path("version No is not valid : ");
    case kQuotaExceeded:
      return with_path("Quota has exceeded : ");
    case kReconfigInProgress:
      return "Another reconfiguration is in progress -- concurrent reconfigs not supported (yet)";
    case kNewConfigNoQuorum:
      return "No quorum of new config is connected and up-to-date with the leader of last "
             "commmitted "
             "config - try invoking reconfiguration after new servers are connected and synced";
    default:
      return client::keeper_message(error, path);
  }
}

std::optional<int64_t> parse_integer(std::string_view text) {
  const bool plus = text.starts_with('+');
  if (plus) text.remove_prefix(1);
  if (plus && text.starts_with('-')) return std::nullopt;
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

int Context::fail(std::string_view message) {
  output.error(message);
  return kExitFailed;
}

int Context::fail(wire::ErrorCode error, std::string_view path) {
  if (error == wire::ErrorCode::kOperationTimeout && zk.interrupted()) return kExitInterrupted;
  output.error(error_line(error, path));
  const std::string& problem = zk.connection().problem();
  if (error == wire::ErrorCode::kConnectionLoss && !problem.empty()) {
    output.error("zkCli: " + problem);
  }
  return kExitFailed;
}

int Context::usage() {
  std::string text = usage_text(command_);
  if (command_.usage_lists_options) text += "\n" + options_text(command_.options);
  return fail(text);
}

bool Context::good_path(std::string_view path) {
  const auto problem = client::path_problem(path);
  if (problem) output.error(*problem);
  return !problem;
}

std::optional<std::string> Context::path(const Arguments& arguments) {
  const std::string& path = arguments.words.front();
  if (!good_path(path)) return std::nullopt;
  return path;
}

std::optional<int32_t> Context::number(const Arguments& arguments, std::string_view option,
                                       int32_t fallback) {
  const auto text = arguments.value(option);
  if (!text) return fallback;
  const auto value = parse_integer(*text);
  if (!value || *value < std::numeric_limits<int32_t>::min() ||
      *value > std::numeric_limits<int32_t>::max()) {
    output.error("-" + std::string(option) + " argument must be an int value");
    return std::nullopt;
  }
  return static_cast<int32_t>(*value);
}

}  // namespace zookernel::cli
