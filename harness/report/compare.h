/* Two runs of one interface held against each other: which findings are new, which came
 * back, changed, stay open or are gone, and what of that is shown and not only not seen.
 * The runs' stores are only read. One thread. */
#ifndef PERCUSS_REPORT_COMPARE_H
#define PERCUSS_REPORT_COMPARE_H

#include "report/figures.h"

#include <jansson.h>

enum compare_status {
    COMPARE_NEW,      /* nothing of the old run fits it */
    COMPARE_RETURNED, /* it was said to be fixed, or a retest had shown it */
    COMPARE_CHANGED,  /* the same cause, or the same place or part of a message, with
                         another grade, kind of failure, severity or cause */
    COMPARE_OPEN,     /* seen again, or its reproducer failed again */
    COMPARE_FIXED,    /* shown: by a retest, or by the same cases on another build */
    COMPARE_UNSEEN,   /* not seen again, which shows nothing */
    COMPARE_STATUSES
};
const char *compare_status_name(enum compare_status status);

enum {
    COMPARE_NOTES = 10,
    /* A reproducer that passed fewer times shows nothing, as in criterion AC-19. */
    COMPARE_REPLAYS = 5
};

struct compared_finding {
    enum compare_status status;
    bool alarms;          /* what was not known before: it counts as new */
    const json_t *before; /* its row in the old run; NULL: it has none */
    const json_t *after;  /* in the new one */
    char why[500];
};

/* How the two runs as a whole stand to each other. */
struct compare_scope {
    bool same_cases; /* a number is the same case in both */
    bool same_build; /* of the device, as far as the runs tell; not known: true */
    bool ended;      /* the new run came to an end of its own, or was stopped */
    int64_t sent, sent_again; /* cases that the old run sent; of them, the new one too */
    int64_t first_missing;    /* the first that it did not; 0: none */
};

struct comparison {
    struct run_view runs[2]; /* the old one, the new one */
    struct figures figures[2];
    struct compare_scope scope;
    char
        why_not[400]; /* they cannot be compared; "": they can, and what follows is set */
    char notes[COMPARE_NOTES][300];
    size_t note_count;
    struct compared_finding *findings; /* by status, then by number */
    size_t count, by_status[COMPARE_STATUSES];
    json_t *criteria; /* whose verdicts differ: id, title, before, after */
    /* private */
    bool over_history; /* the old side is all of a history (report/history.h) */
    json_t *sides[2];
    struct store *both;
};

/* -1 and *error when a folder holds no run, or a store cannot be read. Free it either
 * way. */
int compare_runs(const char *before, const char *after, struct comparison *comparison,
                 struct error *error);
void compare_free(struct comparison *comparison);

/* Something new: 1; nothing new: 0; not comparable, or the new run broke off and had
 * nothing new until then: 3. */
int compare_exit(const struct comparison *comparison);

/* For people; escaped for a terminal. */
void compare_text(const struct comparison *comparison, FILE *out);
/* NULL when memory is short. The caller gives it back. */
json_t *compare_json(const struct comparison *comparison);

#endif
