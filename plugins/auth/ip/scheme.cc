#include "plugins/auth/ip/scheme.h"

#include "plugins/auth/ip/address.h"

namespace zookernel::auth {
namespace {

class IpScheme final : public plugin::AuthScheme {
 public:
  // A login proves nothing new: it adds the address again and always succeeds, as in Apache.
  std::vector<plugin::Id> authenticate(const plugin::Peer& peer, const std::string&) override {
    return {peer.address};
  }
  std::vector<plugin::Id> connected(const plugin::Peer& peer) override { return {peer.address}; }

  bool matches(const plugin::AclCheck& check) const override {
    // A link-local peer's address ends in %interface. Apache then matches nothing; the interface
    // says how the peer is reached, not who it is, so it is left out here.
    const auto address = parse_address(std::string_view(check.id).substr(0, check.id.find('%')));
    const auto network = parse_network(check.expr);
    return address && network && contains(*network, *address);
  }
  bool valid(const std::string& expr) const override { return parse_network(expr).has_value(); }
  bool names_creator() const override { return false; }
};

}  // namespace

const ZookernelExtension* ip_extension() {
  static constexpr ZookernelExtension kExtension = ZOOKERNEL_AUTH_EXTENSION_PLAIN(IpScheme, "ip");
  return &kExtension;
}

}  // namespace zookernel::auth
