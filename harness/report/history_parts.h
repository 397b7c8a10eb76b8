/* What the files history*.c share. */
#ifndef PERCUSS_REPORT_HISTORY_PARTS_H
#define PERCUSS_REPORT_HISTORY_PARTS_H

#include "report/history.h"

/* Of one run alone the name is ".". */
struct night_entry {
    char name[256];
    int64_t started_ns;
};

enum { NIGHT_PATH = 4400 };

/* history_fold.c: what makes the tables, and what ends them, when all nights are in. */
extern const char history_tables[], history_close[];
int history_execute(struct history *history, const char *sql, const char *doing,
                    struct error *error);
/* A night's folder, or with `file` its store. */
const char *history_path(const char *folder, const char *name, bool file,
                         char path[NIGHT_PATH]);
/* Writes what the statements call `this`, of a run that was begun. */
int history_note(struct history *history, const struct night_entry *night,
                 struct store *store, struct error *error);
/* Folds one night in; one whose store cannot be read is left out. */
int history_take(struct history *history, const struct night_entry *night,
                 struct error *error);

#endif
