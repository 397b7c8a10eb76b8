/* What the parts of blocks share while an image is read: blocks.c finds functions and
 * their code, blocks_flow.c makes blocks of it and says where they lead. */
#ifndef PERCUSS_DEVICE_BLOCKS_PARTS_H
#define PERCUSS_DEVICE_BLOCKS_PARTS_H

#include "device/blocks.h"
#include "device/code.h"
#include "device/image.h"

struct blocks_function {
    uint64_t address, end; /* end 0: not told by the symbol */
    const char *name;
    size_t first_step, step_count;
};

struct blocks_mark { /* from here on there is code, or something else */
    uint64_t address;
    bool is_code;
};

struct blocks_reader {
    struct image image;
    struct image_section *sections; /* executable ones, by address */
    struct blocks_function *functions;
    struct blocks_mark *marks;
    size_t section_count, function_count, mark_count;
    struct code code; /* steps by address */
    struct blocks *blocks;
};

/* The section's bytes from the address on; none where there is no code. */
struct view blocks_bytes_at(const struct blocks_reader *reader, uint64_t address);
/* Where the marks change next behind the address, `otherwise` when nowhere before it. */
uint64_t blocks_next_mark(const struct blocks_reader *reader, uint64_t address,
                          uint64_t otherwise);
/* From the steps to blocks, edges and dominators. */
int blocks_connect(struct blocks_reader *reader, struct error *error);

#endif
