#include "tools/cli/client_configuration.h"

#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>

#include "tools/cli/words.h"

namespace zookernel::cli {

namespace {

std::string_view trimmed(std::string_view text) {
  const size_t begin = text.find_first_not_of(" \t\r");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r") - begin + 1);
}

Status set_frame_bytes_max(std::string_view value, ClientConfiguration& configuration) {
  const bool hexadecimal = value.starts_with("0x") || value.starts_with("0X");
  const std::string_view digits = hexadecimal ? value.substr(2) : value;
  uint32_t bytes = 0;
  const char* end = digits.data() + digits.size();
  const auto [at, error] = std::from_chars(digits.data(), end, bytes, hexadecimal ? 16 : 10);
  if (error != std::errc{} || at != end || bytes < 1024 || bytes > 0x7fffffff) {
    return Error{Errc::kInvalid, "jute.maxbuffer=" + std::string(value) +
                                     ": a number of bytes from 1024 to 2147483647 is expected"};
  }
  configuration.frame_bytes_max = bytes;
  return Unit{};
}

Status apply(std::string_view key, std::string_view value, ClientConfiguration& configuration) {
  if (key == "jute.maxbuffer") return set_frame_bytes_max(value, configuration);
  if (key == "zookeeper.client.secure" && value == "true") {
    // To go on without would send passwords in the clear that somebody wanted protected.
    return Error{Errc::kUnsupported,
                 "zookeeper.client.secure=true: this client has no TLS yet (use Apache's zkCli.sh "
                 "for a secureClientPort)"};
  }
  return Unit{};
}

}  // namespace

Status apply_flags(std::string_view flags, ClientConfiguration& configuration) {
  for (const std::string& word : split_words(flags)) {
    const size_t equals = word.find('=');
    if (!word.starts_with("-D") || equals == std::string::npos) continue;
    const std::string_view text = word;
    const Status status = apply(text.substr(2, equals - 2), text.substr(equals + 1), configuration);
    if (!status.ok()) return status;
  }
  return Unit{};
}

Status apply_file(const std::string& name, ClientConfiguration& configuration) {
  std::ifstream file(name);
  if (!file) {
    return Error{Errc::kNotFound, "Error while processing " + name + ": " + std::strerror(errno)};
  }
  for (std::string line; std::getline(file, line);) {
    const std::string_view text = trimmed(line);
    if (text.empty() || text[0] == '#' || text[0] == '!') continue;
    const size_t equals = text.find_first_of("=:");
    if (equals == std::string_view::npos) continue;
    const Status status =
        apply(trimmed(text.substr(0, equals)), trimmed(text.substr(equals + 1)), configuration);
    if (!status.ok()) {
      return Error{status.error().code,
                   "Error while processing " + name + ": " + status.error().message};
    }
  }
  if (file.bad()) return Error{Errc::kIo, "Error while processing " + name + ": cannot be read"};
  return Unit{};
}

}  // namespace zookernel::cli
