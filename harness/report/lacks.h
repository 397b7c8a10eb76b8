/* What the nights of an interface on one build still lack of volume and plateau (AC-05,
 * AC-06), by the criteria themselves. One thread. */
#ifndef PERCUSS_REPORT_LACKS_H
#define PERCUSS_REPORT_LACKS_H

#include "criteria/criteria.h"
#include "report/history.h"

enum { LACKS_COUNT = 2 };
struct lack {
    const char *id;
    int percent;            /* of what it asks for; 100: nothing is there */
    char explanation[2000]; /* "": no night on this build */
};
struct lacks {
    struct lack lacks[LACKS_COUNT];
    int64_t nights; /* that were read: the newest, until nothing was lacking */
    int need;       /* percent of both */
};

/* Of the nights on `build` ("": on any). -1 and *error. */
int lacks_read(struct lacks *lacks, const struct history *history,
               const struct criteria *criteria, const char *build, struct error *error);

#endif
