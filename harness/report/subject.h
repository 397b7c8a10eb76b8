/* Opens what a report is of, by its name on a command line. Owns the stores and the
 * assessment; one thread. */
#ifndef PERCUSS_REPORT_SUBJECT_H
#define PERCUSS_REPORT_SUBJECT_H

#include "report/report.h"

struct subject {
    struct report_subject of;
    /* private */
    struct run_view *runs;
};

/* `path`: a run's folder, or the file of an assessment, whose criteria of triage and
 * release are judged. -1 and *error: it is neither, or one of its runs cannot be read.
 * Call subject_close in every case. */
int subject_open(struct subject *subject, const char *path, struct error *error);
void subject_close(struct subject *subject);
/* The exit code and the verdict: of a run those of its phase, of an assessment those of
 * triage and release. */
int subject_exit(const struct report_subject *subject, const char **verdict);
/* When the last of its sittings ended, else began, in nanoseconds since 1970: the only
 * date that a report may bear. 0: not known. */
int64_t subject_last_ns(const struct report_subject *subject);

#endif
