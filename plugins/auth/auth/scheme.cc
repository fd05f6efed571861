#include "plugins/auth/auth/scheme.h"

namespace zookernel::auth {
namespace {

class CreatorScheme final : public plugin::AuthScheme {
 public:
  std::vector<plugin::Id> authenticate(const plugin::Peer&, const std::string&) override {
    return {};
  }
  // An entry that reached the tree all the same (written by something else) lets nobody in.
  bool matches(const plugin::AclCheck&) const override { return false; }
  // Apache ignores the id of the entry.
  bool valid(const std::string&) const override { return true; }
  bool names_creator() const override { return false; }
  uint32_t more_flags() const override { return ZOOKERNEL_AUTH_NO_LOGIN; }
  bool expands() const override { return true; }
  std::vector<plugin::Id> expand(const std::vector<plugin::Id>& own) const override { return own; }
};

}  // namespace

const ZookernelExtension* auth_extension() {
  static constexpr ZookernelExtension kExtension =
      ZOOKERNEL_AUTH_EXTENSION_PLAIN(CreatorScheme, "auth");
  return &kExtension;
}

}  // namespace zookernel::auth
