#include "plugins/auth/world/scheme.h"

ZOOKERNEL_EXPORT const ZookernelPlugin* zookernel_plugin(void) {
  static const ZookernelPlugin plugin = {ZOOKERNEL_OUTER_ABI, "zookernel.auth.world", "1.0", 1,
                                         zookernel::auth::world_extension()};
  return &plugin;
}
