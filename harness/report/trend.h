/* How an interface fared over its runs, its nights: what each sent and reached, how fast,
 * what it found that was new, had returned, or was fixed, and how long findings stood.
 * Findings, and what is fixed, are those of a history (report/history.h). One thread. */
#ifndef PERCUSS_REPORT_TREND_H
#define PERCUSS_REPORT_TREND_H

#include "report/history.h"

#include <jansson.h>
#include <stdio.h>

/* What all runs know, of all their interfaces, with tables of its own (trend.c,
 * trend_finish.c). */
struct trend {
    struct history history;
};

/* Each folder is a run's, or has runs in it, at most three levels deep. A run that cannot
 * be read is left out and counted. -1 and *error: a folder cannot be read, or memory.
 * Free it either way. */
int trend_read(const char *const *folders, size_t count, struct trend *trend,
               struct error *error);
void trend_free(struct trend *trend);

/* A row a run of interface `?1`, in order: name, at_ns, build, cases, states, planned,
 * edges, rate, half_ms, most_ms, reason, verdict, new, returned, fixed, open. What is not
 * known is NULL. `half_ms` and `most_ms`: half and 99 % of the answers came within. */
extern const char trend_nights_sql[];
/* A row a finding of interface `?1`: id (where it was first seen), title, oracle,
 * first_night, last_night, first_ns, fixed_ns (NULL: not fixed), days (until it was
 * fixed, else until the last run), is (open, fixed, or what was said of it), returned
 * (how often). */
extern const char trend_findings_sql[];
/* A row an interface: name, model, nights. */
extern const char trend_interfaces_sql[];

/* Find-to-fix, of one interface. */
struct trend_ages {
    int64_t findings, fixed, open,
        closed;                     /* closed: the device is right, or a duplicate */
    double half_days, longest_days; /* from seen to fixed; no meaning without */
    double open_half_days, open_longest_days;
};
int trend_ages(const struct trend *trend, const char *interface, struct trend_ages *ages,
               struct error *error);

/* "3.5 hours", "12.0 days". Returns `text`. */
enum { TREND_AGE = 40 };
const char *trend_age(double days, char text[TREND_AGE]);

/* The forms. 0, or -1 and *error. */
int trend_text(const struct trend *trend, FILE *out, struct error *error);
int trend_html(const struct trend *trend, FILE *out, struct error *error);
int trend_svg(const struct trend *trend, FILE *out, struct error *error);
json_t *trend_json(const struct trend *trend, struct error *error); /* NULL: failed */

/* trend_svg.c: the plots of one interface, each an <svg> of its own, `apart` below the
 * one before it (0: where the text puts it). */
int trend_plots(const struct trend *trend, const char *interface, int apart, FILE *out,
                struct error *error);

#endif
