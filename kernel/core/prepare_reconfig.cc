// reconfig: who takes part from now on. Source: PrepRequestProcessor, server-semantics 15.2.
#include <algorithm>
#include <charconv>

#include "kernel/core/digest.h"
#include "kernel/core/preparer.h"
#include "zookernel/wire/ensemble_text.h"

namespace zookernel::core {
namespace {

using Error = wire::ErrorCode;

constexpr std::string_view kConfigPath = "/zookeeper/config";

// Comma-separated, without blanks around each; empty ones are passed over.
std::vector<std::string_view> list_of(Bytes text) {
  std::vector<std::string_view> found;
  while (!text.empty()) {
    const size_t comma = std::min(text.find(','), text.size());
    std::string_view one = text.substr(0, comma);
    text.remove_prefix(std::min(comma + 1, text.size()));
    while (one.starts_with(' ')) one.remove_prefix(1);
    while (one.ends_with(' ')) one.remove_suffix(1);
    if (!one.empty()) found.push_back(one);
  }
  return found;
}

bool read_id(std::string_view text, ServerId& id) {
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), id.value);
  return problem == std::errc{} && end == text.data() + text.size();
}

// "server.N=..." with all three ports.
Error read_joiner(std::string_view text, bool multi_address, Member& member) {
  const size_t equals = text.find('=');
  if (equals == std::string_view::npos) return Error::kBadArguments;
  const std::string_view key = text.substr(0, equals);
  const std::string_view sid = key.substr(key.rfind('.') + 1);
  ServerId id;
  if (!read_id(sid, id)) return Error::kMarshallingError;
  Result<Member> read = wire::parse_server_line(sid, text.substr(equals + 1), multi_address);
  if (!read.ok() || !read->client) return Error::kBadArguments;
  member = std::move(*read);
  return Error::kOk;
}

bool share_an_address(const Member& a, const Member& b) {
  const auto addresses = [](const Member& member) {
    std::vector<Endpoint> all = member.quorum;
    all.insert(all.end(), member.election.begin(), member.election.end());
    // A wildcard is not the same place on two machines.
    if (member.client && member.client->host != "0.0.0.0" && member.client->host != "::")
      all.push_back(*member.client);
    return all;
  };
  const std::vector<Endpoint> of_b = addresses(b);
  const std::vector<Endpoint> of_a = addresses(a);
  return std::any_of(of_a.begin(), of_a.end(), [&of_b](const Endpoint& at) {
    return std::find(of_b.begin(), of_b.end(), at) != of_b.end();
  });
}

bool has_shared_address(const std::vector<Member>& members) {
  for (size_t i = 0; i < members.size(); ++i) {
    for (size_t j = i + 1; j < members.size(); ++j) {
      if (share_an_address(members[i], members[j])) return true;
    }
  }
  return false;
}

// The whole list anew: lines, or what commas separate.
Error replace_members(Bytes text, Ensemble& next) {
  std::string lines(text);
  std::replace(lines.begin(), lines.end(), ',', '\n');
  Result<Ensemble> read = wire::parse_ensemble_text(lines, next);
  if (!read.ok()) return Error::kBadArguments;
  next = std::move(*read);
  return Error::kOk;
}

Error change_members(const wire::ReconfigRequestView& request, Ensemble& next) {
  // With groups and weights every voter must be in a group: only a whole list can say which.
  if (!next.groups.empty() || !next.weights.empty()) return Error::kBadArguments;
  const auto remove = [&next](ServerId id) {
    std::erase_if(next.members, [id](const Member& member) { return member.id == id; });
  };
  for (const std::string_view one : list_of(request.leaving_servers.bytes)) {
    ServerId id;
    if (!read_id(one, id)) return Error::kMarshallingError;
    remove(id);  // of one that is no member there is nothing to remove
  }
  for (const std::string_view one : list_of(request.joining_servers.bytes)) {
    Member member;
    if (const Error error = read_joiner(one, next.multi_address, member); error != Error::kOk)
      return error;
    remove(member.id);
    next.members.push_back(std::move(member));
  }
  std::sort(next.members.begin(), next.members.end(),
            [](const Member& a, const Member& b) { return a.id < b.id; });
  return Error::kOk;
}

}  // namespace

// Filled with what is in force.
Preparer::Error Preparer::next_ensemble(const wire::ReconfigRequestView& request,
                                        Ensemble& next) const {
  const Error error = request.new_members.null ? change_members(request, next)
                                               : replace_members(request.new_members.bytes, next);
  if (error != Error::kOk) return error;
  if (has_shared_address(next.members)) return Error::kBadArguments;
  const auto voters = std::count_if(next.members.begin(), next.members.end(),
                                    [](const Member& member) { return !member.observer; });
  return voters < (options_.standalone_enabled ? 2 : 1) ? Error::kBadArguments : Error::kOk;
}

Preparer::Error Preparer::reconfig(const Requester& who, const wire::ReconfigRequestView& request,
                                   Buffer& txn) {
  if (!options_.reconfig_enabled) return Error::kReconfigDisabled;
  if (const Error error = check_session(who); error != Error::kOk) return error;
  const Ensemble* now = machine_ == nullptr ? nullptr : machine_->ensemble();
  if (now == nullptr) return Error::kUnimplemented;  // this server stands alone
  if (machine_->change_pending()) return Error::kReconfigInProgress;
  if (request.cur_config_id != -1 && request.cur_config_id != now->version)
    return Error::kBadVersion;
  Ensemble next = *now;
  if (const Error error = next_ensemble(request, next); error != Error::kOk) return error;
  if (!machine_->has_synced_quorum_of(next)) return Error::kNewConfigNoQuorum;
  ChangeRecord node;
  if (!look_up(kConfigPath, node)) return Error::kNoNode;
  if (!allows(who, node, wire::kPermWrite, kConfigPath)) return Error::kNoAuth;

  next.version = zxid_.value;
  const std::string text = wire::ensemble_text(next);
  ChangeRecord after = node;
  after.version = -1;
  after.mzxid = zxid_.value;
  after.mtime = who.wall_ms;
  after.data_size = static_cast<uint32_t>(text.size());
  after.crc_prefix = crc_prefix(kConfigPath, text);
  wire::Writer writer(txn);
  writer.write_string(kConfigPath);
  writer.write_buffer(text);
  writer.write_int(after.version);
  change(kConfigPath, &node, std::move(after));
  return Error::kOk;
}

}  // namespace zookernel::core
