/* Breakpoints of a program that stands still. */
#include "device/breakpoints_parts.h"

enum { REPEATS = 4 };

static int64_t command_deadline(void)
{
    return clock_now_ns() + BREAKPOINTS_COMMAND_NS;
}

/* --- what has run ------------------------------------------------------------------- */

/* Torn counts are tolerated by all who read the map, who do so from another thread. */
static void show(struct breakpoints *breakpoints, uint32_t index)
{
    ((volatile uint8_t *)breakpoints->map->edges)[index % COVERAGE_EDGES] = 1;
}

static void credit_one(struct breakpoints *breakpoints, uint32_t index)
{
    const struct block *block = &breakpoints->blocks->list[index];
    struct coverage_map *map = breakpoints->map;
    uint32_t count = map->block_count;

    show(breakpoints, index);
    if (count < COVERAGE_BLOCKS) {
        map->blocks[count] =
            (struct coverage_block){(uint32_t)block->address, block->length_bytes, 1};
        __atomic_store_n(&map->block_count, count + 1, __ATOMIC_RELEASE);
    } else {
        map->lost++;
    }
    breakpoints->figures.covered++;
}

/* What is hit after a while without hits stays where it is for another turn, as it may be
 * hard to come to: so one sees which part of an input it was that came there. */
static void credit(struct breakpoints *breakpoints, unsigned place)
{
    uint32_t index = breakpoints->places[place];
    bool known = frontier_is_covered(breakpoints->frontier, index);

    frontier_show(breakpoints->frontier, index);
    pthread_mutex_lock(&breakpoints->lock);
    if (known) {
        show(breakpoints, index);
        breakpoints->repeats[place]--;
    } else {
        for (uint32_t one = index; one != BLOCK_NONE;
             one = frontier_cover(breakpoints->frontier, one))
            credit_one(breakpoints, one);
        breakpoints->repeats[place] =
            breakpoints->looks - breakpoints->last_hit >= breakpoints->rotate_after
                ? REPEATS
                : 0;
        breakpoints->last_hit = breakpoints->since[place] = breakpoints->looks;
    }
    breakpoints->figures.hits++;
    pthread_mutex_unlock(&breakpoints->lock);
}

/* --- breakpoints: the program stands still ------------------------------------------ */

/* Takes away what stands at a place, if the server knows of it. */
static int clear_place(struct breakpoints *breakpoints, unsigned place,
                       struct error *error)
{
    uint32_t index = breakpoints->places[place];

    if (index == BLOCK_NONE)
        return 0;
    frontier_release(breakpoints->frontier, index);
    breakpoints->places[place] = BLOCK_NONE;
    return gdb_set_breakpoint(&breakpoints->gdb, GDB_HARDWARE, false,
                              breakpoints->blocks->list[index].address,
                              breakpoints->blocks->machine->unit_bytes,
                              command_deadline(), error) < 0
               ? -1
               : 0;
}

/* Half of them stand behind what inputs go on from, if that is known. */
static bool is_focused(const struct breakpoints *breakpoints, unsigned place)
{
    return place < breakpoints->limit / 2 && breakpoints->focus != 0 &&
           breakpoints->focus <= breakpoints->blocks->count;
}

/* Sets a breakpoint at a free place. A server that refuses it has no more of them: from
 * then on there is one less. 1: set. */
static int fill_place(struct breakpoints *breakpoints, unsigned place,
                      struct error *error)
{
    uint32_t focus = is_focused(breakpoints, place) ? breakpoints->focus - 1 : BLOCK_NONE;
    uint32_t index = frontier_choose(breakpoints->frontier, focus, breakpoints->salt++);
    int status;

    if (index == BLOCK_NONE)
        return 0;
    status = gdb_set_breakpoint(
        &breakpoints->gdb, GDB_HARDWARE, true, breakpoints->blocks->list[index].address,
        breakpoints->blocks->machine->unit_bytes, command_deadline(), error);
    if (status < 0)
        return -1;
    if (status == 0) {
        breakpoints->places[place] = index;
        return 1;
    }
    frontier_release(breakpoints->frontier, index);
    if (place == 0)
        return error_prefix(error, "not even one hardware breakpoint can be set: ");
    breakpoints->limit = place;
    return 0;
}

static bool has_had_its_turn(const struct breakpoints *breakpoints, unsigned place,
                             uint64_t now, bool refocus)
{
    uint32_t index = breakpoints->places[place];

    return index != BLOCK_NONE &&
           ((refocus && is_focused(breakpoints, place)) ||
            now - breakpoints->since[place] >= breakpoints->rotate_after ||
            (frontier_is_covered(breakpoints->frontier, index) &&
             !breakpoints->repeats[place]));
}

/* Whoever chooses the inputs may as well go on from somewhere else. */
static void tell_if_spent(struct breakpoints *breakpoints)
{
    if (breakpoints->focus != 0 && breakpoints->focus <= breakpoints->blocks->count &&
        frontier_is_spent(breakpoints->frontier, breakpoints->focus - 1))
        __atomic_store_n(&breakpoints->map->spent, breakpoints->focus, __ATOMIC_RELAXED);
}

/* All are taken away before others are set: there are no more than the limit. */
static int move_some(struct breakpoints *breakpoints, bool all, uint64_t now,
                     uint64_t *moves, struct error *error)
{
    uint32_t focus = __atomic_load_n(&breakpoints->map->focus, __ATOMIC_RELAXED);
    bool refocus = focus != breakpoints->focus;

    breakpoints->focus = focus;
    tell_if_spent(breakpoints);
    for (unsigned i = 0; i < breakpoints->limit; i++)
        if ((all || has_had_its_turn(breakpoints, i, now, refocus)) &&
            clear_place(breakpoints, i, error) < 0)
            return -1;
    for (unsigned i = 0; i < breakpoints->limit; i++) {
        int status =
            breakpoints->places[i] == BLOCK_NONE ? fill_place(breakpoints, i, error) : 0;

        if (status < 0)
            return -1;
        if (status) {
            breakpoints->since[i] = now;
            breakpoints->repeats[i] =
                frontier_is_covered(breakpoints->frontier, breakpoints->places[i])
                    ? REPEATS
                    : 0;
        }
        *moves += (uint64_t)status;
    }
    return 0;
}

int breakpoints_move(struct breakpoints *breakpoints, bool all, struct error *error)
{
    int64_t began_ns = clock_now_ns();
    uint64_t moves = 0, due = UINT64_MAX, now;
    int status;

    pthread_mutex_lock(&breakpoints->lock);
    now = breakpoints->looks;
    pthread_mutex_unlock(&breakpoints->lock);
    status = move_some(breakpoints, all, now, &moves, error);
    for (unsigned i = 0; i < breakpoints->limit; i++)
        if (breakpoints->places[i] != BLOCK_NONE &&
            breakpoints->since[i] + breakpoints->rotate_after < due)
            due = breakpoints->since[i] + breakpoints->rotate_after;
    pthread_mutex_lock(&breakpoints->lock);
    breakpoints->due = due;
    breakpoints->figures.moves += moves;
    breakpoints->figures.moving_ns += (uint64_t)(clock_now_ns() - began_ns);
    breakpoints->figures.limit = breakpoints->limit;
    pthread_mutex_unlock(&breakpoints->lock);
    return status;
}

/* --- stops -------------------------------------------------------------------------- */

static int find_place(const struct breakpoints *breakpoints, uint64_t pc)
{
    for (unsigned i = 0; i < breakpoints->limit; i++)
        if (breakpoints->places[i] != BLOCK_NONE &&
            breakpoints->blocks->list[breakpoints->places[i]].address == pc)
            return (int)i;
    return -1;
}

/* From a breakpoint that stays the program would not get away: it goes one instruction
 * without it. */
static int step_over(struct breakpoints *breakpoints, unsigned place, struct error *error)
{
    const struct block *block = &breakpoints->blocks->list[breakpoints->places[place]];
    unsigned size = breakpoints->blocks->machine->unit_bytes;

    if (gdb_set_breakpoint(&breakpoints->gdb, GDB_HARDWARE, false, block->address, size,
                           command_deadline(), error) != 0 ||
        gdb_step(&breakpoints->gdb, command_deadline(), error) != 0 ||
        gdb_set_breakpoint(&breakpoints->gdb, GDB_HARDWARE, true, block->address, size,
                           command_deadline(), error) != 0)
        return -1;
    return breakpoints->gdb.stop.gone
               ? error_set(error, "the GDB server says that the program ended")
               : 0;
}

int breakpoints_take_stop(struct breakpoints *breakpoints, struct error *error)
{
    uint64_t pc = breakpoints->gdb.stop.pc;
    int place;

    if (breakpoints->gdb.stop.gone)
        return error_set(error, "the GDB server says that the program ended");
    if (!breakpoints->gdb.stop.has_pc &&
        gdb_read_pc(&breakpoints->gdb, &pc, command_deadline(), error) != 0)
        return -1;
    place = find_place(breakpoints, pc & ~breakpoints->blocks->machine->marked);
    if (place >= 0)
        credit(breakpoints, (unsigned)place);
    if (breakpoints_move(breakpoints, false, error) < 0)
        return -1;
    return find_place(breakpoints, pc) == place && place >= 0
               ? step_over(breakpoints, (unsigned)place, error)
               : 0;
}

int breakpoints_go_on(struct breakpoints *breakpoints, int64_t stopped_ns,
                      struct error *error)
{
    if (gdb_continue(&breakpoints->gdb, command_deadline(), error) < 0)
        return -1;
    pthread_mutex_lock(&breakpoints->lock);
    breakpoints->figures.stops++;
    breakpoints->figures.stopped_ns += (uint64_t)(clock_now_ns() - stopped_ns);
    pthread_mutex_unlock(&breakpoints->lock);
    return 0;
}
