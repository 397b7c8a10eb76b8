/* The figures of a run that every report shows, worked out in one place so that they
 * agree. */
#ifndef PERCUSS_REPORT_FIGURES_H
#define PERCUSS_REPORT_FIGURES_H

#include "report/report.h"

/* One kind of what the plan can touch. */
enum { FIGURES_COVERED = 6 };
struct covered {
    const char *kind;                  /* "state", "field", … */
    int64_t planned, sent, impossible; /* items */
};

struct figures {
    int64_t cases;    /* sent: pass, suspect or finding in their latest attempt */
    int64_t sendings; /* the same over all attempts */
    int64_t skipped, excluded, interrupted; /* in their latest attempt */
    int64_t resent; /* messages and probes sent a second time, over all attempts */
    int64_t findings;
    int64_t suspicions; /* all, and by what became of them: */
    int64_t confirmed, unconfirmed, duplicates;
    int64_t tests;       /* measurements that spent of alpha */
    double alpha, spent; /* of the campaign */
    bool active_known;   /* false: a sitting was killed and nobody recorded the time */
    double active_s;     /* over all sittings */
    bool rate_known;
    double rate_per_s;                       /* sendings a second of active time */
    struct covered covered[FIGURES_COVERED]; /* in the order of item_kinds */
    const char *verdict;                     /* of the run's criteria */
    int exit;
};

/* Queries with the same answer in every report. */
/* What did not confirm, most often first: suspicions, oracle, cause, measured, first
 * case. */
extern const char figures_unconfirmed[];
/* What was left out: finding, cases skipped, scope, what, hits, from case. */
extern const char figures_skipped[];

/* What the guided engine reached: name and text. Only of its runs: others, and those of
 * earlier versions, have nothing to ask. */
extern const char figures_reached[];
bool figures_is_guided(const struct run_view *run);

int figures_read(const struct run_view *run, struct figures *figures,
                 struct error *error);
/* The run's fact, or "not recorded". Returns `text`. */
const char *figures_fact(const struct run_view *run, const char *key, char *text,
                         size_t size);
/* A moment in nanoseconds since 1970, or "not recorded" for 0. Returns `text`. */
const char *figures_time(int64_t wall_ns, char *text, size_t size);
/* "percuss replay DIR/findings/F-001/reproducer.percuss", quoted for a shell; the caller
 * frees. */
char *figures_replay_command(const struct run_view *run, const char *reproducer);

#endif
