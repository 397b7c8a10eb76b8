/* What the files history*.c share, and trend.c, which folds as they do. */
#ifndef PERCUSS_REPORT_HISTORY_PARTS_H
#define PERCUSS_REPORT_HISTORY_PARTS_H

#include "report/history.h"

/* One run. The name is what it is called in the tables: it lies in the path. */
struct night_entry {
    char *path;
    const char *name;
    int64_t started_ns;
};
struct night_list {
    struct night_entry *nights;
    size_t count, capacity;
};

enum { NIGHT_PATH = 4400 };

/* history_nights.c: adds the runs in a folder, `depth` levels down; one that is itself a
 * run is the only one, and called ".". `except`: a folder that is passed over (NULL:
 * none). */
int night_list_search(struct night_list *list, const char *folder, int depth,
                      const char *except, struct error *error);
/* Oldest first; of one that is in it twice, once. */
void night_list_sort(struct night_list *list);
void night_list_free(struct night_list *list);

/* history_fold.c: makes the tables. */
int history_begin(struct history *history, struct error *error);
int history_execute(struct history *history, const char *sql, const char *doing,
                    struct error *error);
/* Writes what the statements call `this`, of a run that was begun. */
int history_note(struct history *history, const struct run_view *run, const char *name,
                 int64_t started_ns, struct error *error);
/* Folds one night in: 1; 0: it was never begun, or cannot be read, which is counted. */
int history_take(struct history *history, const struct night_entry *night,
                 struct error *error);
void history_leave_out(struct history *history, const struct error *why);

/* history_lives.c: when all nights are in, what the events of each finding come to. */
int history_close(struct history *history, struct error *error);

#endif
