/* The few functions newer than the floor that the C++ library and Debian's static archives name. Where the running C library has the real one,
 * it is called. All names are hidden, so that no plugin can bind to them. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* The running C library's own function, or null. dlsym answers the same each time, so that a race does no harm. */
static void* original(void** slot, const char* name) {
  void* const absent = slot;
  void* found = __atomic_load_n(slot, __ATOMIC_ACQUIRE);
  if (found == 0) {
    found = dlsym(RTLD_DEFAULT, name);
    if (found == 0) found = absent;
    __atomic_store_n(slot, found, __ATOMIC_RELEASE);
  }
  return found == absent ? 0 : found;
}
#define ORIGINAL(variable, name) \
  static void* slot;             \
  *(void**)&(variable) = original(&slot, name)

/* 2.32. "There may be threads": counts of references stay atomic. A variable cannot be looked up in time. */
char __libc_single_threaded = 0;

static int read_urandom(unsigned char* bytes, size_t size) {
  const int file = open("/dev/urandom", O_RDONLY | O_CLOEXEC);
  if (file < 0) return -1;
  size_t got = 0;
  while (got < size) {
    const ssize_t n = read(file, bytes + got, size - got);
    if (n > 0) {
      got += (size_t)n;
    } else if (n == 0 || errno != EINTR) {
      break;
    }
  }
  close(file);
  if (got == size) return 0;
  errno = EIO;
  return -1;
}

int getentropy(void* buffer, size_t size) { /* 2.25 */
  int (*function)(void*, size_t);
  ORIGINAL(function, "getentropy");
  /* It, too, fails on Linux before 3.17. */
  if (function != 0 && function(buffer, size) == 0) return 0;
  if (size > 256) {
    errno = EIO;
    return -1;
  }
  return read_urandom(buffer, size);
}

uint32_t arc4random(void) { /* 2.36 */
  uint32_t (*function)(void);
  ORIGINAL(function, "arc4random");
  if (function != 0) return function();
  uint32_t value;
  if (getentropy(&value, sizeof value) != 0) abort();
  return value;
}

int fcntl64(int file, int command, ...) { /* 2.28; on this machine the same as fcntl */
  va_list arguments;
  va_start(arguments, command);
  void* argument = va_arg(arguments, void*);
  va_end(arguments);
  return fcntl(file, command, argument);
}

int pthread_cond_clockwait(pthread_cond_t* condition, pthread_mutex_t* mutex, clockid_t clock, const struct timespec* until) { /* 2.30 */
  int (*function)(pthread_cond_t*, pthread_mutex_t*, clockid_t, const struct timespec*);
  ORIGINAL(function, "pthread_cond_clockwait");
  if (function != 0) return function(condition, mutex, clock, until);
  /* The condition counts by the wall clock: carry what is left over to that. A leap of the wall clock makes the wait longer or shorter; callers
   * look at their own clock again. */
  struct timespec now, wall;
  clock_gettime(clock, &now);
  clock_gettime(CLOCK_REALTIME, &wall);
  const long long second = 1000000000LL;
  long long left = (until->tv_sec - now.tv_sec) * second + (until->tv_nsec - now.tv_nsec);
  if (left < 0) left = 0;
  const long long sum = wall.tv_nsec + left;
  wall.tv_sec += sum / second;
  wall.tv_nsec = sum % second;
  return pthread_cond_timedwait(condition, mutex, &wall);
}

void* aligned_alloc(size_t alignment, size_t size) { /* 2.16 */
  void* memory = 0;
  const int error = posix_memalign(&memory, alignment < sizeof(void*) ? sizeof(void*) : alignment, size);
  if (error == 0) return memory;
  errno = error;
  return 0;
}

char* secure_getenv(const char* name) { /* 2.17 */
  char* (*function)(const char*);
  ORIGINAL(function, "secure_getenv");
  if (function != 0) return function(name);
  return getuid() == geteuid() && getgid() == getegid() ? getenv(name) : 0;
}

pid_t gettid(void) { /* 2.30 */
  return (pid_t)syscall(SYS_gettid);
}

/* 2.15. The check of FD_SET in fortified code; the C library's ends the process with a message. */
long __fdelt_chk(long descriptor);
long __fdelt_chk(long descriptor) {
  if (descriptor < 0 || descriptor >= 1024) abort();
  return descriptor / 64;
}
