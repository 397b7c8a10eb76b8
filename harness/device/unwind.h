/* Who called whom on a Cortex-M that stands still: by the image's call frame information
 * (.debug_frame, as DWARF 5 section 6.4 has it), through exceptions by the frame that the
 * processor stacked (ARM DDI 0403, B1.5.6 to B1.5.8). Best effort: it ends where nothing
 * is known. Owned; one thread at a time. */
#ifndef PERCUSS_DEVICE_UNWIND_H
#define PERCUSS_DEVICE_UNWIND_H

#include "core/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { UNWIND_REGISTERS = 16, UNWIND_SP = 13, UNWIND_LR = 14, UNWIND_PC = 15 };

struct unwind; /* an image's call frame information */

/* A frame's registers, as far as they are known. */
struct unwind_frame {
    uint32_t r[UNWIND_REGISTERS];
    uint32_t xpsr; /* of a frame that an exception interrupted */
    bool interrupted;
};

struct unwind_memory {
    /* A word of the device's memory; false: it cannot be read. */
    bool (*read)(void *context, uint32_t address, uint32_t *word);
    void *context;
    bool has_psp;
    uint32_t psp; /* threads may have a stack of their own */
};

/* NULL and *error: not readable, or no such information. */
struct unwind *unwind_open(const char *path, struct error *error);
void unwind_close(struct unwind *unwind); /* accepts NULL */

bool unwind_is_exception_return(uint32_t lr);
/* Undoes what the processor did on entry to an exception: `frame` is as it was at the
 * handler's first instruction. False: the stack cannot be read. */
bool unwind_exception(struct unwind_frame *frame, const struct unwind_memory *memory);
/* From a frame to its caller's; false: none is known. `unwind` may be NULL. */
bool unwind_step(const struct unwind *unwind, struct unwind_frame *frame,
                 const struct unwind_memory *memory);

#endif
