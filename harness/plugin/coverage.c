/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * percuss-coverage.so, a plugin for QEMU's translator (plugin API, version 1): counts the
 * edges between the guest's blocks into the map that the harness has made.
 *
 *   -plugin percuss-coverage.so,map=PATH[,constant=on]
 *
 * `constant=on` leaves the edges as they are: a guided engine then sees nothing, at the
 * same cost. Blocks, ring and trap are as ever.
 *
 * What QEMU translates is not always a block. With -icount it cuts blocks where its
 * budget of instructions ends and behind each access to a peripheral. What such a cut
 * leaves is no block of its own: it begins inside the block that was entered last, or at
 * its end, and at no address in `starts`.
 *
 * Interrupts come anywhere, so no edge leads into a handler, or back from one: the edge
 * behind its end leads from the block that was interrupted. The end is the return at the
 * depth of calls at which the handler began (ARMv7-M; where `handler` is empty, as on
 * other cores, nothing of this applies).
 *
 * One emulated CPU runs at a time: QEMU calls nothing here at the same time as anything
 * else, but for `translated` of a second CPU, which is refused. */
#include "plugin/coverage_map.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* --- of QEMU's plugin interface, what is used here ---------------------------------- */

struct qemu_plugin_tb;
struct qemu_plugin_insn;
struct info { /* qemu_info_t */
    const char *target_name;
    struct {
        int minimum, current;
    } version;
    bool system_emulation;
    struct {
        int cpus, maximum_cpus;
    } system;
};
enum registers { REGISTERS_UNTOUCHED };

extern void qemu_plugin_register_vcpu_tb_trans_cb(uint64_t id,
                                                  void (*call)(uint64_t id,
                                                               struct qemu_plugin_tb *));
extern void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb *tb,
                                                 void (*call)(unsigned cpu, void *data),
                                                 enum registers registers, void *data);
extern size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
extern struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb,
                                                        size_t index);
extern uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *instruction);
extern size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *instruction);
extern const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *instruction);

extern int qemu_plugin_version;
__attribute__((visibility("default"))) int qemu_plugin_version = 1;
__attribute__((visibility("default"))) int qemu_plugin_install(uint64_t id,
                                                               const struct info *info,
                                                               int count,
                                                               char **arguments);

/* --- what is known of translated code ----------------------------------------------- */

enum { PIECES = 1 << 16, DEPTH = 16, LOST = COVERAGE_BLOCKS };
enum ending { ENDS_OTHERWISE, ENDS_IN_CALL, ENDS_IN_RETURN };

/* Code that QEMU translated as one: a block, or what it cut from one. */
struct piece {
    uint32_t start, end; /* end 0: this one is free */
    uint32_t number;     /* 1 + its place in the map's blocks; 0: not entered yet */
    bool is_start;       /* its start is in the map's list of starts, or there is none */
    bool is_trap, is_handler, is_reset;
    enum ending ending;
};

/* Where the guest is: what an interrupt puts aside. */
struct position {
    const struct piece *handler; /* NULL: no interrupt */
    const struct piece *last;    /* the code that was entered last, NULL: none */
    const struct piece *block;   /* the block that it belongs to */
    uint32_t previous;           /* of AFL's formula: half of the block's id */
    unsigned calls;              /* since the handler began */
};

/* The interface passes nothing to `translated`, so this cannot be an argument. */
static struct coverage_map *map;
static bool is_constant;
static struct piece pieces[PIECES]; /* by a hash of start and end */
static size_t piece_count;
static uint32_t numbers[2 * COVERAGE_BLOCKS]; /* of blocks, by a hash of the address */
static struct position here, interrupted[DEPTH];
static unsigned depth;

static uint32_t hash(uint32_t value)
{
    return value * UINT32_C(0x9e3779b1);
}

/* The edge map's id of the block at an address. */
static uint32_t block_id(uint32_t address)
{
    return hash(address >> 1) >> 16;
}

static bool is_listed(uint32_t address, const uint32_t *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (list[i] && list[i] == address)
            return true;
    return false;
}

static bool is_start(uint32_t address)
{
    uint32_t low = 0, high = map->start_count;

    if (high > COVERAGE_STARTS)
        high = COVERAGE_STARTS;
    if (high == 0)
        return true;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;

        if (map->starts[middle] == address)
            return true;
        if (map->starts[middle] < address)
            low = middle + 1;
        else
            high = middle;
    }
    return false;
}

/* How code ends whose last instruction is this (ARM DDI 0403, A7.7). */
static enum ending ending_of(const struct qemu_plugin_insn *instruction)
{
    static const struct {
        size_t size;
        uint32_t mask, value;
        enum ending ending;
    } table[] = {
        {2, 0xff87, 0x4780, ENDS_IN_CALL},           /* blx rm */
        {4, 0xf800d000, 0xf000d000, ENDS_IN_CALL},   /* bl */
        {2, 0xffff, 0x4770, ENDS_IN_RETURN},         /* bx lr */
        {2, 0xff00, 0xbd00, ENDS_IN_RETURN},         /* pop {..., pc} */
        {4, 0xffff8000, 0xe8bd8000, ENDS_IN_RETURN}, /* pop.w {..., pc} */
        {4, 0xfffff000, 0xf85df000, ENDS_IN_RETURN}, /* ldr.w pc, [sp], #... */
    };
    const uint8_t *bytes = qemu_plugin_insn_data(instruction);
    size_t size = qemu_plugin_insn_size(instruction);
    uint32_t word;

    if (size != 2 && size != 4)
        return ENDS_OTHERWISE;
    word = (uint32_t)(bytes[1] << 8 | bytes[0]);
    if (size == 4)
        word = word << 16 | (uint32_t)(bytes[3] << 8 | bytes[2]);
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        if (table[i].size == size && (word & table[i].mask) == table[i].value)
            return table[i].ending;
    return ENDS_OTHERWISE;
}

/* Where the number of the block at an address is, or belongs (0: there is none yet). */
static uint32_t *find_number(uint32_t address)
{
    uint32_t at = hash(address) >> 16;

    while (numbers[at] && map->blocks[numbers[at] - 1].address != address)
        at = (at + 1) % (2 * COVERAGE_BLOCKS);
    return &numbers[at];
}

/* The number of the block that the piece begins: that of another piece which begins
 * there, or a new one. */
static uint32_t number_of(const struct piece *piece)
{
    uint32_t *number = find_number(piece->start), length = piece->end - piece->start;
    struct coverage_block *block;

    if (!*number && map->block_count >= COVERAGE_BLOCKS) {
        map->lost++;
        return 1 + LOST;
    }
    if (!*number) {
        *number = 1 + map->block_count;
        map->blocks[map->block_count++] =
            (struct coverage_block){.address = piece->start};
    }
    block = &map->blocks[*number - 1];
    if (block->length_bytes < length)
        block->length_bytes = length;
    return *number;
}

static struct piece *find_piece(uint32_t start, uint32_t end)
{
    uint32_t at = hash(start ^ hash(end)) >> 16;

    while (pieces[at].end && (pieces[at].start != start || pieces[at].end != end))
        at = (at + 1) % PIECES;
    return &pieces[at];
}

static struct piece *make_piece(struct piece *piece, uint32_t start, uint32_t end,
                                enum ending ending)
{
    /* One place stays free: it ends the search for what is not there. */
    if (piece_count == PIECES - 1) {
        map->lost++;
        return NULL;
    }
    piece_count++;
    *piece = (struct piece){
        .start = start,
        .end = end,
        .is_start = is_start(start),
        .is_trap = is_listed(start, map->trap, COVERAGE_TRAPS),
        .is_handler = is_listed(start, map->handler, COVERAGE_HANDLERS),
        .is_reset = map->handler[0] && start == map->handler[0],
        .ending = ending,
    };
    return piece;
}

/* --- what the guest runs ------------------------------------------------------------ */

static void count_edge(uint32_t id)
{
    uint8_t *count = &map->edges[(id ^ here.previous) % COVERAGE_EDGES];

    if (!is_constant)
        *count = *count == UINT8_MAX ? 1 : (uint8_t)(*count + 1);
}

static void enter_block(struct piece *piece)
{
    uint32_t id = block_id(piece->start);

    count_edge(id);
    here.previous = id >> 1;
    here.block = piece;
    if (!map->trapped)
        map->ring[map->ring_next++ % COVERAGE_RING] = piece->start;
    if (!piece->number)
        piece->number = number_of(piece);
    if (piece->number <= COVERAGE_BLOCKS)
        map->blocks[piece->number - 1].executions++;
    if (piece->is_trap && !map->trapped)
        map->trapped = piece->start;
}

/* Is it the rest of the block that was entered last? */
static bool goes_on(const struct piece *piece)
{
    return !piece->is_start && here.block && piece->start > here.block->start &&
           piece->start <= here.last->end;
}

/* The handler has returned. */
static bool is_over(void)
{
    return depth > 0 && here.last && here.last->ending == ENDS_IN_RETURN &&
           here.calls == 0;
}

/* An exception is not taken again before its end: what comes back to its first
 * instruction until then is a loop. */
static bool is_entered(const struct piece *piece)
{
    return piece->is_handler &&
           (is_over() || !here.handler || here.handler->start != piece->start);
}

/* One exception may follow the other at once: what waits is what the first interrupted.
 */
static void enter_handler(const struct piece *piece)
{
    while (is_over())
        here = interrupted[--depth];
    if (piece->is_reset || depth == DEPTH)
        depth = 0;
    else
        interrupted[depth++] = here;
    here = (struct position){.handler = piece};
}

/* What ran before `next` is over, with its call or return. Behind the end of a handler
 * that is what was interrupted, unless `next` goes on with it. */
static void leave_last(const struct piece *next)
{
    while (is_over() && !goes_on(next))
        here = interrupted[--depth];
    if (depth == 0 || !here.last || goes_on(next))
        return;
    if (here.last->ending == ENDS_IN_CALL)
        here.calls++;
    else if (here.last->ending == ENDS_IN_RETURN)
        here.calls--;
}

static void run(unsigned cpu, void *data)
{
    struct piece *piece = data;

    (void)cpu;
    if (is_entered(piece))
        enter_handler(piece);
    else
        leave_last(piece);
    if (!goes_on(piece))
        enter_block(piece);
    here.last = piece;
}

static void translated(uint64_t id, struct qemu_plugin_tb *tb)
{
    size_t count = qemu_plugin_tb_n_insns(tb);
    const struct qemu_plugin_insn *first, *last;
    struct piece *piece;
    uint32_t start, end;

    (void)id;
    if (count == 0)
        return;
    first = qemu_plugin_tb_get_insn(tb, 0);
    last = qemu_plugin_tb_get_insn(tb, count - 1);
    start = (uint32_t)qemu_plugin_insn_vaddr(first);
    end = (uint32_t)(qemu_plugin_insn_vaddr(last) + qemu_plugin_insn_size(last));
    piece = find_piece(start, end);
    if (!piece->end)
        piece = make_piece(piece, start, end, ending_of(last));
    if (piece)
        qemu_plugin_register_vcpu_tb_exec_cb(tb, run, REGISTERS_UNTOUCHED, piece);
}

/* --- the start ---------------------------------------------------------------------- */

static int complain(const char *what, const char *about)
{
    fprintf(stderr, "percuss-coverage: %s%s%s\n", what, about ? ": " : "",
            about ? about : "");
    return -1;
}

static int open_map(const char *path)
{
    int file = open(path, O_RDWR | O_CLOEXEC);
    void *memory = MAP_FAILED;

    if (file >= 0 && lseek(file, 0, SEEK_END) >= (off_t)sizeof *map)
        memory = mmap(NULL, sizeof *map, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (file >= 0)
        close(file);
    if (memory == MAP_FAILED)
        return complain("the map is no file of the right size", path);
    map = memory;
    return map->version == COVERAGE_VERSION && map->block_count <= COVERAGE_BLOCKS
               ? 0
               : complain("the map is of another version", path);
}

int qemu_plugin_install(uint64_t id, const struct info *info, int count, char **arguments)
{
    const char *path = NULL;

    for (int i = 0; i < count; i++) {
        if (strncmp(arguments[i], "map=", 4) == 0)
            path = arguments[i] + 4;
        else if (strcmp(arguments[i], "constant=on") == 0)
            is_constant = true;
        else
            return complain("expected map=PATH or constant=on", arguments[i]);
    }
    if (!path)
        return complain("expected map=PATH", NULL);
    if (!info->system_emulation || info->system.maximum_cpus > 1)
        return complain("expected a board with one CPU", NULL);
    if (open_map(path) < 0)
        return -1;
    /* QEMU may have been started anew: blocks keep their places. */
    for (uint32_t i = 0; i < map->block_count; i++)
        *find_number(map->blocks[i].address) = 1 + i;
    qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
    map->ready = 1;
    return 0;
}
