/* What is in evidence: each run with what decided it, reports, fingerprints, the
 * assessment if it is one, and the tool. One thread. */
#ifndef PERCUSS_BUNDLE_CONTENT_H
#define PERCUSS_BUNDLE_CONTENT_H

#include "bundle/folder.h"
#include "criteria/criteria.h"
#include "engine/campaign.h"

struct content_run {
    const char *folder;
    struct campaign *campaign; /* as the run had it, with the run's seed */
    struct criteria *criteria; /* as the campaign selects them */
};

struct content {
    const char *path; /* a run's folder or the file of an assessment; only read */
    /* Finds campaign and criteria of run->folder, which are freed here. */
    int (*load)(void *context, struct content_run *run, struct error *error);
    void *context;
};

/* Fills the folder, which is empty, but for the signature. A run that has not ended, or
 * that is not what its campaign and criteria give, is refused. */
int content_fill(const struct content *content, const char *folder, struct error *error);

#endif
