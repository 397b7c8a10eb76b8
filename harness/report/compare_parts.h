/* What the files compare*.c share. */
#ifndef PERCUSS_REPORT_COMPARE_PARTS_H
#define PERCUSS_REPORT_COMPARE_PARTS_H

#include "report/compare.h"

/* compare_findings.c: fills `findings`, of runs that can be compared. */
int compare_findings(struct comparison *comparison, struct error *error);

#endif
