/* The items of a plan (generate/items.h), each once and in order, with what a choice of
 * its cases touches. Owns its rows. Pure. */
#ifndef PERCUSS_GENERATE_INVENTORY_H
#define PERCUSS_GENERATE_INVENTORY_H

#include "generate/items.h"
#include "generate/selection.h"

struct inventory_row {
    unsigned kind;          /* index into item_kinds */
    char *name, *why;       /* why "": there are cases that touch it */
    uint64_t planned, sent; /* cases of the plan; of them those that were chosen */
};
struct inventory {
    struct inventory_row *rows; /* by kind, then name */
    size_t count, capacity;
};

/* `sent`: how many cases of each stream were chosen. -1: memory. */
int inventory_make(struct inventory *inventory, const struct plan *plan,
                   const uint64_t *sent);
/* Of all enumerated cases that the selection takes. */
int inventory_of_selection(struct inventory *inventory, const struct plan *plan,
                           const struct selection *selection);
void inventory_free(struct inventory *inventory);

struct inventory_figure {
    size_t planned, touched, impossible; /* items */
};
struct inventory_figure inventory_figure(const struct inventory *inventory,
                                         unsigned kind);

#endif
