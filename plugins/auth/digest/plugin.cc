#include "plugins/auth/digest/scheme.h"

ZOOKERNEL_EXPORT const ZookernelPlugin* zookernel_plugin(void) {
  static const ZookernelPlugin plugin = {ZOOKERNEL_OUTER_ABI, "zookernel.auth.digest", "1.0", 1,
                                         zookernel::auth::digest_extension()};
  return &plugin;
}
