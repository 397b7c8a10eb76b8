/* From instructions to blocks, to where they lead, to which of them must have run before.
 * An edge too many only hides a dominator; one too few would invent one. */
#include "device/blocks_parts.h"
#include "device/dominators.h"

#include <stdlib.h>
#include <string.h>

#define NO_STEP SIZE_MAX
enum { ENTRIES_MAXIMUM = 1 << 22 }; /* of all tables together */

struct flow {
    struct blocks_reader *reader;
    bool *border;   /* of a step: a block begins here */
    bool *entered;  /* of a block: called, or jumped to from another function */
    uint32_t *last; /* of a block: its last step */
    size_t edge_room, entries; /* entries: of the tables looked at so far */
    struct error *error;
};

static size_t find_step(const struct flow *flow, uint64_t address)
{
    const struct code *code = &flow->reader->code;
    size_t low = 0, high = code->step_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (code->steps[middle].address < address)
            low = middle + 1;
        else
            high = middle;
    }
    return low < code->step_count && code->steps[low].address == address ? low : NO_STEP;
}

/* --- tables ------------------------------------------------------------------------- */

/* Entries that can be read; a table's end is not told where no comparison was seen. */
static uint32_t table_entries(const struct flow *flow, const struct code_table *table)
{
    struct view bytes = blocks_bytes_at(flow->reader, table->address);
    uint64_t end =
        blocks_next_mark(flow->reader, table->address, table->address + bytes.length);
    uint64_t room = (end - table->address) / table->width;

    if (table->entries && table->entries < room)
        room = table->entries;
    return room < ENTRIES_MAXIMUM - flow->entries ? (uint32_t)room : 0;
}

static uint64_t table_target(const struct flow *flow, const struct code_table *table,
                             uint32_t index)
{
    struct view bytes = view_slice(blocks_bytes_at(flow->reader, table->address),
                                   (size_t)index * table->width, table->width);
    uint64_t value =
        bytes.length == table->width ? bytes_read_le(bytes.data, table->width) : 0;

    return table->scale ? table->address + table->scale * value
                        : value & ~flow->reader->code.machine->marked;
}

static bool is_inside(const struct blocks_function *function, size_t step)
{
    return step != NO_STEP && step >= function->first_step &&
           step - function->first_step < function->step_count;
}

/* The table's targets begin blocks. One that is none says that the table was not
 * understood; then the jump may go anywhere. */
static void border_table(struct flow *flow, const struct blocks_function *function,
                         struct code_step *step)
{
    struct code_table *table = &flow->reader->code.tables[step->table];
    uint32_t entries = table_entries(flow, table);
    bool is_sure = entries && table->entries == entries;

    for (uint32_t i = 0; i < entries; i++) {
        size_t target = find_step(flow, table_target(flow, table, i));

        if (is_inside(function, target))
            flow->border[target] = true;
        else
            is_sure = false;
    }
    if (!is_sure)
        step->flow |= CODE_ANYWHERE;
    table->entries = entries;
    flow->entries += entries;
}

/* --- blocks ------------------------------------------------------------------------- */

static void border_function(struct flow *flow, const struct blocks_function *function)
{
    struct code_step *steps = flow->reader->code.steps;
    size_t first = function->first_step;

    for (size_t i = first; i < first + function->step_count; i++) {
        size_t target =
            steps[i].flow & CODE_TARGET ? find_step(flow, steps[i].target) : NO_STEP;

        if (i == first || steps[i - 1].flow & CODE_ENDS ||
            steps[i - 1].address + steps[i - 1].length_bytes != steps[i].address)
            flow->border[i] = true;
        if (target != NO_STEP)
            flow->border[target] = true;
        if (steps[i].flow & CODE_TABLE)
            border_table(flow, function, &steps[i]);
    }
}

static void make_blocks(struct flow *flow, const struct blocks_function *from)
{
    const struct code_step *steps = flow->reader->code.steps;
    struct blocks *blocks = flow->reader->blocks;
    struct block_function *function = &blocks->functions[blocks->function_count];

    *function = (struct block_function){from->name, from->address, blocks->count, 0};
    for (size_t i = from->first_step; i < from->first_step + from->step_count; i++) {
        struct block *block;

        if (flow->border[i])
            blocks->list[blocks->count++] =
                (struct block){.address = steps[i].address,
                               .function = blocks->function_count,
                               .dominator = BLOCK_NONE,
                               .calls = BLOCK_NONE};
        block = &blocks->list[blocks->count - 1];
        block->length_bytes =
            (uint32_t)(steps[i].address + steps[i].length_bytes - block->address);
        flow->last[blocks->count - 1] = (uint32_t)i;
    }
    function->block_count = blocks->count - function->first_block;
    blocks->function_count++;
}

/* --- edges -------------------------------------------------------------------------- */

static int add_edge(struct flow *flow, struct block *from, uint32_t to)
{
    struct blocks *blocks = flow->reader->blocks;

    if (blocks->edge_count == flow->edge_room) {
        size_t room = flow->edge_room ? 2 * flow->edge_room : 1024;
        uint32_t *longer = room <= DOMINATOR_LIMIT
                               ? realloc(blocks->edges, room * sizeof *longer)
                               : NULL;

        if (!longer)
            return error_set(flow->error, "out of memory");
        blocks->edges = longer;
        flow->edge_room = room;
    }
    blocks->edges[blocks->edge_count++] = to;
    from->edge_count++;
    return 0;
}

/* A jump or call to a place that the code tells. */
static int follow_target(struct flow *flow, struct block *from, struct code_step *step)
{
    const struct blocks *blocks = flow->reader->blocks;
    const struct block_function *own = &blocks->functions[from->function];
    uint64_t end = flow->reader->functions[from->function].end;
    uint32_t to = blocks_at(blocks, step->target);
    bool calls = step->flow & CODE_CALLS;

    if (to == BLOCK_NONE) {
        /* Into an instruction, or into data. */
        if (step->target >= own->address && step->target < end)
            step->flow |= CODE_ANYWHERE;
        return 0;
    }
    if (calls || blocks->list[to].function != from->function) {
        from->calls = to;
        flow->entered[to] = true;
        return 0;
    }
    return add_edge(flow, from, to);
}

static int follow_table(struct flow *flow, struct block *from,
                        const struct code_step *step)
{
    const struct code_table *table = &flow->reader->code.tables[step->table];

    for (uint32_t i = 0; i < table->entries; i++) {
        uint32_t to = blocks_at(flow->reader->blocks, table_target(flow, table, i));

        if (to != BLOCK_NONE &&
            flow->reader->blocks->list[to].function == from->function &&
            add_edge(flow, from, to) < 0)
            return -1;
    }
    return 0;
}

static int follow(struct flow *flow, uint32_t index)
{
    struct blocks *blocks = flow->reader->blocks;
    struct block *from = &blocks->list[index];
    struct code_step *step = &flow->reader->code.steps[flow->last[index]];
    uint32_t behind = blocks_at(blocks, from->address + from->length_bytes);

    from->first_edge = (uint32_t)blocks->edge_count;
    if (step->flow & CODE_NEXT) {
        if (behind == BLOCK_NONE)
            step->flow |= CODE_ANYWHERE; /* into data: a table that a helper reads */
        else if (blocks->list[behind].function == from->function) {
            if (add_edge(flow, from, behind) < 0)
                return -1;
        }
    }
    if (step->flow & CODE_TARGET && follow_target(flow, from, step) < 0)
        return -1;
    return step->flow & CODE_TABLE ? follow_table(flow, from, step) : 0;
}

/* --- dominators --------------------------------------------------------------------- */

/* The function's graph has one node more: "anywhere", which leads to all of its blocks.
 */
struct local {
    uint32_t *first, *to, *dominator;
    bool *is_root;
};

static void fill_local(const struct flow *flow, const struct block_function *function,
                       struct local *local)
{
    const struct blocks *blocks = flow->reader->blocks;
    uint32_t count = function->block_count, used = 0;

    for (uint32_t i = 0; i < count; i++) {
        uint32_t index = function->first_block + i;
        const struct block *block = &blocks->list[index];

        local->first[i] = used;
        local->is_root[i] = i == 0 || flow->entered[index];
        for (uint32_t k = 0; k < block->edge_count; k++)
            local->to[used++] =
                blocks->edges[block->first_edge + k] - function->first_block;
        if (flow->reader->code.steps[flow->last[index]].flow & CODE_ANYWHERE)
            local->to[used++] = count;
    }
    local->first[count] = used;
    local->is_root[count] = false;
    for (uint32_t i = 0; i < count; i++)
        local->to[used++] = i;
    local->first[count + 1] = used;
}

static int find_dominators(struct flow *flow, const struct block_function *function)
{
    struct blocks *blocks = flow->reader->blocks;
    const struct block *list = blocks->list + function->first_block;
    uint32_t count = function->block_count;
    size_t edges = list[count - 1].first_edge + list[count - 1].edge_count -
                   list[0].first_edge + 2 * (size_t)count;
    struct local local = {.first = malloc((count + 2) * sizeof(uint32_t)),
                          .to = malloc(edges * sizeof(uint32_t)),
                          .dominator = malloc((count + 1) * sizeof(uint32_t)),
                          .is_root = malloc(count + 1)};
    int status = -1;

    if (local.first && local.to && local.dominator && local.is_root) {
        struct graph graph = {count + 1, local.first, local.to, local.is_root};

        fill_local(flow, function, &local);
        status = dominators_find(&graph, local.dominator);
    }
    for (uint32_t i = 0; status == 0 && i < count; i++) {
        struct block *block = &blocks->list[function->first_block + i];
        uint32_t found = local.dominator[i];

        if (found == count)
            found = local.dominator[count];
        block->is_dead = found == DOMINATOR_UNREACHED;
        if (found < count)
            block->dominator = function->first_block + found;
    }
    free(local.first);
    free(local.to);
    free(local.dominator);
    free(local.is_root);
    return status < 0 ? error_set(flow->error, "out of memory") : 0;
}

/* --- all of it ---------------------------------------------------------------------- */

static int connect(struct flow *flow)
{
    struct blocks_reader *reader = flow->reader;
    struct blocks *blocks = reader->blocks;

    for (size_t i = 0; i < reader->function_count; i++)
        border_function(flow, &reader->functions[i]);
    for (size_t i = 0; i < reader->function_count; i++)
        make_blocks(flow, &reader->functions[i]);
    for (uint32_t i = 0; i < blocks->count; i++)
        if (follow(flow, i) < 0)
            return -1;
    for (uint32_t i = 0; i < blocks->function_count; i++)
        if (find_dominators(flow, &blocks->functions[i]) < 0)
            return -1;
    return 0;
}

/* Functions without code are none: imports, or data that is called a function. */
static void drop_empty(struct blocks_reader *reader)
{
    size_t count = 0;

    for (size_t i = 0; i < reader->function_count; i++)
        if (reader->functions[i].step_count)
            reader->functions[count++] = reader->functions[i];
    reader->function_count = count;
}

int blocks_connect(struct blocks_reader *reader, struct error *error)
{
    size_t steps = reader->code.step_count;
    struct flow flow = {.reader = reader, .error = error};
    int status;

    drop_empty(reader);
    if (!steps)
        return error_set(error, "no code where its function symbols point");
    flow.border = calloc(steps, sizeof *flow.border);
    flow.entered = calloc(steps, sizeof *flow.entered);
    flow.last = calloc(steps, sizeof *flow.last);
    reader->blocks->list = malloc(steps * sizeof *reader->blocks->list);
    reader->blocks->functions =
        malloc(reader->function_count * sizeof *reader->blocks->functions);
    if (flow.border && flow.entered && flow.last && reader->blocks->list &&
        reader->blocks->functions)
        status = connect(&flow);
    else
        status = error_set(error, "out of memory");
    free(flow.border);
    free(flow.entered);
    free(flow.last);
    return status;
}
