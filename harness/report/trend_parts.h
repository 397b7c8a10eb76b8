/* What the files trend*.c share. */
#ifndef PERCUSS_REPORT_TREND_PARTS_H
#define PERCUSS_REPORT_TREND_PARTS_H

#include "report/trend.h"

/* trend_finish.c: what trend_nights_sql and trend_findings_sql ask, of what was read. */
int trend_finish(struct trend *trend, struct error *error);

#endif
