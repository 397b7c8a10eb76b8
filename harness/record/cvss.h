/* The vectors of CVSS 3.1 and 4.0: whether one is written as its specification says. No
 * score is computed: the vector and its version are what is stored. */
#ifndef PERCUSS_RECORD_CVSS_H
#define PERCUSS_RECORD_CVSS_H

#include "core/error.h"

/* 0, or -1 and *error that names the metric and what it may be. CVSS 3.1, section 6: any
 * order, each metric once, all base metrics. CVSS 4.0, section 7: in the order of its
 * table. */
int cvss_check(const char *vector, struct error *error);

#endif
