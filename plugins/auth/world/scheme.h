// Scheme "world": everybody. Its one ACL id is "anyone"; nobody logs in with it.
#pragma once

#include "zookernel/auth_scheme.h"

namespace zookernel::auth {

// The manifest entry, for the shared object and for programs that link the scheme. Constant. [any]
const ZookernelExtension* world_extension();

}  // namespace zookernel::auth
