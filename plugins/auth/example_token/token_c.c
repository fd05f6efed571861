/* The scheme of token.cc in plain C99, for those who want no C++ in their plugin. */
#include <stdlib.h>
#include <string.h>
#include <zookernel/auth_scheme.h>

typedef struct Token {
  ZookernelAuthScheme table;
  ZookernelText secret; /* borrowed from the kernel, which keeps settings for ever */
} Token;

static int32_t configure(void* self, const ZookernelHost* host, const ZookernelSink* error) {
  Token* token = (Token*)self;
  static const char kComplaint[] = "token.secret: shorter than 16 bytes";
  const ZookernelText complaint = {kComplaint, sizeof kComplaint - 1};
  token->secret = host->setting(host->context, "token.secret");
  if (token->secret.size >= 16) return 1;
  error->put(error->context, complaint);
  return 0;
}

static int32_t authenticate(void* self, const ZookernelPeer* peer, ZookernelText credentials,
                            const ZookernelIdSink* ids, const ZookernelSink* error) {
  const Token* token = (const Token*)self;
  const char* colon =
      credentials.size == 0 ? NULL : memchr(credentials.data, ':', credentials.size);
  ZookernelId id = {{NULL, 0}, {NULL, 0}};
  unsigned char difference = 0;
  size_t i, team;
  (void)peer, (void)error;
  if (colon == NULL) return 0;
  team = (size_t)(colon - credentials.data);
  if (credentials.size - team - 1 != token->secret.size) return 0;
  for (i = 0; i < token->secret.size; ++i) {
    difference = (unsigned char)(difference | (colon[1 + i] ^ token->secret.data[i]));
  }
  if (difference != 0) return 0;
  id.id.data = credentials.data;
  id.id.size = team;
  ids->put(ids->context, id);
  return 1;
}

static int32_t matches(void* self, const ZookernelAclCheck* check) {
  (void)self;
  return check->id.size == check->expr.size &&
         (check->id.size == 0 || memcmp(check->id.data, check->expr.data, check->id.size) == 0);
}

static int32_t valid(void* self, ZookernelText expr) {
  (void)self;
  return expr.size != 0;
}

static void* create(void) {
  Token* token = (Token*)calloc(1, sizeof *token);
  if (token == NULL) return NULL;
  token->table.size = (uint32_t)sizeof token->table;
  token->table.flags = ZOOKERNEL_AUTH_NAMES_CREATOR;
  token->table.self = token;
  token->table.configure = configure;
  token->table.destroy = free;
  token->table.authenticate = authenticate;
  token->table.matches = matches;
  token->table.valid = valid;
  return &token->table;
}

static const ZookernelOption options[] = {
    {"token.secret", "", "secret that all teams share, 16 bytes or more"}};

static const ZookernelExtension extension = {
    (uint32_t)sizeof(ZookernelExtension), ZOOKERNEL_AUTH_SCHEME_ID, "token", options, 1, create};

static const ZookernelPlugin plugin = {ZOOKERNEL_OUTER_ABI, "org.example.token", "1.0", 1,
                                       &extension};

ZOOKERNEL_EXPORT const ZookernelPlugin* zookernel_plugin(void) {
  return &plugin;
}
