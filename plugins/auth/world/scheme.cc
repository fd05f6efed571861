#include "plugins/auth/world/scheme.h"

namespace zookernel::auth {
namespace {

class WorldScheme final : public plugin::AuthScheme {
 public:
  std::vector<plugin::Id> authenticate(const plugin::Peer&, const std::string&) override {
    return {};
  }
  bool matches(const plugin::AclCheck& check) const override { return check.expr == "anyone"; }
  bool valid(const std::string& expr) const override { return expr == "anyone"; }
  bool names_creator() const override { return false; }
  uint32_t more_flags() const override {
    return ZOOKERNEL_AUTH_EVERYBODY | ZOOKERNEL_AUTH_NO_LOGIN;
  }
};

}  // namespace

const ZookernelExtension* world_extension() {
  static constexpr ZookernelExtension kExtension =
      ZOOKERNEL_AUTH_EXTENSION_PLAIN(WorldScheme, "world");
  return &kExtension;
}

}  // namespace zookernel::auth
