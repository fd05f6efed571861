/* Auth schemes: who a client is, and whom an ACL entry means.
 *
 * The C struct below is the contract ("zookernel.auth_scheme/1"). In C++ (11 and up) write a class over
 * zookernel::plugin::AuthScheme instead and end the file with ZOOKERNEL_AUTH_PLUGIN; see sdk/README.md.
 *
 * Semantics are those of Apache ZooKeeper's org.apache.zookeeper.server.auth.AuthenticationProvider. Every call comes from
 * the core thread: it must not block and must keep no reference to what it was given. [core]
 */
#ifndef ZOOKERNEL_AUTH_SCHEME_H
#define ZOOKERNEL_AUTH_SCHEME_H

#include "zookernel/abi.h"

#define ZOOKERNEL_AUTH_SCHEME_ID "zookernel.auth_scheme/1"

/* ZookernelAuthScheme.flags */
#define ZOOKERNEL_AUTH_NAMES_CREATOR 1u /* an ACL entry auth::perms stands for the creator's ids of this scheme */
#define ZOOKERNEL_AUTH_GRANTS_ALL 2u    /* an id of this scheme passes every check (super) */
#define ZOOKERNEL_AUTH_EVERYBODY 4u     /* an ACL entry of this scheme means everybody (world) */
#define ZOOKERNEL_AUTH_NO_LOGIN 8u      /* clients cannot send auth packets for it: answered as an unknown scheme */

#ifdef __cplusplus
extern "C" {
#endif

/* The other end of a connection. */
typedef struct ZookernelPeer {
  uint32_t size;
  ZookernelText address; /* numeric, IPv6 in Java's uncompressed form (0:0:0:0:0:0:0:1) */
} ZookernelPeer;

/* An identity of a connection. */
typedef struct ZookernelId {
  ZookernelText scheme;
  ZookernelText id;
} ZookernelId;

/* Where identities go. An empty scheme means the caller's own. Borrowed for the call. */
typedef struct ZookernelIdSink {
  void* context;
  void (*put)(void* context, ZookernelId id);
} ZookernelIdSink;

/* "May the connection with this id use this ACL entry?" */
typedef struct ZookernelAclCheck {
  uint32_t size;
  int32_t permissions; /* the bits asked for: READ 1, WRITE 2, CREATE 4, DELETE 8, ADMIN 16 */
  ZookernelText id;    /* an identity of the connection, of this scheme */
  ZookernelText expr;  /* the id of the ACL entry */
  ZookernelText path;  /* the znode */
} ZookernelAclCheck;

/* Functions may be null where "optional" is written. Integers answer 1 for yes or success, 0 for no or failure. */
typedef struct ZookernelAuthScheme {
  uint32_t size; /* sizeof(ZookernelAuthScheme) */
  uint32_t flags;
  void* self; /* given back in every call */

  /* Reads settings, opens nothing; on failure puts one sentence into error. Optional. [startup] */
  int32_t (*configure)(void* self, const ZookernelHost* host, const ZookernelSink* error);
  /* Opens what it needs. Optional. [startup] */
  int32_t (*start)(void* self, const ZookernelSink* error);
  /* Undoes start; no call comes after it but destroy. Optional. [startup] */
  void (*stop)(void* self);
  /* Frees self and this struct. [startup] */
  void (*destroy)(void* self);

  /* The client sent an auth packet. On success puts the connection's new ids and answers 1; on 0 the client is told
     AUTHFAILED and disconnected, and error (for the log, never for the client) may say why. */
  int32_t (*authenticate)(void* self, const ZookernelPeer* peer, ZookernelText credentials, const ZookernelIdSink* ids,
                          const ZookernelSink* error);
  /* Ids that every connection has from the beginning. Optional. */
  void (*connected)(void* self, const ZookernelPeer* peer, const ZookernelIdSink* ids);
  int32_t (*matches)(void* self, const ZookernelAclCheck* check);
  /* May expr be stored in an ACL? */
  int32_t (*valid)(void* self, ZookernelText expr);
  /* An ACL entry of this scheme is replaced by entries for the ids put here (scheme auth); none: the ACL is invalid. `own` are the ids
     of the connection whose schemes have ZOOKERNEL_AUTH_NAMES_CREATOR. Optional: the entry is kept as it is. */
  void (*expand)(void* self, const ZookernelId* own, uint32_t count, const ZookernelIdSink* entries);
  /* The name that whoAmI and the audit log show for an id. Optional: the id itself. */
  void (*user_name)(void* self, ZookernelText id, const ZookernelSink* name);
} ZookernelAuthScheme;

#ifdef __cplusplus
} /* extern "C" */

/* ------------------------------------------------------------------------------------------------------------
 * The C++ face: header only, C++11 and up, the library and string type of your choice.
 */
#include <exception>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "zookernel/face.h"

namespace zookernel {
namespace plugin {

/* The other end of the connection. */
struct Peer {
  std::string address; /* numeric */
};

/* "May a connection with `id` use an ACL entry with `expr` on `path`?" */
struct AclCheck {
  std::string id, expr, path;
  int permissions;
};

/* Derive from this. An exception that leaves a function counts as failure, and its text goes to the log. */
class AuthScheme {
 public:
  virtual ~AuthScheme() {}

  /* Read settings; throw or return a sentence when one is wrong. Empty: fine. */
  virtual std::string configure(const Host&) { return std::string(); }
  virtual std::string start() { return std::string(); }
  virtual void stop() {}

  /* The ids that these credentials prove; none: refused. */
  virtual std::vector<std::string> authenticate(const Peer& peer, const std::string& credentials) = 0;
  virtual bool matches(const AclCheck& check) const = 0;
  virtual bool valid(const std::string& expr) const = 0;

  /* Does an ACL entry auth::perms stand for ids of this scheme? False for what is not a login, such as addresses. */
  virtual bool names_creator() const { return true; }
};

namespace detail {

/* Adapts an AuthScheme object to the C struct. */
struct AuthAdapter {
  ZookernelAuthScheme table; /* first: create() returns its address */
  std::unique_ptr<AuthScheme> scheme;

  static AuthAdapter* of(void* self) { return static_cast<AuthAdapter*>(self); }

  static int32_t configure(void* self, const ZookernelHost* host, const ZookernelSink* error) {
    return guard(error, [&] { return of(self)->scheme->configure(Host(*host)); });
  }
  static int32_t start(void* self, const ZookernelSink* error) {
    return guard(error, [&] { return of(self)->scheme->start(); });
  }
  static void stop(void* self) {
    try {
      of(self)->scheme->stop();
    } catch (...) {
    }
  }
  static void destroy(void* self) { delete of(self); }
  static int32_t authenticate(void* self, const ZookernelPeer* peer, ZookernelText credentials, const ZookernelIdSink* ids,
                              const ZookernelSink* error) {
    return guard(error, [&] {
      Peer who;
      who.address = string_of(peer->address);
      std::vector<std::string> proved = of(self)->scheme->authenticate(who, string_of(credentials));
      if (proved.empty()) return std::string("credentials refused");
      for (size_t i = 0; i < proved.size(); ++i) {
        ZookernelId id = {{0, 0}, text_of(proved[i])};
        ids->put(ids->context, id);
      }
      return std::string();
    });
  }
  static int32_t matches(void* self, const ZookernelAclCheck* check) {
    try {
      AclCheck asked;
      asked.id = string_of(check->id);
      asked.expr = string_of(check->expr);
      asked.path = string_of(check->path);
      asked.permissions = check->permissions;
      return of(self)->scheme->matches(asked) ? 1 : 0;
    } catch (...) {
      return 0;
    }
  }
  static int32_t valid(void* self, ZookernelText expr) {
    try {
      return of(self)->scheme->valid(string_of(expr)) ? 1 : 0;
    } catch (...) {
      return 0;
    }
  }
};

template <typename Scheme>
void* create_auth_scheme() {
  try {
    std::unique_ptr<AuthAdapter> adapter(new AuthAdapter());
    adapter->scheme.reset(new Scheme());
    ZookernelAuthScheme& t = adapter->table;
    t = ZookernelAuthScheme();
    t.size = static_cast<uint32_t>(sizeof t);
    t.flags = adapter->scheme->names_creator() ? ZOOKERNEL_AUTH_NAMES_CREATOR : 0u;
    t.self = adapter.get();
    t.configure = &AuthAdapter::configure;
    t.start = &AuthAdapter::start;
    t.stop = &AuthAdapter::stop;
    t.destroy = &AuthAdapter::destroy;
    t.authenticate = &AuthAdapter::authenticate;
    t.matches = &AuthAdapter::matches;
    t.valid = &AuthAdapter::valid;
    return &adapter.release()->table;
  } catch (...) {
    return nullptr;
  }
}

}  // namespace detail
}  // namespace plugin
}  // namespace zookernel

/* The manifest of a plugin with one scheme. `options` is an array of ZookernelOption with at least one entry. */
#define ZOOKERNEL_AUTH_PLUGIN(id, version, Scheme, scheme_name, options)                             \
  ZOOKERNEL_EXPORT const ZookernelPlugin* zookernel_plugin(void) {                                   \
    static const ZookernelExtension extension = {                                                    \
        static_cast<uint32_t>(sizeof(ZookernelExtension)), ZOOKERNEL_AUTH_SCHEME_ID, scheme_name,    \
        options, static_cast<uint32_t>(sizeof(options) / sizeof((options)[0])),                      \
        &::zookernel::plugin::detail::create_auth_scheme<Scheme>};                                   \
    static const ZookernelPlugin plugin = {ZOOKERNEL_OUTER_ABI, id, version, 1, &extension};         \
    return &plugin;                                                                                  \
  }

#endif /* __cplusplus */
#endif /* ZOOKERNEL_AUTH_SCHEME_H */
