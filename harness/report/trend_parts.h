/* What the files trend*.c share. */
#ifndef PERCUSS_REPORT_TREND_PARTS_H
#define PERCUSS_REPORT_TREND_PARTS_H

#include "report/trend.h"

/* trend.c: runs statements; `doing` begins the error's text. */
int trend_execute(struct trend *trend, const char *sql, const char *doing,
                  struct error *error);

/* trend_finish.c: what trend_nights_sql and trend_findings_sql ask, of what was read. */
int trend_finish(struct trend *trend, struct error *error);

#endif
