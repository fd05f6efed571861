// The auth schemes that are loaded, and what the core asks of them: identities of a connection, the
// check of an ACL, the normal form of a list that a client sent. Source: ZooKeeperServer.checkACL,
// PrepRequestProcessor.fixupACL.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "kernel/core/acl_cache.h"
#include "zookernel/auth_scheme.h"
#include "zookernel/bytes.h"
#include "zookernel/result.h"
#include "zookernel/wire/error.h"
#include "zookernel/wire/records/client_views.h"

namespace zookernel::core {

// What a connection has proved to be. A connection's identities only ever grow in number.
struct Identity {
  std::string scheme, id;
  const ZookernelAuthScheme* table = nullptr;  // null for an id of a scheme that is not loaded

  bool operator==(const Identity& other) const { return scheme == other.scheme && id == other.id; }
};
using Identities = std::vector<Identity>;

class AuthSchemes {
 public:
  struct Entry {
    std::string name;
    const ZookernelAuthScheme* table;  // borrowed; outlives this
  };
  AuthSchemes(std::vector<Entry> schemes, bool skip_acl)
      : schemes_(std::move(schemes)), skip_acl_(skip_acl) {}

  [[nodiscard]] const ZookernelAuthScheme* find(Bytes name) const;

  // The ids that every connection from `address` has.
  void connected(const std::string& address, Identities& ids) const;
  // An auth packet: adds what it proved and answers true, or explains in `why` (for the log).
  [[nodiscard]] bool authenticate(Bytes scheme, Bytes credentials, const std::string& address,
                                  Identities& ids, std::string& why) const;

  // May someone with `ids` do something that needs one of the bits of `permissions` on the znode at
  // `path`?
  [[nodiscard]] bool allows(std::span<const Identity> ids, const std::vector<AclEntry>& acl,
                            int32_t permissions, Bytes path) const;

  // The list as it is stored: duplicates dropped, auth:: replaced by the creator's ids, everything
  // checked.
  [[nodiscard]] wire::ErrorCode normalise(const wire::AclListView& given,
                                          std::span<const Identity> ids,
                                          std::vector<AclEntry>& stored) const;

  // What whoAmI shows for an id.
  [[nodiscard]] std::string user_name(const Identity& identity) const;

 private:
  std::vector<Entry> schemes_;
  bool skip_acl_;
};

}  // namespace zookernel::core
