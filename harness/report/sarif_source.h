/* Where in the device's source a finding is, as far as the stores tell: SARIF 2.1.0,
 * section 3.29. */
#ifndef PERCUSS_REPORT_SARIF_SOURCE_H
#define PERCUSS_REPORT_SARIF_SOURCE_H

#include "report/report.h"

#include <jansson.h>

/* A physicalLocation: file and line where a sanitizer named them, else, in an assessment,
 * the file that the image's debug information has for the place. NULL: not known.
 * `detail` and `place` are the finding's, texts of the device. */
json_t *sarif_source(const struct report_subject *subject, const struct run_view *run,
                     const char *finding, const char *detail, const char *place);

#endif
