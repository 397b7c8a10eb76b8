/* Machine code, instruction by instruction, as far as it says where a program may go
 * next: a table of processors over capstone. What is not understood goes anywhere. */
#ifndef PERCUSS_DEVICE_CODE_H
#define PERCUSS_DEVICE_CODE_H

#include "core/bytes.h"
#include "core/error.h"

enum code_flow {
    CODE_NEXT = 1,     /* may go on with the instruction behind it */
    CODE_TARGET = 2,   /* may go to `target` */
    CODE_CALLS = 4,    /* what it goes to comes back to the instruction behind it */
    CODE_ANYWHERE = 8, /* may go to any place of its function */
    CODE_TABLE = 16,   /* goes where a table in the code says */
    CODE_ENDS = 32     /* the instruction behind it, if any, begins a block */
};

struct code_step {
    uint64_t address, target;
    uint32_t table; /* with CODE_TABLE: its place in code.tables */
    uint8_t length_bytes, flow;
};

/* Entries of `width` bytes at `address`: distances from it in units of `scale`, or, with
 * scale 0, addresses. */
struct code_table {
    uint64_t address;
    uint32_t entries; /* 0: not known */
    uint8_t width, scale;
};

/* One row a processor. The harness calls code Thumb that begins at a function symbol with
 * bit 0 set, as the ELF supplement of the ARM architecture has it. */
struct code_machine {
    const char *name;
    unsigned elf;           /* e_machine */
    int architecture, mode; /* capstone's cs_arch and cs_mode */
    uint64_t marked;        /* bits of a code address that are no part of it */
    char code_mark,
        data_mark; /* names of mapping symbols: 't' for "$t"; 0: there are none */
    uint8_t pc_number, pc_offset_bytes, pc_bytes; /* in the GDB remote protocol */
    uint8_t unit_bytes; /* instructions begin at multiples of it */
};

/* What was decoded, in order of reading. All zero but `machine` is empty. */
struct code {
    const struct code_machine *machine;
    struct code_step *steps;
    struct code_table *tables;
    size_t step_count, step_room;
    uint32_t table_count, table_room;
};

const struct code_machine *code_machine(unsigned elf); /* NULL: not in the table */
/* Appends the instructions of `bytes`, which lie at `address` and hold no data. */
int code_read(struct code *code, struct view bytes, uint64_t address,
              struct error *error);
void code_free(struct code *code);
/* "reading" or "writing" when the instruction that begins there loads or stores, else "".
 */
const char *code_access(const struct code_machine *machine, struct view bytes);

#endif
