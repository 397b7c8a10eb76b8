/* What a plan can touch, counted: states, transitions, messages in states, messages,
 * fields, boundaries; and what no case of it can touch, with the reason. The criteria,
 * the reports and `percuss plan` count these items and no others. Pure. */
#ifndef PERCUSS_GENERATE_ITEMS_H
#define PERCUSS_GENERATE_ITEMS_H

#include "generate/plan.h"

enum { ITEM_NAME = 420 };
struct item {
    const char *kind, *name;
    uint32_t stream;  /* its cases touch the item; PLAN_STACKED: none does */
    uint64_t planned; /* how many cases that are */
    const char *why;  /* without a stream: why none can; else "" */
};

/* In the order in which people read them: "state", "transition", … NULL-terminated. */
extern const char *const item_kinds[];

/* Calls `take` once for each pair of item and stream, and once for each item that no
 * stream touches: an item may be there often, with the same kind and name. Stops at what
 * is not 0 and returns it. */
typedef int item_taker(void *context, const struct item *item);
int items_list(const struct plan *plan, item_taker *take, void *context);

#endif
