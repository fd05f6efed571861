// Scheme "super": an id of it passes every check. Other schemes give it (digest's superDigest); it
// can neither be logged in with nor be named in an ACL.
#pragma once

#include "zookernel/auth_scheme.h"

namespace zookernel::auth {

// The manifest entry, for the shared object and for programs that link the scheme. Constant. [any]
const ZookernelExtension* super_extension();

}  // namespace zookernel::auth
