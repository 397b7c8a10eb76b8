/* What the files retest*.c share. */
#ifndef PERCUSS_CLI_RETEST_H
#define PERCUSS_CLI_RETEST_H

#include "cli/replays.h"
#include "cli/running.h"
#include "cli/signed_plan.h"
#include "report/compare.h"

struct retest {
    struct earlier earlier;
    struct campaign *campaign;
    struct criteria *criteria;
    struct signed_plan plan;
    const char *plan_path, *out;
    char folder[700]; /* when nobody names one */
    int64_t times, budget_ns;
    bool resume;
    struct running_line line;
    struct retested *results; /* one for each of the earlier run's findings */
    struct comparison comparison;
};

/* retest_show.c: the exit code, by that of the new run's criteria: 1 where a reproducer
 * fails or something is new, 3 instead of 0 where too little was shown. */
int retest_exit(const struct retest *retest, int criteria);
void retest_print(const struct retest *retest, int code);
void retest_print_json(const struct retest *retest, int code);

#endif
