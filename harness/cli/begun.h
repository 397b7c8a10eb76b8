/* Campaign and criteria of a run that was begun, as it had them: what evidence of it
 * needs. One thread. */
#ifndef PERCUSS_CLI_BEGUN_H
#define PERCUSS_CLI_BEGUN_H

#include "bundle/content.h"

struct begun {
    const char *named;      /* the campaign's file, NULL: where the run found it */
    char file[FOLDER_PATH]; /* private: a campaign borrows its name */
};

/* content.load; the context is a struct begun, which serves one run at a time. */
int begun_load(void *context, struct content_run *run, struct error *error);

#endif
