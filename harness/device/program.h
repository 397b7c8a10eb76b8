/* What an address in a firmware image means: function, source line, what an instruction
 * does to memory, whose interrupt a vector is. Borrows the symbols and the path, which
 * outlive it; source lines are read when first asked for. One thread at a time. */
#ifndef PERCUSS_DEVICE_PROGRAM_H
#define PERCUSS_DEVICE_PROGRAM_H

#include "device/source_lines.h"
#include "device/symbols.h"

enum { PROGRAM_NAME = 72, PROGRAM_TEXT = 160 };

/* All zero is a program of which nothing is known. */
struct program {
    const struct symbols *symbols; /* NULL: none */
    const char *path;              /* NULL: no source lines */
    struct blocks *blocks;
    struct source_lines *lines;
    bool tried; /* to read the lines */
};

void program_free(struct program *program); /* what it has read; it can be used again */

/* The function that holds the address, without what compilers add to the copies they
 * make ("f.isra.0" is f); false: in none. */
bool program_function(const struct program *program, uint64_t address,
                      char name[PROGRAM_NAME]);
/* "f (file.c:12)", "f" where no line is known, "0x12345678" outside of all functions.
 * Returns `text`. */
const char *program_place(struct program *program, uint64_t address,
                          char text[PROGRAM_TEXT]);
/* The handler in a Cortex-M's vector table, which is what is loaded at the lowest
 * address (ARM DDI 0403, B1.5.3); false: not known. */
bool program_vector(const struct program *program, unsigned number,
                    char name[PROGRAM_NAME], uint64_t *address);
/* "reading" or "writing" when the instruction at the address loads or stores, else "". */
const char *program_access(const struct program *program, uint64_t address);

#endif
