/* Debian's C client, unchanged, does its basic work: the synchronous API, a multi, a watch, ACLs, ephemerals, errors.
   Prints one line a check; the exit code is the number of checks that failed. */
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <zookeeper/zookeeper.h>

static int failures;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int connected;
static int watch_type;
static char watch_path[256];

static void check(const char* what, int good) {
  printf("%s %s\n", good ? "ok  " : "FAIL", what);
  if (!good) failures++;
}

static void on_event(zhandle_t* handle, int type, int state, const char* path, void* context) {
  (void)handle;
  (void)context;
  pthread_mutex_lock(&lock);
  if (type == ZOO_SESSION_EVENT) {
    connected = state == ZOO_CONNECTED_STATE;
  } else {
    watch_type = type;
    snprintf(watch_path, sizeof watch_path, "%s", path);
  }
  pthread_cond_broadcast(&changed);
  pthread_mutex_unlock(&lock);
}

/* Waits until *value is not 0, at most 20 seconds. */
static int wait_for(int* value) {
  struct timespec deadline;
  clock_gettime(CLOCK_REALTIME, &deadline);
  deadline.tv_sec += 20;
  pthread_mutex_lock(&lock);
  while (*value == 0 && pthread_cond_timedwait(&changed, &lock, &deadline) == 0) {
  }
  const int result = *value;
  pthread_mutex_unlock(&lock);
  return result;
}

static void nodes(zhandle_t* zh) {
  char path[128];
  char data[64];
  int size = sizeof data;
  struct Stat stat;
  struct String_vector children;

  check("create", zoo_create(zh, "/c", "one", 3, &ZOO_OPEN_ACL_UNSAFE, 0, path, sizeof path) == ZOK);
  check("create answers the path", strcmp(path, "/c") == 0);
  check("create again", zoo_create(zh, "/c", "", 0, &ZOO_OPEN_ACL_UNSAFE, 0, path, sizeof path) == ZNODEEXISTS);
  check("create2", zoo_create2(zh, "/c/two", "2", 1, &ZOO_OPEN_ACL_UNSAFE, 0, path, sizeof path, &stat) == ZOK &&
                       stat.dataLength == 1);
  check("get", zoo_get(zh, "/c", 0, data, &size, &stat) == ZOK && size == 3 && memcmp(data, "one", 3) == 0);
  check("set", zoo_set2(zh, "/c", "three", 5, 0, &stat) == ZOK && stat.version == 1 && stat.dataLength == 5);
  check("set with an old version", zoo_set(zh, "/c", "x", 1, 0) == ZBADVERSION);
  check("sequence", zoo_create(zh, "/c/s-", "", 0, &ZOO_OPEN_ACL_UNSAFE, ZOO_SEQUENCE, path, sizeof path) == ZOK &&
                        strcmp(path, "/c/s-0000000001") == 0);
  check("children", zoo_get_children2(zh, "/c", 0, &children, &stat) == ZOK && children.count == 2 &&
                        stat.numChildren == 2);
  deallocate_String_vector(&children);
  check("null data", zoo_create(zh, "/c/null", NULL, -1, &ZOO_OPEN_ACL_UNSAFE, 0, path, sizeof path) == ZOK);
  size = sizeof data;
  check("null data comes back", zoo_get(zh, "/c/null", 0, data, &size, &stat) == ZOK && size == -1);
  check("delete of a full node", zoo_delete(zh, "/c", -1) == ZNOTEMPTY);
  check("delete", zoo_delete(zh, "/c/two", -1) == ZOK);
  check("exists", zoo_exists(zh, "/c/two", 0, &stat) == ZNONODE);
}

static void multi(zhandle_t* zh) {
  char path[128];
  struct Stat stat;
  zoo_op_t ops[4];
  zoo_op_result_t results[4];
  memset(results, 0, sizeof results);

  zoo_create_op_init(&ops[0], "/m", "1", 1, &ZOO_OPEN_ACL_UNSAFE, 0, path, sizeof path);
  zoo_set_op_init(&ops[1], "/m", "22", 2, 0, &stat);
  zoo_check_op_init(&ops[2], "/m", 1);
  zoo_delete_op_init(&ops[3], "/m", 1);
  check("multi", zoo_multi(zh, 4, ops, results) == ZOK);
  check("multi leaves what it should", zoo_exists(zh, "/m", 0, &stat) == ZNONODE);

  zoo_create_op_init(&ops[0], "/m", "1", 1, &ZOO_OPEN_ACL_UNSAFE, 0, path, sizeof path);
  zoo_check_op_init(&ops[1], "/nowhere", 1);
  zoo_delete_op_init(&ops[2], "/m", -1);
  check("failed multi", zoo_multi(zh, 3, ops, results) == ZNONODE);
  check("failed multi: results", results[0].err == ZOK && results[1].err == ZNONODE &&
                                     results[2].err == ZRUNTIMEINCONSISTENCY);
  check("failed multi changes nothing", zoo_exists(zh, "/m", 0, &stat) == ZNONODE);
}

static void watches(zhandle_t* zh) {
  struct Stat stat;
  check("exists leaves a watch", zoo_wexists(zh, "/w", on_event, NULL, &stat) == ZNONODE);
  check("create fires it",
        zoo_create(zh, "/w", "", 0, &ZOO_OPEN_ACL_UNSAFE, ZOO_EPHEMERAL, NULL, 0) == ZOK && wait_for(&watch_type));
  check("event", watch_type == ZOO_CREATED_EVENT && strcmp(watch_path, "/w") == 0);
  watch_type = 0;
  check("children watch", zoo_wget_children(zh, "/c", on_event, NULL, &(struct String_vector){0}) == ZOK);
  check("child fires it", zoo_create(zh, "/c/new", "", 0, &ZOO_OPEN_ACL_UNSAFE, 0, NULL, 0) == ZOK && wait_for(&watch_type));
  check("child event", watch_type == ZOO_CHILD_EVENT && strcmp(watch_path, "/c") == 0);
}

static int auth_result = 1;
static void on_auth(int rc, const void* context) {
  (void)context;
  pthread_mutex_lock(&lock);
  auth_result = rc == ZOK ? 2 : -1;
  pthread_cond_broadcast(&changed);
  pthread_mutex_unlock(&lock);
}

static void acls(zhandle_t* zh) {
  char data[64];
  int size = sizeof data;
  struct Stat stat;
  struct ACL entry = {ZOO_PERM_ALL, {"digest", "alice:aYXlLOpEooaV1cRAvUL1fp9Qt7E="}};
  struct ACL_vector alice = {1, &entry};
  struct ACL_vector got;
  check("create with an ACL", zoo_create(zh, "/acl", "s", 1, &alice, 0, NULL, 0) == ZOK);
  check("no permission", zoo_get(zh, "/acl", 0, data, &size, &stat) == ZNOAUTH);
  auth_result = 0;
  check("add_auth", zoo_add_auth(zh, "digest", "alice:secret", 12, on_auth, NULL) == ZOK && wait_for(&auth_result) == 2);
  size = sizeof data;
  check("permission", zoo_get(zh, "/acl", 0, data, &size, &stat) == ZOK && size == 1);
  check("get_acl", zoo_get_acl(zh, "/acl", &got, &stat) == ZOK && got.count == 1 &&
                       strcmp(got.data[0].id.id, "alice:aYXlLOpEooaV1cRAvUL1fp9Qt7E=") == 0);
  deallocate_ACL_vector(&got);
  check("set_acl", zoo_set_acl(zh, "/acl", 0, &ZOO_OPEN_ACL_UNSAFE) == ZOK);
}

int main(int argc, char** argv) {
  if (argc != 2) return 100;
  zoo_set_debug_level(ZOO_LOG_LEVEL_ERROR);
  zhandle_t* zh = zookeeper_init(argv[1], on_event, 20000, NULL, NULL, 0);
  if (zh == NULL) return 101;
  check("connect", wait_for(&connected));
  check("session timeout", zoo_recv_timeout(zh) == 20000);
  nodes(zh);
  multi(zh);
  watches(zh);
  acls(zh);

  const clientid_t id = *zoo_client_id(zh);
  zookeeper_close(zh);
  connected = 0;
  zh = zookeeper_init(argv[1], on_event, 20000, NULL, NULL, 0);
  check("connect again", zh != NULL && wait_for(&connected));
  struct Stat stat;
  check("a new session", zoo_client_id(zh)->client_id != id.client_id);
  check("ephemerals ended with the session", zoo_exists(zh, "/w", 0, &stat) == ZNONODE);
  zookeeper_close(zh);
  return failures;
}
