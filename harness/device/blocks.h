/* The blocks of a firmware image, from its ELF file: stretches of machine code that run
 * from their first instruction to their last once they begin, interrupts and faults
 * aside. A jump, a call and whatever is jumped to or returned to makes a border, so a
 * block is what an emulator runs at once, or a part of it. Code is where function symbols
 * are and mapping symbols ($t, $d) say that there is no data. Files may be damaged or
 * hostile. Owned by whoever loads them; read-only, so threads may share them. */
#ifndef PERCUSS_DEVICE_BLOCKS_H
#define PERCUSS_DEVICE_BLOCKS_H

#include "core/bytes.h"
#include "core/error.h"

#define BLOCK_NONE UINT32_MAX

struct block {
    uint64_t address;
    uint32_t length_bytes;
    uint32_t function;
    uint32_t dominator; /* the nearest other block that has run in the same call of the
                           function whenever this one runs; BLOCK_NONE: none is known */
    uint32_t first_edge, edge_count; /* where it may lead in its function: `edges` */
    uint32_t calls; /* the block that it calls, or leaves its function for; BLOCK_NONE:
                       none, or not told by the code */
    bool is_dead;   /* no way leads there: padding, or behind what does not return */
};

/* Functions lie side by side: `first_block` is where the function begins. */
struct block_function {
    const char *name;
    uint64_t address;
    uint32_t first_block, block_count;
};

struct code_machine; /* device/code.h */

struct blocks {
    const struct code_machine *machine;
    struct block *list; /* by address */
    uint32_t count;
    struct block_function *functions; /* by address */
    uint32_t function_count;
    uint32_t *edges; /* numbers of blocks */
    size_t edge_count;
    struct buffer file;
};

/* NULL and *error: not readable, no ELF file, a processor that is not in the table, no
 * function symbols, no mapping symbols where the processor has them. */
struct blocks *blocks_load(const char *path, struct error *error);
struct blocks *blocks_parse(struct view file, struct error *error);
void blocks_free(struct blocks *blocks); /* accepts NULL */

/* The first block that begins at the address or behind it; `count`: there is none. */
uint32_t blocks_from(const struct blocks *blocks, uint64_t address);
/* The block that holds the address; BLOCK_NONE: it is in none. */
uint32_t blocks_find(const struct blocks *blocks, uint64_t address);
/* As blocks_find, only when the block begins there. */
uint32_t blocks_at(const struct blocks *blocks, uint64_t address);

#endif
