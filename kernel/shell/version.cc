#include "kernel/shell/version.h"

namespace zookernel::shell {

const char* protocol_version() {
  return "3.9.5-" ZOOKERNEL_REVISION ", built on " ZOOKERNEL_BUILD_TIME " UTC";
}

}  // namespace zookernel::shell
