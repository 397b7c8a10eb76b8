#include "words.h"

#include <execinfo.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <ucontext.h>
#include <unistd.h>

enum { LINE = 200, FRAMES = 32, STACK_WORDS = 2048 };

/* The linker's names for the section that build.sh puts the gateway's own code into. */
extern const char __start_gateway_code[], __stop_gateway_code[];

static const struct {
    int number;
    const char *name;
} caught[] = {{SIGSEGV, "SIGSEGV"},
              {SIGBUS, "SIGBUS"},
              {SIGILL, "SIGILL"},
              {SIGFPE, "SIGFPE"},
              {SIGABRT, "SIGABRT"}};

enum { CAUGHT = sizeof caught / sizeof caught[0] };

/* The first fault; a second one, while its stack is looked at, tells the first. */
static struct {
    volatile sig_atomic_t is_told;
    const char *name;
    uintptr_t pc, lr, address;
} last;

void words_say(const char *format, ...)
{
    char line[LINE + 2];
    va_list arguments;
    int length;

    va_start(arguments, format);
    length = vsnprintf(line, LINE + 1, format, arguments);
    va_end(arguments);
    if (length < 0) {
        return;
    }
    if (length > LINE) {
        length = LINE;
    }
    line[length] = '\n';
    if (write(STDOUT_FILENO, line, (size_t)length + 1) < 0) {
        return; /* nobody to tell it to */
    }
}

static int is_own(uintptr_t address)
{
    return address >= (uintptr_t)__start_gateway_code &&
           address < (uintptr_t)__stop_gateway_code;
}

/* ------------------------------------------------------------------------------- heap
 * Where the gateway called the library's heap; 0: it did not. What fails in there cannot
 * be unwound, and the stack has words of earlier calls, too. build.sh has the linker call
 * the
 * __wrap functions, also from within the library: such a call is part of the outer one.
 */
static volatile uintptr_t heap_caller;

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void __real_free(void *memory);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void __wrap_free(void *memory);

/* Returns what is to be there again afterwards. */
static uintptr_t enter_heap(const void *caller)
{
    uintptr_t outer = heap_caller;

    if (is_own((uintptr_t)caller)) {
        heap_caller = (uintptr_t)caller;
    }
    return outer;
}

void *__wrap_malloc(size_t size)
{
    uintptr_t outer = enter_heap(__builtin_return_address(0));
    void *memory = __real_malloc(size);

    heap_caller = outer;
    return memory;
}

void *__wrap_calloc(size_t count, size_t size)
{
    uintptr_t outer = enter_heap(__builtin_return_address(0));
    void *memory = __real_calloc(count, size);

    heap_caller = outer;
    return memory;
}

void __wrap_free(void *memory)
{
    uintptr_t outer = enter_heap(__builtin_return_address(0));

    __real_free(memory);
    heap_caller = outer;
}

/* ------------------------------------------------------------------------------ faults
 */
/* The frames of the handler itself come first. They are the gateway's own, too; what the
 * signal interrupted begins behind the first frame that is not. */
static void find_caller(void)
{
    void *frames[FRAMES];
    int count = backtrace(frames, FRAMES), at = 0;

    while (at < count && is_own((uintptr_t)frames[at])) {
        at++;
    }
    for (; at < count; at++) {
        if (is_own((uintptr_t)frames[at])) {
            last.pc = (uintptr_t)frames[at] - 2; /* in the call, not behind it */
            return;
        }
    }
}

/* What cannot be unwound still has its callers on the stack: the nearest word that can be
 * one. Reading beyond the stack is a second fault, which tells the first as it stands. */
static void search_stack(uintptr_t sp)
{
    const uintptr_t *words = (const uintptr_t *)(sp & ~(uintptr_t)3);

    for (unsigned i = 0; i < STACK_WORDS; i++) {
        if (is_own(words[i])) {
            last.pc = words[i] - 2;
            return;
        }
    }
}

static void on_fault(int number, siginfo_t *info, void *context)
{
    const ucontext_t *user = context;

    if (!last.is_told) {
        last.is_told = 1;
        for (unsigned i = 0; i < CAUGHT; i++) {
            if (caught[i].number == number) {
                last.name = caught[i].name;
            }
        }
        last.pc = user->uc_mcontext.arm_pc;
        last.lr = user->uc_mcontext.arm_lr;
        last.address = number == SIGABRT ? 0 : (uintptr_t)info->si_addr;
        if (!is_own(last.pc) && heap_caller != 0) {
            last.pc = heap_caller - 2;
        }
        if (!is_own(last.pc) && !is_own(last.lr)) {
            find_caller();
        }
        if (!is_own(last.pc) && !is_own(last.lr)) {
            search_stack(user->uc_mcontext.arm_sp);
        }
    }
    words_say("FAULT %s pc=0x%08lx lr=0x%08lx address=0x%08lx", last.name,
              (unsigned long)last.pc, (unsigned long)last.lr,
              (unsigned long)last.address);
    _exit(1);
}

void words_catch_faults(void)
{
    static char stack[64 << 10];
    stack_t own = {.ss_sp = stack, .ss_size = sizeof stack};
    struct sigaction action = {.sa_sigaction = on_fault,
                               .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER};
    void *frame;

    backtrace(&frame, 1); /* loads what it needs now, not in the handler */
    sigaltstack(&own, NULL);
    for (unsigned i = 0; i < CAUGHT; i++) {
        sigaction(caught[i].number, &action, NULL);
    }
}
