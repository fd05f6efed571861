/* A plugin of the outer circle in plain C, built in many variants: each FIXTURE_ macro breaks one
 * thing. It logs its phases. */
#include <stdlib.h>
#include <string.h>
#include <zookernel/auth_scheme.h>

#ifndef FIXTURE_SCHEME
#define FIXTURE_SCHEME "fixture"
#endif
#ifndef FIXTURE_INTERFACE
#define FIXTURE_INTERFACE ZOOKERNEL_AUTH_SCHEME_ID
#endif
#ifndef FIXTURE_ABI_SIZE
#define FIXTURE_ABI_SIZE sizeof(ZookernelAbi)
#endif
#ifndef FIXTURE_MAJOR
#define FIXTURE_MAJOR ZOOKERNEL_SDK_MAJOR
#endif
#ifndef FIXTURE_MINOR
#define FIXTURE_MINOR ZOOKERNEL_SDK_MINOR
#endif
#ifndef FIXTURE_HASH
#define FIXTURE_HASH ZOOKERNEL_ABI_HASH
#endif
#ifndef FIXTURE_CIRCLE
#define FIXTURE_CIRCLE ZOOKERNEL_CIRCLE_OUTER
#endif
#ifndef FIXTURE_SANITIZERS
#define FIXTURE_SANITIZERS 0u
#endif
#ifndef FIXTURE_ID
#define FIXTURE_ID "test.fixture"
#endif
#ifndef FIXTURE_COUNT
#define FIXTURE_COUNT 1
#endif
#ifndef FIXTURE_EXTENSIONS
#define FIXTURE_EXTENSIONS extensions
#endif
#ifndef FIXTURE_EXTENSION_SIZE
#define FIXTURE_EXTENSION_SIZE sizeof(ZookernelExtension)
#endif
#ifndef FIXTURE_CREATE
#define FIXTURE_CREATE create
#endif
#ifndef FIXTURE_OPTION_KEY
#define FIXTURE_OPTION_KEY FIXTURE_SCHEME ".greeting"
#endif
#ifndef FIXTURE_OPTION_VALUE
#define FIXTURE_OPTION_VALUE "hello"
#endif
#ifndef FIXTURE_OPTION_COUNT
#define FIXTURE_OPTION_COUNT 1
#endif
#ifndef FIXTURE_TABLE_SIZE
#define FIXTURE_TABLE_SIZE sizeof(ZookernelAuthScheme)
#endif
#ifndef FIXTURE_MATCHES
#define FIXTURE_MATCHES matches
#endif
#ifndef FIXTURE_ASKS_FOR
#define FIXTURE_ASKS_FOR FIXTURE_SCHEME ".greeting"
#endif
#ifndef FIXTURE_CONFIGURE_ANSWER
#define FIXTURE_CONFIGURE_ANSWER 1
#endif
#ifndef FIXTURE_START_ANSWER
#define FIXTURE_START_ANSWER 1
#endif

typedef struct Fixture {
  ZookernelAuthScheme table;
  const ZookernelHost* host;
} Fixture;

static void say(Fixture* fixture, const char* what) {
  ZookernelText text = {what, strlen(what)};
  if (fixture->host != NULL) fixture->host->log(fixture->host->context, ZOOKERNEL_LOG_INFO, text);
}

static void complain(const ZookernelSink* error, const char* what) {
  ZookernelText text = {what, strlen(what)};
  error->put(error->context, text);
}

static int32_t configure(void* self, const ZookernelHost* host, const ZookernelSink* error) {
  Fixture* fixture = (Fixture*)self;
  const char* const key = FIXTURE_ASKS_FOR;
  ZookernelText greeting = host->setting(host->context, key);
  char line[128] = "configured ";
  fixture->host = host;
  memcpy(line + strlen(line), greeting.data, greeting.size < 100 ? greeting.size : 100);
  say(fixture, line);
  complain(error, "the greeting\nis rude");
  return FIXTURE_CONFIGURE_ANSWER;
}

static int32_t start(void* self, const ZookernelSink* error) {
  (void)error;
  say((Fixture*)self, "started");
  return FIXTURE_START_ANSWER;
}

static void stop(void* self) {
  say((Fixture*)self, "stopped");
}

static void destroy(void* self) {
  say((Fixture*)self, "destroyed");
  free(self);
}

static int32_t authenticate(void* self, const ZookernelPeer* peer, ZookernelText credentials,
                            const ZookernelIdSink* ids, const ZookernelSink* error) {
  ZookernelId id;
  (void)self, (void)peer, (void)error;
  memset(&id, 0, sizeof id);
  id.id = credentials;
  ids->put(ids->context, id);
  return 1;
}

static int32_t matches(void* self, const ZookernelAclCheck* check) {
  (void)self, (void)check;
  return 1;
}

static int32_t valid(void* self, ZookernelText expr) {
  (void)self;
  return expr.size != 0;
}

static void* create(void) {
#ifdef FIXTURE_TABLE_IS_STATIC /* for tables so wrong that nobody dares to call destroy */
  static Fixture only_one;
  Fixture* fixture = &only_one;
#else
  Fixture* fixture = (Fixture*)calloc(1, sizeof *fixture);
#endif
  if (fixture == NULL) return NULL;
  fixture->table.size = (uint32_t)FIXTURE_TABLE_SIZE;
  fixture->table.flags = ZOOKERNEL_AUTH_NAMES_CREATOR;
  fixture->table.self = fixture;
  fixture->table.configure = configure;
  fixture->table.start = start;
  fixture->table.stop = stop;
  fixture->table.destroy = destroy;
  fixture->table.authenticate = authenticate;
  fixture->table.matches = FIXTURE_MATCHES;
  fixture->table.valid = valid;
  (void)matches;
  return fixture;
}

static void* create_nothing(void) {
  return NULL;
}

static const ZookernelOption options[] = {
    {FIXTURE_OPTION_KEY, FIXTURE_OPTION_VALUE, "what it says"}};

static const ZookernelExtension extensions[] = {
    {(uint32_t)FIXTURE_EXTENSION_SIZE, FIXTURE_INTERFACE, FIXTURE_SCHEME, options,
     FIXTURE_OPTION_COUNT, FIXTURE_CREATE},
    {(uint32_t)sizeof(ZookernelExtension), FIXTURE_INTERFACE, FIXTURE_SCHEME, options, 1,
     create_nothing},
};

static const ZookernelPlugin plugin = {
    {(uint32_t)FIXTURE_ABI_SIZE, FIXTURE_MAJOR, FIXTURE_MINOR, FIXTURE_HASH, 0u, FIXTURE_CIRCLE, 0u,
     0u, FIXTURE_SANITIZERS},
    FIXTURE_ID,
    "1.0",
    FIXTURE_COUNT,
    FIXTURE_EXTENSIONS};

#ifdef FIXTURE_NO_MANIFEST
ZOOKERNEL_EXPORT const ZookernelPlugin* zookernel_plugin(void) {
  (void)plugin, (void)create;
  return NULL;
}
#else
ZOOKERNEL_EXPORT const ZookernelPlugin* zookernel_plugin(void) {
  (void)create;
  return &plugin;
}
#endif
