/* What the files compare*.c share. */
#ifndef PERCUSS_REPORT_COMPARE_PARTS_H
#define PERCUSS_REPORT_COMPARE_PARTS_H

#include "report/compare.h"

/* compare.c: the table `pair` of what is one finding in `old` and `new`, which are
 * attached to the store; forgotten before others are attached. */
int compare_pairs(struct store *both, const char *doing, struct error *error);
void compare_forget_pairs(struct store *both);
/* The rest of history_compare. */
int compare_with_history(struct comparison *comparison, struct error *error);

/* compare_findings.c: fills `findings`, of runs that can be compared. */
int compare_findings(struct comparison *comparison, struct error *error);

/* compare_write.c: one finding, in text and as JSON. */
void compare_put_finding(FILE *out, const struct compared_finding *finding);
json_t *compare_finding_json(const struct compared_finding *finding);

#endif
