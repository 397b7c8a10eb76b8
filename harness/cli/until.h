/* Ending a run when criteria hold: `budget: {until: [AC-05, AC-06]}`, or --until. */
#ifndef PERCUSS_CLI_UNTIL_H
#define PERCUSS_CLI_UNTIL_H

#include "criteria/criteria.h"

enum { UNTIL_CRITERIA = 32 };

struct until {
    const struct criteria *criteria; /* borrowed */
    char *text;                      /* --until's, cut into ids */
    const char *ids[UNTIL_CRITERIA]; /* borrowed from it or from the campaign's file */
    size_t count;                    /* 0: such a run does not end by itself */
};

/* `option`: --until's ids, separated by commas, in place of the file's `list`; both may
 * be NULL. -1 and *error (file and line, or the option) when one names no criterion. */
int until_read(struct until *until, const struct criteria *criteria,
               const struct yaml *list, const char *option, struct error *error);
void until_free(struct until *until);
/* All of them pass over what is stored, or do not apply. */
bool until_holds(const struct until *until, struct store *store);

#endif
