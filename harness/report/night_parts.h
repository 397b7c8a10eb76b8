/* What the files night*.c share. */
#ifndef PERCUSS_REPORT_NIGHT_PARTS_H
#define PERCUSS_REPORT_NIGHT_PARTS_H

#include "report/night.h"

/* night_formats.c */
int night_junit(const struct night *night, FILE *out, struct error *error);
int night_sarif(const struct night *night, FILE *out, struct error *error);

#endif
