/* Preloaded into a server: fsync and fdatasync fail with EIO while the file named by FAILING_SYNC_SWITCH exists.
   With FAILING_WRITE_SWITCH, writes to files whose name holds /log. fail with EIO the same way. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

static int on(const char* variable) {
  const char* file = getenv(variable);
  return file != NULL && access(file, F_OK) == 0;
}

static int is_log(int fd) {
  char link[64], path[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  const ssize_t size = readlink(link, path, sizeof path - 1);
  if (size < 0) return 0;
  path[size] = '\0';
  return strstr(path, "/log.") != NULL;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static int fail(void) {
  errno = EIO;
  return -1;
}

int fsync(int fd) { return on("FAILING_SYNC_SWITCH") ? fail() : REAL(fsync)(fd); }
int fdatasync(int fd) { return on("FAILING_SYNC_SWITCH") ? fail() : REAL(fdatasync)(fd); }
int sync_file_range(int fd, off64_t offset, off64_t size, unsigned flags) {
  return on("FAILING_SYNC_SWITCH") ? fail() : REAL(sync_file_range)(fd, offset, size, flags);
}
ssize_t write(int fd, const void* data, size_t size) {
  return on("FAILING_WRITE_SWITCH") && is_log(fd) ? fail() : REAL(write)(fd, data, size);
}
ssize_t pwrite(int fd, const void* data, size_t size, off_t offset) {
  return on("FAILING_WRITE_SWITCH") && is_log(fd) ? fail() : REAL(pwrite)(fd, data, size, offset);
}
ssize_t pwrite64(int fd, const void* data, size_t size, off64_t offset) {
  return on("FAILING_WRITE_SWITCH") && is_log(fd) ? fail() : REAL(pwrite64)(fd, data, size, offset);
}
ssize_t writev(int fd, const struct iovec* parts, int count) {
  return on("FAILING_WRITE_SWITCH") && is_log(fd) ? fail() : REAL(writev)(fd, parts, count);
}
ssize_t pwritev(int fd, const struct iovec* parts, int count, off_t offset) {
  return on("FAILING_WRITE_SWITCH") && is_log(fd) ? fail() : REAL(pwritev)(fd, parts, count, offset);
}
ssize_t pwritev64(int fd, const struct iovec* parts, int count, off64_t offset) {
  return on("FAILING_WRITE_SWITCH") && is_log(fd) ? fail() : REAL(pwritev64)(fd, parts, count, offset);
}
