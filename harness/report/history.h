/* What the earlier runs of one interface, its nights, know together: every finding once,
 * when it was first and last seen, on which build, and whether it is held as fixed; and
 * how far they came. Folded out of the runs' stores in one pass over the nights, oldest
 * first, so that there is nothing beside the runs to be kept or lost. The stores are only
 * read, one at a time. Memory grows by a line a night, and a line each time that a
 * finding is seen or replayed. One thread. */
#ifndef PERCUSS_REPORT_HISTORY_H
#define PERCUSS_REPORT_HISTORY_H

#include "core/hash.h"
#include "record/store.h"
#include "report/compare.h"

/* When a finding is fixed: the one rule (history_lives.c), in the words for those who see
 * what comes of it, in lines for a terminal. A build is what history_build says; where
 * none is known, nothing is shown. */
#define HISTORY_FIXED                                                                          \
    "A finding is fixed when five replays or more passed on another build than it was last\n"  \
    "seen on, and all had failed when it was confirmed (one that is intermittent is never\n"   \
    "shown to be fixed), or when that is the last that was said of it (percuss triage);\n"     \
    "until it is seen again, by a run or by a replay that fails. Else it is open, also when\n" \
    "it was not seen again, which shows nothing.\n"

/* `store` is in memory; attached to it are `old`, laid out as compare.c reads an earlier
 * run, with tables of its own (history_fold.c): `night`, a row a run; `known`, a row a
 * finding, fixed where `held` says why; `turn`, a row whenever one became new, fixed,
 * open (what was said of it was taken back) or returned, until it became something else;
 * `event`, of which these are made; `link`. */
struct history {
    struct store *store;
    char folder[4096];
    char interface[600]; /* of all its nights; "": there is none */
    int64_t night_count;
    int64_t left_out;       /* folders whose store cannot be read */
    int64_t not_begun;      /* runs that ended before they began */
    char why_left_out[500]; /* of the first */
};

/* Reads a run's folder, or the run folders in a folder, which need not be there yet.
 * `except`: a run that is not part of it (NULL: none). -1 and *error: the folder
 * cannot be read, or holds runs of several interfaces. Free it either way. */
int history_read(const char *folder, const char *except, struct history *history,
                 struct error *error);
void history_free(struct history *history);

/* What tells builds apart: the hash of program or image in a run's fact `device`; "": it
 * names none, and nothing shows whether two are the same. */
void history_build(const char *device, char build[HASH_TEXT]);

/* A run of the numbered engine that is to go on. */
struct history_place {
    const char *plan, *selection; /* as in the facts of a run */
    const char *build;            /* "": any */
    uint64_t begin;               /* the first case that is selected */
};
/* Where it does: behind the last case of the latest night at this place that began with
 * `begin`, or went on where another had ended; 0: there is none. `night`: its name. */
uint64_t history_position(const struct history *history,
                          const struct history_place *place, char *night, size_t size);
/* The night whose inputs the guided engine goes on from: that with the most, the latest
 * of several; -1: there is none. `night`: its name. */
int history_corpus(const struct history *history, char *path, size_t size,
                   char night[256]);

/* The run in `folder` held against all of it, as compare_runs does against one. The
 * comparison borrows *history, which is of no other use afterwards. */
int history_compare(struct history *history, const char *folder,
                    struct comparison *comparison, struct error *error);

#endif
