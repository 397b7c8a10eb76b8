/* What a finding's disposition amounts to for those who read it as a statement about the
 * device: one table for every format, so that none says more than another. */
#ifndef PERCUSS_REPORT_STANDING_H
#define PERCUSS_REPORT_STANDING_H

#include "report/rows.h"

enum standing_is {
    STANDING_UNDECIDED, /* open; or said to be fixed, and no retest shows it */
    STANDING_FIXED,     /* said to be, and a retest shows it: only an assessment
                           knows */
    STANDING_DEFERRED,
    STANDING_ACCEPTED,
    STANDING_NO_DEFECT, /* a false positive: the device is right */
    STANDING_DUPLICATE  /* the other finding speaks for it */
};

/* The columns that standing_of reads, as the first ones of a query over finding_now f. */
#define STANDING_COLUMNS                                                               \
    "f.disposition, (SELECT t.why FROM triage t WHERE t.finding = f.id AND t.key = "   \
    "'disposition' ORDER BY t.seq DESC LIMIT 1), (SELECT t.at_ns FROM triage t WHERE " \
    "t.finding = f.id AND t.key = 'disposition' ORDER BY t.seq DESC LIMIT 1), "        \
    "f.approved_by IS NOT NULL AND NOT coalesce(f.changed_since, 0), f.id"
enum { STANDING_WIDTH = 5 };

struct standing {
    enum standing_is is;
    const char *why; /* as it was said, "" when nothing was; lives until the next row */
    int64_t at_ns;   /* when; 0: nothing was said */
    bool approved;   /* and nothing that an approval covers was said since */
    bool unproven;   /* said to be fixed, and not shown */
};
struct standing standing_of(const struct report_subject *subject,
                            const struct run_view *run, struct rows *finding);

#endif
