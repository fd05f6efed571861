// Scheme "auth": an ACL entry auth::perms stands for the ids with which the creating connection has
// logged in. It exists in requests only; what is stored are the entries that it stands for.
#pragma once

#include "zookernel/auth_scheme.h"

namespace zookernel::auth {

// The manifest entry, for the shared object and for programs that link the scheme. Constant. [any]
const ZookernelExtension* auth_extension();

}  // namespace zookernel::auth
