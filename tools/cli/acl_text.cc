#include "tools/cli/acl_text.h"

#include <utility>

namespace zookernel::cli {

namespace {

constexpr std::pair<char, int32_t> kLetters[] = {{'c', wire::kPermCreate},
                                                 {'d', wire::kPermDelete},
                                                 {'r', wire::kPermRead},
                                                 {'w', wire::kPermWrite},
                                                 {'a', wire::kPermAdmin}};

Result<int32_t> parse_perms(std::string_view text) {
  int32_t perms = 0;
  for (const char c : text) {
    int32_t perm = 0;
    for (const auto& [letter, bit] : kLetters) {
      if (letter == c) perm = bit;
    }
    if (perm == 0) {
      return Error{Errc::kInvalid, "Unknown perm type: " + std::string(1, c)};
    }
    perms |= perm;
  }
  return perms;
}

}  // namespace

Result<std::vector<wire::Acl>> parse_acls(std::string_view text) {
  std::vector<wire::Acl> acls;
  while (true) {
    const size_t comma = text.find(',');
    const std::string_view entry = text.substr(0, comma);
    const size_t first = entry.find(':');
    const size_t last = entry.rfind(':');
    if (first == std::string_view::npos || first == last) {
      return Error{Errc::kInvalid, std::string(entry) + " does not have the form scheme:id:perm"};
    }
    const Result<int32_t> perms = parse_perms(entry.substr(last + 1));
    if (!perms.ok()) return perms.error();
    acls.push_back({*perms,
                    {std::string(entry.substr(0, first)),
                     std::string(entry.substr(first + 1, last - first - 1))}});
    if (comma == std::string_view::npos) return acls;
    text.remove_prefix(comma + 1);
  }
}

std::string perms_text(int32_t perms) {
  std::string text;
  for (const auto& [letter, bit] : kLetters) {
    if ((perms & bit) != 0) text += letter;
  }
  return text;
}

}  // namespace zookernel::cli
