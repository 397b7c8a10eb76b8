/* The campaign: takes case after case, sends, records, judges, concludes. One thread. */
#ifndef PERCUSS_ENGINE_ENGINE_H
#define PERCUSS_ENGINE_ENGINE_H

#include "engine/campaign.h"
#include "record/store.h"

struct engine_progress {
    uint64_t number, cases; /* number in hand; cases sent in this sitting */
    size_t findings, suspicions;
    double rate_per_s;
    int64_t left_ns;   /* -1: open end */
    const char *doing; /* "fuzzing", "confirming", "starting" */
};

struct engine_options {
    const char *directory; /* the run folder */
    bool resume;
    const char *corpus;        /* one more folder of seeds; NULL: none */
    int64_t began_ns;          /* when the command began; 0: now */
    int64_t budget_ns;         /* 0: the campaign's own */
    const char *criteria_hash; /* pinned before the first case */
    const char *const (
        *facts)[2]; /* more for the table run; ends with NULL; may be NULL */
    /* Called a few times a second; returns true to stop cleanly. */
    bool (*progress)(void *context, const struct engine_progress *progress);
    /* Asked every few seconds: true when what is stored is enough and the run may end.
     * NULL: it never is. */
    bool (*enough)(void *context, struct store *store);
    void *context; /* of both */
};

enum engine_end {
    ENGINE_DONE,        /* budget spent, or stopped: the store can be judged */
    ENGINE_UNREACHABLE, /* no device, or it never answered: nothing was fuzzed */
    ENGINE_LOST,        /* the device was lost on the way */
    ENGINE_REFUSED,     /* safety: not authorised for this device */
    ENGINE_MISUSED,     /* the run folder does not fit */
    ENGINE_FAILED       /* this machine failed */
};

/* Runs to the end of the budget. *error says why when the end is not ENGINE_DONE. */
enum engine_end engine_run(const struct campaign *campaign,
                           const struct engine_options *options, struct error *error);

#endif
