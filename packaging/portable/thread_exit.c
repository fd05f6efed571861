/* __cxa_thread_atexit_impl, glibc 2.18: the end of objects that are thread_local. The running C library's own is used where it has one. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>

int __cxa_thread_atexit_impl(void (*function)(void*), void* object, void* module);

struct Ending {
  void (*function)(void*);
  void* object;
  struct Ending* next;
};

static pthread_key_t key;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void run_endings(void* first) {
  for (struct Ending* each = first; each != 0; each = pthread_getspecific(key)) {
    pthread_setspecific(key, each->next);
    each->function(each->object);
    free(each);
  }
}

/* Keys are not looked at for the thread that calls exit(). */
static void run_endings_of_this_thread(void) { run_endings(pthread_getspecific(key)); }

static void make_key(void) {
  pthread_key_create(&key, run_endings);
  atexit(run_endings_of_this_thread);
}

int __cxa_thread_atexit_impl(void (*function)(void*), void* object, void* module) {
  static int (*original)(void (*)(void*), void*, void*);
  static int looked_up;
  if (!__atomic_load_n(&looked_up, __ATOMIC_ACQUIRE)) {
    *(void**)&original = dlsym(RTLD_DEFAULT, "__cxa_thread_atexit_impl");
    __atomic_store_n(&looked_up, 1, __ATOMIC_RELEASE);
  }
  if (original != 0) return original(function, object, module);
  pthread_once(&once, make_key);
  struct Ending* ending = malloc(sizeof *ending);
  if (ending == 0) return -1;
  ending->function = function;
  ending->object = object;
  ending->next = pthread_getspecific(key);
  pthread_setspecific(key, ending);
  return 0;
}
