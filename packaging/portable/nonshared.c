/* What C libraries before 2.33 link into each program: stat and its like as thin calls of functions that take a version of the struct. */
struct stat;
extern int __xstat(int, const char*, struct stat*);
extern int __fxstat(int, int, struct stat*);
extern int __lxstat(int, const char*, struct stat*);
extern int __fxstatat(int, int, const char*, struct stat*, int);
extern int __xmknod(int, const char*, unsigned, unsigned long*);
extern int __cxa_atexit(void (*)(void*), void*, void*);
extern int __register_atfork(void (*)(void), void (*)(void), void (*)(void), void*);
extern void* __dso_handle;

#define STAT_VERSION 1
#define MKNOD_VERSION 0

int stat(const char* path, struct stat* out) { return __xstat(STAT_VERSION, path, out); }
int fstat(int file, struct stat* out) { return __fxstat(STAT_VERSION, file, out); }
int lstat(const char* path, struct stat* out) { return __lxstat(STAT_VERSION, path, out); }
int fstatat(int directory, const char* path, struct stat* out, int flags) {
  return __fxstatat(STAT_VERSION, directory, path, out, flags);
}
/* The structs are the same on this machine. */
int stat64(const char* path, struct stat* out) { return __xstat(STAT_VERSION, path, out); }
int fstat64(int file, struct stat* out) { return __fxstat(STAT_VERSION, file, out); }
int lstat64(const char* path, struct stat* out) { return __lxstat(STAT_VERSION, path, out); }
int fstatat64(int directory, const char* path, struct stat* out, int flags) {
  return __fxstatat(STAT_VERSION, directory, path, out, flags);
}
int mknod(const char* path, unsigned mode, unsigned long device) { return __xmknod(MKNOD_VERSION, path, mode, &device); }
int atexit(void (*function)(void)) { return __cxa_atexit((void (*)(void*))(void*)function, 0, &__dso_handle); }
int pthread_atfork(void (*prepare)(void), void (*parent)(void), void (*child)(void)) {
  return __register_atfork(prepare, parent, child, &__dso_handle);
}
