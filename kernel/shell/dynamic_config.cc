#include "kernel/shell/dynamic_config.h"

#include <algorithm>
#include <cstdio>
#include <utility>
#include <vector>

#include "zookernel/wire/ensemble_text.h"

namespace zookernel::shell {
namespace {

constexpr std::string_view kPointer = "dynamicConfigFile";

// The key of a line of a properties file; empty for comments and blank lines.
std::string_view key_of(std::string_view line) {
  const size_t from = line.find_first_not_of(" \t\f");
  if (from == std::string_view::npos || line[from] == '#' || line[from] == '!') return {};
  line.remove_prefix(from);
  return line.substr(0, line.find_first_of("=: \t\f"));
}

bool ends_open(std::string_view line) {
  const size_t last = line.find_last_not_of('\\');
  const size_t slashes = line.size() - (last == std::string_view::npos ? 0 : last + 1);
  return slashes % 2 == 1;
}

bool moves_away(std::string_view key, bool client_port_moved) {
  return key.starts_with("server.") || key.starts_with("group") || key.starts_with("weight") ||
         key.starts_with("peerType") || key == kPointer ||
         (client_port_moved && (key == "clientPort" || key == "clientPortAddress"));
}

std::string hex(int64_t value) {
  char text[24];
  std::snprintf(text, sizeof text, "%llx", static_cast<unsigned long long>(value));
  return text;
}

}  // namespace

std::string proposed_path(const std::string& config_path) {
  return config_path + ".dynamic.next";
}

DynamicConfig::DynamicConfig(FileSystem& files, std::string path, Ensemble ensemble)
    : files_(files), path_(std::move(path)), ensemble_(std::move(ensemble)) {}

Status DynamicConfig::keep_original() {
  const Result<std::string> content = read(path_);
  if (!content) return content.error();
  std::string_view rest = *content;
  while (!rest.empty()) {
    const size_t end = std::min(rest.find('\n'), rest.size());
    if (key_of(rest.substr(0, end)) == kPointer) return Unit{};
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return replace(path_ + ".bak", *content);
}

Status DynamicConfig::save(const ConfigFile& file) {
  return file.in_force ? save_in_force(file.text) : save_proposed(file.text);
}

Status DynamicConfig::save_proposed(const std::string& text) {
  const std::string path = proposed_path(path_);
  if (!text.empty()) return replace(path, text);
  if (!files_.exists(path)) return Unit{};
  if (Status removed = files_.remove(path); !removed) return removed;
  return files_.sync_directory(directory());
}

Status DynamicConfig::save_in_force(const std::string& text) {
  const Result<Ensemble> ensemble = wire::parse_ensemble_text(text, ensemble_);
  if (!ensemble.ok()) return ensemble.error();
  // Without the version, which is in the name. Sorted by key, as Apache writes it.
  std::vector<std::string> lines;
  bool client_port_moved = false;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    const std::string line = text.substr(at, end - at);
    if (!line.starts_with("version=")) lines.push_back(line);
    at = end + 1;
  }
  std::sort(lines.begin(), lines.end());
  for (const Member& member : ensemble->members)
    client_port_moved = client_port_moved || (member.id == ensemble->self && member.client);
  std::string content;
  for (const std::string& line : lines) content += (content.empty() ? "" : "\n") + line;

  const std::string dynamic_path = path_ + ".dynamic." + hex(ensemble->version);
  if (Status written = replace(dynamic_path, content); !written) return written;
  if (Status pointed = point_to(dynamic_path, client_port_moved); !pointed) return pointed;
  // What is proposed after this one stays.
  const Result<std::string> proposed = read(proposed_path(path_));
  if (!proposed.ok()) return Unit{};
  const Result<Ensemble> next = wire::parse_ensemble_text(*proposed, ensemble_);
  return next.ok() && next->version > ensemble->version ? Status(Unit{}) : save_proposed({});
}

Status DynamicConfig::point_to(const std::string& dynamic_path, bool client_port_moved) {
  const Result<std::string> before = read(path_);
  if (!before) return before.error();
  std::string content;
  bool dropping = false, open = false;
  for (size_t at = 0; at < before->size();) {
    const size_t end = std::min(before->find('\n', at), before->size());
    const std::string_view line = std::string_view(*before).substr(at, end - at);
    // A line that goes on below belongs together.
    if (!open) dropping = moves_away(key_of(line), client_port_moved);
    open = (open || !key_of(line).empty()) && ends_open(line);
    if (!dropping) content.append(line).append("\n");
    at = end + 1;
  }
  return replace(path_, content + std::string(kPointer) + "=" + dynamic_path + "\n");
}

Result<std::string> DynamicConfig::read(const std::string& path) {
  Result<std::unique_ptr<File>> file = files_.open(path, FileSystem::Mode::kRead);
  if (!file.ok()) return file.error();
  const Result<uint64_t> size = (*file)->size();
  if (!size.ok()) return size.error();
  std::string content(*size, '\0');
  const Result<size_t> got = (*file)->read_at(0, content.data(), content.size());
  if (!got.ok()) return got.error();
  content.resize(*got);
  return content;
}

// As a whole or not at all.
Status DynamicConfig::replace(const std::string& path, const std::string& content) {
  const std::string temporary = path + ".tmp";
  {
    Result<std::unique_ptr<File>> file = files_.open(temporary, FileSystem::Mode::kCreate);
    if (!file.ok()) return file.error();
    if (Status written = (*file)->write_at(0, content); !written) return written;
    if (Status synced = (*file)->sync(); !synced) return synced;
  }
  if (Status renamed = files_.rename(temporary, path); !renamed) return renamed;
  return files_.sync_directory(directory());
}

std::string DynamicConfig::directory() const {
  const size_t slash = path_.rfind('/');
  return slash == std::string::npos ? "." : path_.substr(0, std::max(slash, size_t{1}));
}

}  // namespace zookernel::shell
