/* One night: a run held against all that the nights before it know (report/history.h),
 * its criteria judged without what is known, and the exit code that follows. One thread.
 */
#ifndef PERCUSS_REPORT_NIGHT_H
#define PERCUSS_REPORT_NIGHT_H

#include "report/history.h"

/* A criterion of the phase run. */
enum night_criterion {
    NIGHT_PASSES,
    NIGHT_EXPLAINED,   /* it fails, and passes without the known findings and with what
                          earlier nights of this plan and build sent */
    NIGHT_LACKS_CASES, /* it would pass, had everything been sent */
    NIGHT_OPEN,        /* inconclusive */
    NIGHT_FAILS,
    NIGHT_NOT_ASKED /* not applicable */
};

struct night_judged {
    const struct criterion *criterion;
    enum night_criterion standing;
    char explanation[2000];
};

/* What the caller knows of the night; all texts are borrowed. */
struct night_facts {
    const char *folder;          /* of the run */
    const char *how;             /* why it began with this case, or these inputs */
    int64_t not_guarded;         /* findings held as fixed that were not replayed */
    const char *not_guarded_why; /* the first of them; NULL: there is none */
    int64_t replayed, known;     /* findings */
};

struct night {
    struct night_facts facts;
    char history_folder[4096];
    int64_t nights, left_out;
    char why_left_out[500];
    struct comparison comparison;
    struct night_judged *judged;
    size_t judged_count;
    char why[600]; /* the reason of the exit code */
    int exit;      /* 0, 1 or 3 */
};

/* Takes *history over. The run was judged before. -1 and *error; free it either way. */
int night_judge(struct night *night, const struct night_facts *facts,
                struct history *history, const struct criteria *criteria,
                struct error *error);
void night_free(struct night *night);

/* For people; escaped for a terminal. */
void night_text(const struct night *night, FILE *out);
/* NULL when memory is short. The caller gives it back. */
json_t *night_json(const struct night *night);
/* night.json, night.junit.xml, night.sarif in the run's folder. */
int night_write_files(const struct night *night, struct error *error);

#endif
