#include "tests/differential/choices.h"

#include <array>
#include <string_view>

namespace zookernel::differential {

namespace {

using std::string_view_literals::operator""sv;

template <typename Pool>
auto pick(Random& random, const Pool& pool) {
  return pool[random.below(pool.size())];
}

constexpr std::array kNames = {"a"sv,           "b"sv,           "c"sv,           "s"sv,
                               "s0000000000"sv, "s0000000001"sv, "s0000000002"sv, "0000000001"sv};

// What is put into paths: characters at the borders of what is allowed, malformed UTF-8, and
// components that are refused.
constexpr std::array kPieces = {
    "/"sv, "//"sv, "/."sv, "/.."sv, "/..."sv, "/./"sv, "/../"sv, "\0"sv, "\x01"sv, "\x1f"sv, " "sv,
    "\x7e"sv, "\x7f"sv, "\xc2\x80"sv, "\xc2\x9f"sv, "\xc2\xa0"sv,
    // U+D7FF, U+D800 and U+DFFF alone, U+E000, U+F8FF, U+F900, U+FFEF, U+FFF0, U+FFFD, U+FFFF.
    "\xed\x9f\xbf"sv, "\xed\xa0\x80"sv, "\xed\xbf\xbf"sv, "\xee\x80\x80"sv, "\xef\xa3\xbf"sv,
    "\xef\xa4\x80"sv, "\xef\xbf\xaf"sv, "\xef\xbf\xb0"sv, "\xef\xbf\xbd"sv, "\xef\xbf\xbf"sv,
    // U+1F600 as UTF-8 and as two surrogates.
    "\xf0\x9f\x98\x80"sv, "\xed\xa0\xbd\xed\xb8\x80"sv,
    // Malformed: a lone continuation, overlong, cut off, above U+10FFFF, never a byte of UTF-8.
    "\x80"sv, "\xc0\x80"sv, "\xc3"sv, "\xe2\x82"sv, "\xf0\x9f\x98"sv, "\xf4\x90\x80\x80"sv,
    "\xff"sv, "\xc3\xa4"sv, "\xe2\x82\xac"sv};

constexpr std::array kSystemPaths = {"/zookeeper"sv, "/zookeeper/quota"sv, "/zookeeper/config"sv,
                                     "/zookeeper/a"sv, "/zookeeper/quota/z"sv};

constexpr std::array kLimits = {"count=5,bytes=100"sv,
                                "count=-1,bytes=-1"sv,
                                "count=1,bytes=1"sv,
                                "count=3,bytes=20=;byteHardLimit=20;countHardLimit=4"sv,
                                "countHardLimit=3"sv,
                                "byteHardLimit=12"sv,
                                "count=-1,bytes=-1=;byteHardLimit=-1;countHardLimit=2"sv,
                                "count=,bytes=5"sv,
                                "count=2;;bytes=9"sv,
                                ""sv,
                                "count"sv,
                                "count=x"sv,
                                "bytes=99999999999"sv,
                                "bytes=999999999999999999999"sv};

constexpr std::array kStats = {"count=3,bytes=7"sv, "count=0,bytes=0"sv, "count=-1,bytes=-1"sv};

// The ids are those of u1:p1 and u2:p2.
constexpr std::string_view kUser1 = "u1:fpT/y03U+EjItKZOSLGvjnJlyng=";
constexpr std::string_view kUser2 = "u2:o9NxcCGDPOlcV7JVhmKHOf5ctVE=";

constexpr std::array kIpIds = {"127.0.0.1"sv,
                               "127.0.0.0/8"sv,
                               "10.0.0.1"sv,
                               "10.0.0.0/0"sv,
                               "127.0.0.01"sv,
                               "+127.0.0.1"sv,
                               "127.0.0"sv,
                               "127.0.0.1.1"sv,
                               "127.0.0.256"sv,
                               "127.0.0.1/"sv,
                               "127.0.0.1/33"sv,
                               "127.0.0.1/-1"sv,
                               "127.0.0.1/x"sv,
                               "::1"sv,
                               "::/0"sv,
                               "1:2:3:4:5:6:7:8"sv,
                               "::1%lo"sv,
                               "1::2::3"sv,
                               "::1/129"sv,
                               "fe80::/10"sv,
                               "::ffff:127.0.0.1"sv,
                               "localhost"sv,
                               ""sv,
                               "12345::"sv,
                               "1:2:3:4:5:6:7::"sv};

constexpr std::array kDigestIds = {kUser1, kUser2,    "a:b"sv, ":b"sv, "a:b:"sv, "a"sv,
                                   "a:"sv, "a:b:c"sv, ""sv,    ":"sv,  "::"sv,   "u1:"sv};

constexpr std::array kSchemes = {"sasl"sv, "super"sv, "x509"sv, "nonsense"sv, ""sv, "World"sv};

std::string damaged_path(Random& random) {
  std::string path = good_path(random);
  switch (random.below(8)) {
    case 0:
      return "";
    case 1:
      return path.substr(1);
    case 2:
      return path + "/";
    case 3: {
      static constexpr std::array kLengths = {250, 300, 1000, 5000, 40000};
      return path + std::string(static_cast<size_t>(pick(random, kLengths)), 'x');
    }
    default: {
      size_t at = random.below(path.size() + 1);
      return path.insert(at, pick(random, kPieces));
    }
  }
}

AclEntry open_entry(int32_t perms) {
  return {perms, "world", "anyone"};
}

int32_t any_perms(Random& random) {
  static constexpr std::array kPerms = {31, 31, 31, 1, 2, 3, 4, 8, 12, 16, 17, 15, 30, 0, 255, -1};
  return pick(random, kPerms);
}

AclEntry any_entry(Random& random) {
  int32_t perms = any_perms(random);
  switch (random.below(10)) {
    case 0:
    case 1:
      return open_entry(perms);
    case 2:
      return {perms, "digest", std::string(random.chance(1, 2) ? kUser1 : kUser2)};
    case 3:
      return {perms, "digest", std::string(pick(random, kDigestIds))};
    case 4:
    case 5:
      return {perms, "auth", random.chance(1, 4) ? Text() : Text("")};
    case 6:
      return {perms, "ip", std::string(pick(random, kIpIds))};
    case 7:
      return {perms, "ip", "127.0.0.1"};
    case 8:
      if (random.chance(1, 2)) return {perms, "world", "somebody"};
      return {perms, std::string(pick(random, kSchemes)), "anyone"};
    default: {
      Text scheme = random.chance(1, 4) ? Text() : Text(random.chance(1, 2) ? "world" : "digest");
      if (random.chance(1, 3)) scheme = "ip";
      Text id = random.chance(1, 2) ? Text() : Text("anyone");
      return {perms, scheme, id};
    }
  }
}

}  // namespace

std::string good_path(Random& random) {
  std::string path = random.chance(4, 5) ? "/z" : "/y";
  uint64_t depth = random.below(8);
  if (depth == 0) return path;
  for (uint64_t level = 0; level < (depth < 5 ? 1u : depth < 7 ? 2u : 3u); ++level) {
    path += '/';
    path += random.chance(3, 4) ? kNames[random.below(3)] : pick(random, kNames);
  }
  return path;
}

std::string quota_path(Random& random) {
  static constexpr std::array kNodes = {"/z"sv, "/z/a"sv, "/y"sv};
  static constexpr std::array kLeaves = {""sv, "/zookeeper_limits"sv, "/zookeeper_stats"sv};
  return "/zookeeper/quota" + std::string(pick(random, kNodes)) +
         std::string(pick(random, kLeaves));
}

bool is_quota_path(const Text& path) {
  return path && path->starts_with("/zookeeper/quota/");
}

Text any_path(Random& random) {
  uint64_t roll = random.below(100);
  if (roll < 84) return good_path(random);
  if (roll < 87) return "/";
  if (roll < 90) return std::string(pick(random, kSystemPaths));
  if (roll < 92) return quota_path(random);
  if (roll < 93) return std::nullopt;
  return damaged_path(random);
}

Text any_data(Random& random, const Text& path) {
  if (is_quota_path(path)) {
    if (path->ends_with("_stats")) return std::string(pick(random, kStats));
    return random.chance(1, 20) ? Text() : Text(std::string(pick(random, kLimits)));
  }
  uint64_t roll = random.below(40);
  if (roll < 4) return std::nullopt;
  if (roll < 10) return "";
  if (roll < 11) return std::string(random.chance(1, 20) ? 3000 : 300, 'd');
  return std::string(random.below(24) + 1, static_cast<char>('A' + random.below(26)));
}

int32_t any_version(Random& random) {
  static constexpr std::array kVersions = {-1, -1, -1, -1, -1, -1, -1, 0,         0,        0,
                                           0,  1,  1,  2,  3,  7,  -2, INT32_MIN, INT32_MAX};
  return pick(random, kVersions);
}

int32_t any_flags(Random& random) {
  static constexpr std::array kFlags = {0, 0, 0, 0, 0, 0, 0, 0, 0, 1,  1,
                                        1, 2, 2, 3, 3, 4, 5, 6, 7, -1, 100};
  return pick(random, kFlags);
}

AclList any_acl(Random& random) {
  if (random.chance(3, 4)) return {{open_entry(31)}};
  uint64_t roll = random.below(20);
  if (roll == 0) return std::nullopt;
  if (roll == 1) return AclList(std::in_place);
  AclList list(std::in_place);
  for (uint64_t count = roll < 14 ? 1 : 2 + random.below(3); count > 0; --count) {
    list->push_back(any_entry(random));
    if (random.chance(1, 10)) list->push_back(list->back());
  }
  return list;
}

}  // namespace zookernel::differential
