// Scheme "digest": a client logs in with user:password and gets the id
// user:Base64(H(user:password)).
#pragma once

#include "zookernel/auth_scheme.h"

namespace zookernel::auth {

// The manifest entry, for the shared object and for programs that link the scheme. Constant. [any]
const ZookernelExtension* digest_extension();

}  // namespace zookernel::auth
