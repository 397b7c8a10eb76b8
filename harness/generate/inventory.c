#include "generate/inventory.h"

#include <stdlib.h>
#include <string.h>

struct making {
    struct inventory *inventory;
    const uint64_t *sent;
};

static unsigned kind_of(const char *name)
{
    unsigned kind = 0;

    while (item_kinds[kind] && strcmp(item_kinds[kind], name) != 0)
        kind++;
    return kind;
}

static struct inventory_row *new_row(struct inventory *inventory)
{
    if (inventory->count == inventory->capacity) {
        size_t capacity = inventory->capacity ? inventory->capacity * 2 : 1024;
        struct inventory_row *grown =
            realloc(inventory->rows, capacity * sizeof *inventory->rows);

        if (!grown)
            return NULL;
        inventory->rows = grown;
        inventory->capacity = capacity;
    }
    return &inventory->rows[inventory->count++];
}

static int add(void *context, const struct item *item)
{
    const struct making *making = context;
    struct inventory_row *row = new_row(making->inventory);

    if (!row)
        return -1;
    *row = (struct inventory_row){
        .kind = kind_of(item->kind),
        .name = strdup(item->name),
        .why = strdup(item->why),
        .planned = item->planned,
        .sent = item->stream == PLAN_STACKED ? 0 : making->sent[item->stream]};
    return row->name && row->why ? 0 : -1;
}

static int compare(const void *a, const void *b)
{
    const struct inventory_row *x = a, *y = b;

    if (x->kind != y->kind)
        return x->kind < y->kind ? -1 : 1;
    return strcmp(x->name, y->name);
}

static void free_row(struct inventory_row *row)
{
    free(row->name);
    free(row->why);
}

/* Rows of one item become one. Whatever order equal ones have, the sums are the same. */
static void join(struct inventory *inventory)
{
    size_t kept = 0;

    for (size_t i = 1; i < inventory->count; i++) {
        struct inventory_row *row = &inventory->rows[i], *last = &inventory->rows[kept];

        if (compare(row, last) != 0) {
            inventory->rows[++kept] = *row;
            continue;
        }
        last->planned += row->planned;
        last->sent += row->sent;
        free_row(row);
    }
    if (inventory->count)
        inventory->count = kept + 1;
}

int inventory_make(struct inventory *inventory, const struct plan *plan,
                   const uint64_t *sent)
{
    struct making making = {inventory, sent};

    *inventory = (struct inventory){0};
    if (items_list(plan, add, &making)) {
        inventory_free(inventory);
        return -1;
    }
    qsort(inventory->rows, inventory->count, sizeof *inventory->rows, compare);
    join(inventory);
    return 0;
}

int inventory_of_selection(struct inventory *inventory, const struct plan *plan,
                           const struct selection *selection)
{
    uint64_t *sent = calloc(plan->stream_count + 1, sizeof *sent), index;
    uint64_t number = selection_next(selection, plan, 1);
    uint32_t stream;
    int status;

    if (!sent)
        return -1;
    for (; number && number <= plan->total;
         number = selection_next(selection, plan, number + 1)) {
        plan_locate(plan, number, &stream, &index);
        sent[stream]++;
    }
    status = inventory_make(inventory, plan, sent);
    free(sent);
    return status;
}

void inventory_free(struct inventory *inventory)
{
    for (size_t i = 0; i < inventory->count; i++)
        free_row(&inventory->rows[i]);
    free(inventory->rows);
    *inventory = (struct inventory){0};
}

struct inventory_figure inventory_figure(const struct inventory *inventory, unsigned kind)
{
    struct inventory_figure figure = {0};

    for (size_t i = 0; i < inventory->count; i++) {
        const struct inventory_row *row = &inventory->rows[i];

        if (row->kind != kind)
            continue;
        figure.planned += row->planned > 0;
        figure.touched += row->planned > 0 && row->sent > 0;
        figure.impossible += row->planned == 0;
    }
    return figure;
}
