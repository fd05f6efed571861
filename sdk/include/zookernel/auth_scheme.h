/* Auth schemes: who a client is, and whom an ACL entry means.
 *
 * The C struct below is the contract ("zookernel.auth_scheme/1"). In C++ (11 and up) write a class
 * over zookernel::plugin::AuthScheme instead and end the file with ZOOKERNEL_AUTH_PLUGIN; see
 * sdk/README.md.
 *
 * Semantics are those of Apache ZooKeeper's
 * org.apache.zookeeper.server.auth.AuthenticationProvider. Every call comes from the core thread:
 * it must not block and must keep no reference to what it was given. [core]
 */
#ifndef ZOOKERNEL_AUTH_SCHEME_H
#define ZOOKERNEL_AUTH_SCHEME_H

#include "zookernel/abi.h"

#define ZOOKERNEL_AUTH_SCHEME_ID "zookernel.auth_scheme/1"

/* ZookernelAuthScheme.flags */
#define ZOOKERNEL_AUTH_NAMES_CREATOR \
  1u /* an ACL entry auth::perms stands for the creator's ids of this scheme */
#define ZOOKERNEL_AUTH_GRANTS_ALL 2u /* an id of this scheme passes every check (super) */
#define ZOOKERNEL_AUTH_EVERYBODY 4u  /* an ACL entry of this scheme means everybody (world) */
#define ZOOKERNEL_AUTH_NO_LOGIN \
  8u /* clients cannot send auth packets for it: answered as an unknown scheme */

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

/* Functions may be null where "optional" is written. Integers answer 1 for yes or success, 0 for no
 * or failure. */
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

  /* The client sent an auth packet. On success puts the connection's new ids and answers 1; on 0
     the client is told AUTHFAILED and disconnected, and error (for the log, never for the client)
     may say why. credentials.data is null when the packet carried none at all (a null of the
     protocol), and not null when it carried empty ones. */
  int32_t (*authenticate)(void* self, const ZookernelPeer* peer, ZookernelText credentials,
                          const ZookernelIdSink* ids, const ZookernelSink* error);
  /* Ids that every connection has from the beginning. Optional. */
  void (*connected)(void* self, const ZookernelPeer* peer, const ZookernelIdSink* ids);
  int32_t (*matches)(void* self, const ZookernelAclCheck* check);
  /* May expr be stored in an ACL? */
  int32_t (*valid)(void* self, ZookernelText expr);
  /* An ACL entry of this scheme is replaced by entries for the ids put here (scheme auth); none:
     the ACL is invalid. `own` are the ids of the connection whose schemes have
     ZOOKERNEL_AUTH_NAMES_CREATOR. Optional: the entry is kept as it is. */
  void (*expand)(void* self, const ZookernelId* own, uint32_t count,
                 const ZookernelIdSink* entries);
  /* The name that whoAmI and the audit log show for an id. Optional: the id itself. */
  void (*user_name)(void* self, ZookernelText id, const ZookernelSink* name);
} ZookernelAuthScheme;

#ifdef __cplusplus
} /* extern "C" */

/* -------------------------------------------------------------------------------------------
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

/* An identity. An empty scheme means the scheme that answers. */
struct Id {
  Id(const char* text) : id(text) {}
  Id(const std::string& text) : id(text) {}
  Id(const std::string& other_scheme, const std::string& text) : scheme(other_scheme), id(text) {}

  std::string scheme, id;
};

/* "May a connection with `id` use an ACL entry with `expr` on `path`?" */
struct AclCheck {
  std::string id, expr, path;
  int permissions;
};

/* Derive from this. An exception that leaves a function (the constructor too) counts as failure,
 * and its text goes to the log. */
class AuthScheme {
 public:
  virtual ~AuthScheme() {}

  /* Read settings; throw or return a sentence when one is wrong. Empty: fine. */
  virtual std::string configure(const Host&) { return std::string(); }
  virtual std::string start() { return std::string(); }
  virtual void stop() {}

  /* The ids that these credentials prove; none: refused. */
  virtual std::vector<Id> authenticate(const Peer& peer, const std::string& credentials) = 0;
  /* The client sent a null where credentials belong. */
  virtual std::vector<Id> authenticate_null(const Peer& peer) {
    return authenticate(peer, std::string());
  }
  /* Ids that every connection has from the beginning. */
  virtual std::vector<Id> connected(const Peer&) { return std::vector<Id>(); }
  virtual bool matches(const AclCheck& check) const = 0;
  virtual bool valid(const std::string& expr) const = 0;
  /* The name that whoAmI and the audit log show for an id. */
  virtual std::string user_name(const std::string& id) const { return id; }

  /* Does an ACL entry auth::perms stand for ids of this scheme? False for what is not a login, such
   * as addresses. */
  virtual bool names_creator() const { return true; }
  /* More ZOOKERNEL_AUTH_ flags, for schemes that stand for more than a login. */
  virtual uint32_t more_flags() const { return 0; }
  /* True: expand() gives what an ACL entry of this scheme stands for. */
  virtual bool expands() const { return false; }
  virtual std::vector<Id> expand(const std::vector<Id>& own) const { return own; }
};

namespace detail {

/* Adapts an AuthScheme object to the C struct. */
struct AuthAdapter {
  ZookernelAuthScheme table;          /* first: create() returns its address */
  std::unique_ptr<AuthScheme> scheme; /* null when its constructor threw */
  std::string broken;                 /* what it threw; configure reports it */

  static AuthAdapter* of(void* self) { return static_cast<AuthAdapter*>(self); }

  static void put(const ZookernelIdSink* sink, const std::vector<Id>& ids) {
    for (size_t i = 0; i < ids.size(); ++i) {
      ZookernelId id = {text_of(ids[i].scheme), text_of(ids[i].id)};
      sink->put(sink->context, id);
    }
  }
  static Peer peer_of(const ZookernelPeer* peer) {
    Peer who;
    who.address = string_of(peer->address);
    return who;
  }

  static int32_t configure(void* self, const ZookernelHost* host, const ZookernelSink* error) {
    return guard(error, [&] {
      if (!of(self)->scheme) return of(self)->broken;
      return of(self)->scheme->configure(Host(*host));
    });
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
  static int32_t authenticate(void* self, const ZookernelPeer* peer, ZookernelText credentials,
                              const ZookernelIdSink* ids, const ZookernelSink* error) {
    return guard(error, [&] {
      AuthScheme& asked = *of(self)->scheme;
      const std::vector<Id> proved =
          credentials.data == nullptr ? asked.authenticate_null(peer_of(peer))
                                      : asked.authenticate(peer_of(peer), string_of(credentials));
      if (proved.empty()) return std::string("credentials refused");
      put(ids, proved);
      return std::string();
    });
  }
  static void connected(void* self, const ZookernelPeer* peer, const ZookernelIdSink* ids) {
    try {
      put(ids, of(self)->scheme->connected(peer_of(peer)));
    } catch (...) {
    }
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
  static void expand(void* self, const ZookernelId* own, uint32_t count,
                     const ZookernelIdSink* entries) {
    try {
      std::vector<Id> ids;
      for (uint32_t i = 0; i < count; ++i)
        ids.push_back(Id(string_of(own[i].scheme), string_of(own[i].id)));
      put(entries, of(self)->scheme->expand(ids));
    } catch (...) {
    }
  }
  static void user_name(void* self, ZookernelText id, const ZookernelSink* name) {
    try {
      name->put(name->context, text_of(of(self)->scheme->user_name(string_of(id))));
    } catch (...) {
    }
  }
};

template <typename Scheme>
void* create_auth_scheme() {
  try {
    std::unique_ptr<AuthAdapter> adapter(new AuthAdapter());
    try {
      adapter->scheme.reset(new Scheme());
    } catch (const std::exception& e) {
      adapter->broken = std::string("exception in the constructor: ") + e.what();
    } catch (...) {
      adapter->broken = "an exception of unknown type in the constructor";
    }
    ZookernelAuthScheme& t = adapter->table;
    t = ZookernelAuthScheme();
    t.size = static_cast<uint32_t>(sizeof t);
    t.self = adapter.get();
    t.configure = &AuthAdapter::configure;
    t.start = &AuthAdapter::start;
    t.stop = &AuthAdapter::stop;
    t.destroy = &AuthAdapter::destroy;
    t.authenticate = &AuthAdapter::authenticate;
    t.connected = &AuthAdapter::connected;
    t.matches = &AuthAdapter::matches;
    t.valid = &AuthAdapter::valid;
    t.user_name = &AuthAdapter::user_name;
    if (adapter->scheme) {
      t.flags = adapter->scheme->more_flags();
      if (adapter->scheme->names_creator()) t.flags |= ZOOKERNEL_AUTH_NAMES_CREATOR;
      if (adapter->scheme->expands()) t.expand = &AuthAdapter::expand;
    }
    return &adapter.release()->table;
  } catch (...) {
    return nullptr;
  }
}

}  // namespace detail
}  // namespace plugin
}  // namespace zookernel

/* The manifest entry of one scheme: an initialiser of ZookernelExtension. `options` is an array of
   ZookernelOption with at least one entry. */
#define ZOOKERNEL_AUTH_EXTENSION(Scheme, scheme_name, options)                                \
  {                                                                                           \
    static_cast<uint32_t>(sizeof(ZookernelExtension)), ZOOKERNEL_AUTH_SCHEME_ID, scheme_name, \
        options, static_cast<uint32_t>(sizeof(options) / sizeof((options)[0])),               \
        &::zookernel::plugin::detail::create_auth_scheme<Scheme>                              \
  }
/* The same for a scheme without options. */
#define ZOOKERNEL_AUTH_EXTENSION_PLAIN(Scheme, scheme_name)                                   \
  {                                                                                           \
    static_cast<uint32_t>(sizeof(ZookernelExtension)), ZOOKERNEL_AUTH_SCHEME_ID, scheme_name, \
        nullptr, 0, &::zookernel::plugin::detail::create_auth_scheme<Scheme>                  \
  }

/* The manifest of a plugin with one scheme. */
#define ZOOKERNEL_AUTH_PLUGIN(id, version, Scheme, scheme_name, options)                     \
  ZOOKERNEL_EXPORT const ZookernelPlugin* zookernel_plugin(void) {                           \
    static const ZookernelExtension extension =                                              \
        ZOOKERNEL_AUTH_EXTENSION(Scheme, scheme_name, options);                              \
    static const ZookernelPlugin plugin = {ZOOKERNEL_OUTER_ABI, id, version, 1, &extension}; \
    return &plugin;                                                                          \
  }
#define ZOOKERNEL_AUTH_PLUGIN_PLAIN(id, version, Scheme, scheme_name)                        \
  ZOOKERNEL_EXPORT const ZookernelPlugin* zookernel_plugin(void) {                           \
    static const ZookernelExtension extension =                                              \
        ZOOKERNEL_AUTH_EXTENSION_PLAIN(Scheme, scheme_name);                                 \
    static const ZookernelPlugin plugin = {ZOOKERNEL_OUTER_ABI, id, version, 1, &extension}; \
    return &plugin;                                                                          \
  }

#endif /* __cplusplus */
#endif /* ZOOKERNEL_AUTH_SCHEME_H */
