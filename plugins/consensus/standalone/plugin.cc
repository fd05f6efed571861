#include "plugins/consensus/standalone/standalone.h"

ZOOKERNEL_EXPORT const ZookernelPlugin* zookernel_plugin(void) {
  static const ZookernelExtension extension = {
      sizeof(ZookernelExtension),
      zookernel::Consensus::kId,
      "standalone",
      nullptr,
      0,
      &zookernel::create_extension<zookernel::standalone::StandaloneConsensus>};
  static const ZookernelPlugin plugin = {zookernel::kInnerAbi, "org.zookernel.consensus.standalone",
                                         "1.0", 1, &extension};
  return &plugin;
}
