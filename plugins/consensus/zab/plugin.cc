#include "plugins/consensus/zab/zab_consensus.h"

ZOOKERNEL_EXPORT const ZookernelPlugin* zookernel_plugin(void) {
  static const ZookernelExtension extension = {
      sizeof(ZookernelExtension),
      zookernel::Consensus::kId,
      "zab",
      nullptr,
      0,
      &zookernel::create_extension<zookernel::zab::ZabConsensus>};
  static const ZookernelPlugin plugin = {zookernel::kInnerAbi, "org.zookernel.consensus.zab", "1.0",
                                         1, &extension};
  return &plugin;
}
