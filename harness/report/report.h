/* Reports: one file a format, listed in reports.def. A report reads the stores of what it
 * is of and nothing else, so that it can be written again at any time, byte for byte. */
#ifndef PERCUSS_REPORT_REPORT_H
#define PERCUSS_REPORT_REPORT_H

#include "criteria/assessment.h"
#include "record/store.h"
#include <stdio.h>

struct run_view {
    const char *directory;
    struct store *store;
};

/* What a report is of: one run, or an assessment with all its runs (run i is
 * assessment->runs[i]). Borrowed; report/subject.h opens one. */
struct report_subject {
    const struct run_view *runs;
    size_t run_count;
    struct assessment *assessment; /* judged; NULL: of one run alone */
};

/* Who reads it: the same facts with their own cover, order and clauses. */
enum report_audience { REPORT_ENGINEER, REPORT_FDA, REPORT_MDR, REPORT_PROCUREMENT };
extern const char *const report_audiences[]; /* by enum report_audience, ends with NULL */

struct report_options {
    enum report_audience audience;
    const char *key; /* PEM file with key and certificate; NULL: none */
};

enum {
    REPORT_OF_RUN = 1,
    REPORT_OF_ASSESSMENT = 2,
    REPORT_HAS_AUDIENCES = 4, /* others say the same to everybody */
    REPORT_SIGNS = 8          /* with options->key, without which there is none */
};
struct report_ops {
    const char *name, *summary,
        *file; /* its name in the run folder and in evidence, NULL: only printed */
    unsigned can;
    /* Whether what it is about is stated; NULL: it is about whatever there is. */
    int (*check)(const struct report_subject *subject,
                 const struct report_options *options, struct error *error);
    /* Call report_write instead, which checks first. */
    int (*write)(const struct report_subject *subject,
                 const struct report_options *options, FILE *out, struct error *error);
};
extern const struct report_ops
    *const report_kinds[]; /* NULL-terminated, from reports.def */
const struct report_ops *report_kind(const char *name);
/* Whether the format can speak of the subject, with these options; else -1 and *error. */
int report_check(const struct report_ops *kind, const struct report_subject *subject,
                 const struct report_options *options, struct error *error);
int report_write(const struct report_ops *kind, const struct report_subject *subject,
                 const struct report_options *options, FILE *out, struct error *error);
/* Whether it is one of the files that go with the subject: it has a name, is not signed,
 * and what it is about is stated. */
bool report_belongs(const struct report_ops *kind, const struct report_subject *subject);
/* Writes one report to `path`, by rename so that a reader never sees half of one. */
int report_write_file(const struct report_ops *kind, const struct report_subject *subject,
                      const struct report_options *options, const char *path,
                      struct error *error);
/* Writes every report that has a file into the run folder (report.html, junit.xml,
 * results.sarif, summary.json), each as above. */
int report_write_all(const struct run_view *run, struct error *error);

#endif
