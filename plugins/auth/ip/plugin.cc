#include "plugins/auth/ip/scheme.h"

ZOOKERNEL_EXPORT const ZookernelPlugin* zookernel_plugin(void) {
  static const ZookernelPlugin plugin = {ZOOKERNEL_OUTER_ABI, "zookernel.auth.ip", "1.0", 1,
                                         zookernel::auth::ip_extension()};
  return &plugin;
}
