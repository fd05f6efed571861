#include "plugins/consensus/zab/machine/local_state.h"

#include <utility>

#include "zookernel/wire/ensemble_text.h"
#include "zookernel/wire/opcode.h"
#include "zookernel/wire/records/txn_views.h"

namespace zookernel::zab {
namespace {

bool same_members(const Ensemble& a, const Ensemble& b) {
  Ensemble other = b;
  other.version = a.version;
  return wire::ensemble_text(a) == wire::ensemble_text(other);
}

}  // namespace

bool LocalState::propose(Ensemble proposed, Outlet& out) {
  Result<QuorumRule> rule = QuorumRule::of(proposed);
  if (!rule.ok() || proposed.version <= ensemble.version) return false;
  out.config({wire::ensemble_text(proposed), false});
  next = std::move(proposed);
  quorum.propose(std::move(rule.value()));
  return true;
}

void LocalState::withdraw(Outlet& out) {
  if (!next) return;
  out.config({{}, false});
  next.reset();
  quorum.withdraw();
}

void LocalState::withdraw_if_lost(Outlet& out) {
  // One of an established leader is in no log.
  if (next && Zxid{next->version}.counter() != 0 && Zxid{next->version} > history.last())
    withdraw(out);
}

bool LocalState::activate(Outlet& out) {
  if (!next) return false;
  const bool differs = !same_members(ensemble, *next);
  ensemble = std::move(*next);
  next.reset();
  quorum.activate();
  config = wire::ensemble_text(ensemble);
  const Member* self = member_of(ensemble, ensemble.self);
  observer = self != nullptr && self->observer;
  reconfigured = true;
  out.config({config, true});
  out.effects().reconfigured.push_back({ensemble, config});
  return differs;
}

bool LocalState::adopt(Ensemble newer, Outlet& out) {
  Result<QuorumRule> rule = QuorumRule::of(newer);
  if (!rule.ok() || newer.version <= ensemble.version) return false;
  std::optional<Ensemble> later;
  if (next && next->version > newer.version) later = std::move(next);
  next = std::move(newer);
  quorum.propose(std::move(rule.value()));
  const bool differs = activate(out);
  if (later) static_cast<void>(propose(std::move(*later), out));
  return differs;
}

const Member* member_of(const Ensemble& ensemble, ServerId id) {
  for (const Member& member : ensemble.members) {
    if (member.id == id) return &member;
  }
  return nullptr;
}

bool is_reconfig(Bytes txn) {
  constexpr size_t kType = 28;  // behind session, cxid, zxid and time
  return txn.size() >= kType + 4 &&
         load_be32(txn.data() + kType) == static_cast<uint32_t>(wire::Opcode::kReconfig);
}

std::optional<Ensemble> ensemble_of(Bytes txn, const Ensemble& base) {
  wire::Reader reader(txn.substr(std::min(txn.size(), wire::kTxnHeaderBytes)));
  wire::SetDataTxnView set;
  if (!is_reconfig(txn) || !wire::read(reader, set)) return std::nullopt;
  Result<Ensemble> read = wire::parse_ensemble_text(set.data.bytes, base);
  if (!read.ok()) return std::nullopt;
  return std::move(*read);
}

}  // namespace zookernel::zab
