/* A Cortex-M that stands still, looked at through a GDB server: what failed, who called
 * whom, how deep the stack has been, and whether its flash holds the image. Borrows
 * everything; one thread at a time. What the server tells is the device's, and nothing in
 * it is trusted. */
#ifndef PERCUSS_DEVICE_CORTEX_H
#define PERCUSS_DEVICE_CORTEX_H

#include "device/fault_words.h"
#include "device/gdb.h"
#include "device/unwind.h"

/* Where a stack lies that was filled before it was used. Not set: both 0. */
struct cortex_stack {
    uint32_t bottom, top, fill; /* [bottom, top), words of `fill` */
};

struct cortex {
    struct gdb *gdb;
    struct program *program;
    const struct unwind *unwind; /* NULL: no backtrace beyond the faulting function */
    struct cortex_stack stack;
    int64_t deadline_ns;
};

/* The fault that it stands at, as title, cause and place, and a report of many lines. A
 * stop that is no fault handler's is a fault called `otherwise`. 0, or -1 and *error: the
 * server does not tell. */
int cortex_examine(const struct cortex *cortex, const char *otherwise,
                   struct fault *fault, char *text, size_t size, struct error *error);
/* The deepest that the stack has been, in bytes; -1 and *error: not readable. */
int cortex_stack_use(const struct cortex *cortex, uint32_t *used_bytes,
                     struct error *error);
/* Every segment of the image that stays as it was loaded, against the device's memory:
 * *compared_bytes. -1 and *error: the first difference, or not readable. */
int cortex_compare(const struct cortex *cortex, uint64_t *compared_bytes,
                   struct error *error);
/* Has the processor stop at faults by itself (vector catch; DDI 0403, C1.6.5). */
int cortex_catch_faults(const struct cortex *cortex, struct error *error);

#endif
