/* Preloaded into a server: calls on files below a folder fail while a switch exists.

     FAILING_SWITCH   a file; nothing fails while it is not there
     FAILING_CALL     sync, write, open, rename, resize or remove
     FAILING_ERRNO    5 (EIO) or 28 (ENOSPC)
     FAILING_UNDER    only on files whose path holds this
     FAILING_ONCE     1: the first failure removes the switch, as when a disk reports an error once

   A write that fails has written half of its bytes. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static const char* setting(const char* variable) {
  const char* value = getenv(variable);
  return value == NULL ? "" : value;
}

/* Must this call on this path fail? Then errno is set. */
static int fails(const char* call, const char* path) {
  const char* file = setting("FAILING_SWITCH");
  if (strcmp(call, setting("FAILING_CALL")) != 0 || path == NULL || strstr(path, setting("FAILING_UNDER")) == NULL) return 0;
  if (access(file, F_OK) != 0) return 0;
  /* Of several threads one takes it. */
  if (strcmp(setting("FAILING_ONCE"), "1") == 0 && REAL(unlink)(file) != 0) return 0;
  errno = atoi(setting("FAILING_ERRNO"));
  return 1;
}

static int fails_on(const char* call, int fd) {
  char link[64], path[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  const ssize_t size = readlink(link, path, sizeof path - 1);
  if (size < 0) return 0;
  path[size] = '\0';
  return fails(call, path);
}

int fsync(int fd) { return fails_on("sync", fd) ? -1 : REAL(fsync)(fd); }
int fdatasync(int fd) { return fails_on("sync", fd) ? -1 : REAL(fdatasync)(fd); }
int sync_file_range(int fd, off64_t offset, off64_t size, unsigned flags) {
  return fails_on("sync", fd) ? -1 : REAL(sync_file_range)(fd, offset, size, flags);
}

static ssize_t write_half(int fd, const void* data, size_t size, off64_t offset) {
  const int error = errno;
  const ssize_t put = REAL(pwrite64)(fd, data, size / 2, offset);
  (void)put;
  errno = error;
  return -1;
}
ssize_t write(int fd, const void* data, size_t size) { return fails_on("write", fd) ? -1 : REAL(write)(fd, data, size); }
ssize_t pwrite(int fd, const void* data, size_t size, off_t offset) {
  return fails_on("write", fd) ? write_half(fd, data, size, offset) : REAL(pwrite)(fd, data, size, offset);
}
ssize_t pwrite64(int fd, const void* data, size_t size, off64_t offset) {
  return fails_on("write", fd) ? write_half(fd, data, size, offset) : REAL(pwrite64)(fd, data, size, offset);
}
ssize_t writev(int fd, const struct iovec* parts, int count) {
  return fails_on("write", fd) ? -1 : REAL(writev)(fd, parts, count);
}
ssize_t pwritev(int fd, const struct iovec* parts, int count, off_t offset) {
  return fails_on("write", fd) ? -1 : REAL(pwritev)(fd, parts, count, offset);
}
ssize_t pwritev64(int fd, const struct iovec* parts, int count, off64_t offset) {
  return fails_on("write", fd) ? -1 : REAL(pwritev64)(fd, parts, count, offset);
}

static mode_t mode_of(int flags, va_list* list) { return (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(*list, mode_t) : 0; }
#define OPEN(name)                                     \
  int name(const char* path, int flags, ...) {         \
    va_list list;                                      \
    va_start(list, flags);                             \
    const mode_t mode = mode_of(flags, &list);         \
    va_end(list);                                      \
    return fails("open", path) ? -1 : REAL(name)(path, flags, mode); \
  }
OPEN(open)
OPEN(open64)

int rename(const char* from, const char* to) { return fails("rename", to) ? -1 : REAL(rename)(from, to); }
int ftruncate(int fd, off_t size) { return fails_on("resize", fd) ? -1 : REAL(ftruncate)(fd, size); }
int ftruncate64(int fd, off64_t size) { return fails_on("resize", fd) ? -1 : REAL(ftruncate64)(fd, size); }
int unlink(const char* path) { return fails("remove", path) ? -1 : REAL(unlink)(path); }
