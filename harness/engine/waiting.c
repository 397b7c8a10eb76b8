#include "engine/waiting.h"

#include "core/clock.h"

#include <stdio.h>
#include <stdlib.h>

/* Long enough for what lies open, short for one who watches. A run's last suspicions are
 * confirmed beyond its time: there are fewer of them the nearer the end is. */
static const int64_t patience_ns = 3 * CLOCK_S;
enum { SHARE = 8 };

int waiting_init(struct waiting *waiting, struct error *error)
{
    *waiting = (struct waiting){.list = calloc(WAITING, sizeof *waiting->list)};
    return waiting->list ? 0 : error_set(error, "out of memory for suspicions");
}

void waiting_free(struct waiting *waiting)
{
    free(waiting->list);
    *waiting = (struct waiting){0};
}

bool waiting_may(int oracle, const struct judgement *judgement)
{
    return !judgement->at_sample && !findings_is_costly(oracle, judgement);
}

void waiting_put(struct waiting *waiting, const struct suspicion *suspicion, size_t end,
                 int64_t deadline_ns)
{
    struct waiting_suspicion *entry = &waiting->list[waiting->count];
    int64_t now = clock_now_ns(), share_ns = (deadline_ns - now) / SHARE;

    if (waiting->count++ == 0)
        waiting->until_ns =
            now + (deadline_ns && share_ns < patience_ns ? share_ns : patience_ns);
    entry->suspicion = *suspicion;
    entry->judgement = *suspicion->judgement;
    entry->end = end;
    snprintf(entry->name, sizeof entry->name, "%s", suspicion->name);
    entry->suspicion.judgement = &entry->judgement;
    entry->suspicion.name = entry->name;
}

bool waiting_is_due(const struct waiting *waiting)
{
    return waiting->count == WAITING ||
           (waiting->count && clock_now_ns() >= waiting->until_ns);
}
