#include "kernel/core/quota.h"

#include <algorithm>
#include <charconv>

namespace zookernel::core {
namespace {

// An integer as Java's Long.parseLong takes it: digits with an optional sign, within 64 bits.
bool parse_number(Bytes text, int64_t& number) {
  if (text.starts_with('+')) {
    text.remove_prefix(1);
    if (text.starts_with('-')) return false;
  }
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

}  // namespace

std::optional<QuotaNumbers> QuotaNumbers::parse(Bytes text) {
  QuotaNumbers numbers;
  // Java's split finds an empty pair before a separator at the beginning, and nothing behind one at
  // the end.
  if (text.starts_with(',') || text.starts_with(';')) return std::nullopt;
  while (!text.empty()) {
    const size_t end = text.find_first_of(",;");
    const Bytes pair = text.substr(0, end);
    text.remove_prefix(end == Bytes::npos ? text.size() : end + 1);
    if (pair.empty()) continue;  // separators in a row
    const size_t equals = pair.find('=');
    if (equals == Bytes::npos) return std::nullopt;
    const Bytes key = pair.substr(0, equals);
    Bytes value = pair.substr(equals + 1);
    // An empty value counts only where something follows: the same split drops it otherwise.
    if (value.find_first_not_of('=') == Bytes::npos) return std::nullopt;
    value = value.substr(0, value.find('='));  // what follows a second one is for older parsers
    int64_t number = -1;
    if (!value.empty() && !parse_number(value, number)) return std::nullopt;
    if (key == "count") {
      numbers.count = number;
    } else if (key == "bytes") {
      numbers.bytes = number;
    } else {
      numbers.others.insert_or_assign(std::string(key), number);
    }
  }
  return numbers;
}

std::string QuotaNumbers::text() const {
  std::string text = "count=" + std::to_string(count) + ",bytes=" + std::to_string(bytes);
  if (!others.empty()) text += '=';
  for (const auto& [key, value] : others) text += ';' + key + '=' + std::to_string(value);
  return text;
}

Bytes quota_target(Bytes parent) {
  if (!parent.starts_with(kQuotaRoot)) return {};
  parent.remove_prefix(kQuotaRoot.size());
  // What begins alike, "/zookeeper/quotas", is an ordinary znode.
  return parent.starts_with('/') ? parent : Bytes{};
}

Bytes quota_namespace(Bytes path) {
  if (path.starts_with('/')) path.remove_prefix(1);
  return path.substr(0, path.find('/'));
}

std::vector<std::string> QuotaPaths::all() const {
  std::vector<std::string> all(paths_.begin(), paths_.end());
  std::sort(all.begin(), all.end());
  return all;
}

void QuotaPaths::remove(Bytes path) {
  const auto found = paths_.find(path);
  if (found != paths_.end()) paths_.erase(found);
}

Bytes QuotaPaths::deepest(Bytes path) const {
  if (path.starts_with(kQuotaRoot) &&
      (path.size() == kQuotaRoot.size() || path[kQuotaRoot.size()] == '/'))
    return {};
  while (path.size() > 1) {
    if (paths_.contains(path)) return path;
    const size_t slash = path.rfind('/');
    if (slash == Bytes::npos) break;
    path = path.substr(0, slash);
  }
  return {};
}

}  // namespace zookernel::core
