// Breaks the rule of the outer circle: exceptions leave its C functions.
#include <zookernel/auth_scheme.h>

#include <stdexcept>

namespace {

void* create() {
  throw std::runtime_error("thrown through the C interface");
}

const ZookernelExtension kExtension = {
    sizeof(ZookernelExtension), ZOOKERNEL_AUTH_SCHEME_ID, "raw", nullptr, 0, &create};

}  // namespace

ZOOKERNEL_EXPORT const ZookernelPlugin* zookernel_plugin(void) {
  static const ZookernelPlugin plugin = {ZOOKERNEL_OUTER_ABI, "test.raw", "1.0", 1, &kExtension};
  return &plugin;
}
