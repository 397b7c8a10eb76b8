/* Reports: one file a format, listed in reports.def. A report reads the store of a run
 * folder and nothing else, so that it can be written again at any time. */
#ifndef PERCUSS_REPORT_REPORT_H
#define PERCUSS_REPORT_REPORT_H

#include "record/store.h"
#include <stdio.h>

struct run_view {
    const char *directory;
    struct store *store;
};
struct report_ops {
    const char *name, *summary,
        *file; /* file: its name in the run folder, NULL: only printed */
    int (*write)(const struct run_view *run, FILE *out, struct error *error);
};
extern const struct report_ops
    *const report_kinds[]; /* NULL-terminated, from reports.def */
const struct report_ops *report_kind(const char *name);
/* Writes one report to `path`, by rename so that a reader never sees half of one. */
int report_write_file(const struct report_ops *kind, const struct run_view *run,
                      const char *path, struct error *error);
/* Writes every report that has a file into the run folder (report.html, junit.xml,
 * summary.json), each as above. */
int report_write_all(const struct run_view *run, struct error *error);

#endif
