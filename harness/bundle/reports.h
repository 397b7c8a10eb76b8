/* The reports in evidence: of a run or of the assessment, all that have a file and can
 * speak of it, for each reader. Reports name a run by its place in the evidence, wherever
 * that lies. One thread. */
#ifndef PERCUSS_BUNDLE_REPORTS_H
#define PERCUSS_BUNDLE_REPORTS_H

#include "bundle/evidence.h"
#include "report/report.h"

/* Writes them below `folder`/reports/`name`. */
int reports_write(const char *folder, const char *name,
                  const struct report_subject *subject, struct error *error);
/* Writes them again below `scratch`, and says in `all` which are other than those in
 * `folder`. `version`: of the percuss that wrote those. */
void reports_check(const char *folder, const char *name, const char *scratch,
                   const char *version, const struct report_subject *subject,
                   struct verification *all);

#endif
