/* What the earlier runs of one interface, its nights, know together: every finding once,
 * when it was first and last seen, on which build, and whether it is held as fixed; and
 * how far they came. Folded out of the runs' stores in one pass over the nights, oldest
 * first, so that there is nothing beside the runs to be kept or lost. The stores are only
 * read. Memory grows with the findings that differ, and by a line a night. One thread. */
#ifndef PERCUSS_REPORT_HISTORY_H
#define PERCUSS_REPORT_HISTORY_H

#include "core/hash.h"
#include "record/store.h"
#include "report/compare.h"

/* `store` is in memory; attached to it are `old`, laid out as compare.c reads an earlier
 * run, with tables of its own (history.c): `night`, a row a run; `known`, a row a
 * finding; `link`. */
struct history {
    struct store *store;
    char folder[4096];
    char interface[600]; /* of all its nights; "": there is none */
    int64_t night_count;
    int64_t left_out;       /* folders whose store cannot be read */
    char why_left_out[500]; /* of the first */
};

/* Reads a run's folder, or the run folders in a folder, which need not be there yet.
 * `except`: a run that is not part of it (NULL: none). `plan`: the plan of a run that
 * will be held against it (""; only pairs by case need it). -1 and *error: the folder
 * cannot be read, or holds runs of several interfaces. Free it either way. */
int history_read(const char *folder, const char *except, const char *plan,
                 struct history *history, struct error *error);
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
