#include "kernel/core/whole_history.h"

#include "zookernel/log.h"

namespace zookernel::core {
namespace {

constexpr Zxid kFirstStandalone{1};
constexpr Zxid kFirstOfEnsemble{0x100000001};

}  // namespace

Status WholeHistory::add(Zxid zxid) {
  if (last_ == Zxid{} && zxid != kFirstStandalone && zxid != kFirstOfEnsemble) {
    return Error{Errc::kCorrupt, "the oldest transaction in the logs is " + hex(zxid.value) +
                                     ", and a history begins with " + hex(kFirstStandalone.value) +
                                     " or " + hex(kFirstOfEnsemble.value)};
  }
  if (last_ != Zxid{} && zxid.epoch() > last_.epoch() + 1) {
    return Error{Errc::kCorrupt, "transaction " + hex(zxid.value) + " follows " + hex(last_.value) +
                                     ", and nothing proves that the epochs between had none"};
  }
  last_ = zxid;
  return Unit{};
}

Status WholeHistory::end() const {
  if (last_ != Zxid{}) return Unit{};
  return Error{Errc::kCorrupt, "the logs hold no transaction"};
}

}  // namespace zookernel::core
