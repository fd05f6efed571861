#include "plugins/auth/auth/scheme.h"

ZOOKERNEL_EXPORT const ZookernelPlugin* zookernel_plugin(void) {
  static const ZookernelPlugin plugin = {ZOOKERNEL_OUTER_ABI, "zookernel.auth.auth", "1.0", 1,
                                         zookernel::auth::auth_extension()};
  return &plugin;
}
