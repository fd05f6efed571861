/* How a program begins, for C libraries before 2.34: those run a program's constructors only through the function that is handed to
 * __libc_start_main, and the start file of a newer machine hands over none. Such a program passes every check of symbol versions, and on an
 * old system its global constructors silently never run. Newer C libraries honour the old arguments, too. */
typedef void (*Initializer)(int, char**, char**);
typedef void (*Finalizer)(void);

extern Initializer __init_array_start[], __init_array_end[];
extern int main(int, char**, char**);
extern void _init(void);
extern int __libc_start_main(int (*)(int, char**, char**), int, char**, Initializer, Finalizer, Finalizer, void*);

void zookernel_start(long* stack, Finalizer loader_end);

static void run_initializers(int argc, char** argv, char** environment) {
  _init();
  for (Initializer* each = __init_array_start; each < __init_array_end; ++each) (*each)(argc, argv, environment);
}

/* The loader itself runs the destructors of a dynamic program. */
static void run_finalizers(void) {}

void zookernel_start(long* stack, Finalizer loader_end) {
  __libc_start_main(main, (int)stack[0], (char**)(stack + 1), run_initializers, run_finalizers, loader_end, stack);
  __builtin_trap();
}

__asm__(
    ".text\n"
    ".globl _start\n"
    ".type _start,@function\n"
    "_start:\n"
    "  xorl %ebp,%ebp\n"
    "  movq %rsp,%rdi\n"
    "  movq %rdx,%rsi\n"
    "  andq $-16,%rsp\n"
    "  call zookernel_start\n"
    "  hlt\n"
    ".size _start,.-_start\n");

/* What the original start file defines as well. The second says which stdio the program was compiled for. */
__attribute__((visibility("default"), weak)) int data_start;
__attribute__((visibility("default"))) const int _IO_stdin_used = 0x20001;
