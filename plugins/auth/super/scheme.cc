#include "plugins/auth/super/scheme.h"

namespace zookernel::auth {
namespace {

class SuperScheme final : public plugin::AuthScheme {
 public:
  std::vector<plugin::Id> authenticate(const plugin::Peer&, const std::string&) override {
    return {};
  }
  bool matches(const plugin::AclCheck&) const override { return true; }
  bool valid(const std::string&) const override { return false; }
  bool names_creator() const override { return false; }
  uint32_t more_flags() const override {
    return ZOOKERNEL_AUTH_GRANTS_ALL | ZOOKERNEL_AUTH_NO_LOGIN;
  }
};

}  // namespace

const ZookernelExtension* super_extension() {
  static constexpr ZookernelExtension kExtension =
      ZOOKERNEL_AUTH_EXTENSION_PLAIN(SuperScheme, "super");
  return &kExtension;
}

}  // namespace zookernel::auth
