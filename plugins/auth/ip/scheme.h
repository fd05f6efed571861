// Scheme "ip": where a connection comes from. Every connection has the id (ip, its address) from
// the beginning.
#pragma once

#include "zookernel/auth_scheme.h"

namespace zookernel::auth {

// The manifest entry, for the shared object and for programs that link the scheme. Constant. [any]
const ZookernelExtension* ip_extension();

}  // namespace zookernel::auth
