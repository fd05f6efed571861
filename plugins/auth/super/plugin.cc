#include "plugins/auth/super/scheme.h"

ZOOKERNEL_EXPORT const ZookernelPlugin* zookernel_plugin(void) {
  static const ZookernelPlugin plugin = {ZOOKERNEL_OUTER_ABI, "zookernel.auth.super", "1.0", 1,
                                         zookernel::auth::super_extension()};
  return &plugin;
}
