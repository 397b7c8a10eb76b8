/* What the files compare*.c share. */
#ifndef PERCUSS_REPORT_COMPARE_PARTS_H
#define PERCUSS_REPORT_COMPARE_PARTS_H

#include "report/compare.h"

/* compare.c: the table `pair` of what is one finding in `old` and `new`, which are
 * attached to the store; forgotten before others are attached. */
int compare_pairs(struct store *both, const char *doing, struct error *error);
void compare_forget_pairs(struct store *both);

/* compare_findings.c: fills `findings`, of runs that can be compared. */
int compare_findings(struct comparison *comparison, struct error *error);

#endif
