/* Which nights must stay: because of their age, because something hangs on them, because
 * somebody cites them. What the nights that stay know (report/history.h) is what all of
 * them knew. One thread. */
#ifndef PERCUSS_REPORT_RETENTION_H
#define PERCUSS_REPORT_RETENTION_H

#include "report/history.h"

/* Fills the table old.kept(night, why) of the history's store; a night that is not in it
 * can go. `keep`: so many of the newest stay. `assessments`: YAML files, or folders that
 * are searched for such, separated by commas; a night that lies where any text in one of
 * them leads stays. "none": there are none. -1 and *error, also when one cannot be read:
 * nobody knows then what it cites. */
int retention_decide(struct history *history, int64_t keep, const char *assessments,
                     struct error *error);

#endif
