#include "zookernel/wire/quorum_lines.h"

#include <charconv>
#include <optional>
#include <string>

namespace zookernel::wire {
namespace {

std::optional<int64_t> read_id(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  int64_t id = 0;
  const char* const last = text.data() + text.size();
  const auto [end, problem] = std::from_chars(text.data(), last, id);
  return problem == std::errc{} && end == last ? std::optional<int64_t>(id) : std::nullopt;
}

// What follows the first '.'.
Result<int64_t> number_in(std::string_view key, const char* form) {
  const size_t dot = key.find('.');
  const std::optional<int64_t> id =
      dot == std::string_view::npos ? std::nullopt : read_id(key.substr(dot + 1));
  if (!id) return Error{Errc::kInvalid, std::string("the form is ") + form};
  return *id;
}

}  // namespace

bool is_group_key(std::string_view key) {
  return key.starts_with("group");
}

bool is_weight_key(std::string_view key) {
  return key.starts_with("weight");
}

Result<MemberGroup> parse_group_line(std::string_view key, std::string_view value) {
  constexpr const char* kForm = "group.N=id:id:... with the ids of servers";
  const Result<int64_t> gid = number_in(key, kForm);
  if (!gid) return gid.error();
  MemberGroup group;
  group.id = *gid;
  for (;;) {
    const size_t colon = value.find(':');
    const std::string_view one = value.substr(0, colon);
    const std::optional<int64_t> id = read_id(one);
    if (!id) {
      return Error{Errc::kInvalid,
                   "\"" + std::string(one) + "\" is not a server id (the form is " + kForm + ")"};
    }
    group.members.push_back(ServerId{*id});
    if (colon == std::string_view::npos) return group;
    value.remove_prefix(colon + 1);
  }
}

Result<std::pair<ServerId, int64_t>> parse_weight_line(std::string_view key,
                                                       std::string_view value) {
  const Result<int64_t> sid = number_in(key, "weight.ID=number");
  if (!sid) return sid.error();
  const std::optional<int64_t> weight = read_id(value);
  if (!weight || *weight < 0) return Error{Errc::kInvalid, "a whole number from 0 on is allowed"};
  return std::pair(ServerId{*sid}, *weight);
}

}  // namespace zookernel::wire
