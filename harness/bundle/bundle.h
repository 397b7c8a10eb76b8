/* A run made into evidence: one signed folder or archive, that is the same bytes each
 * time it is made of the same run by the same program. One thread. */
#ifndef PERCUSS_BUNDLE_BUNDLE_H
#define PERCUSS_BUNDLE_BUNDLE_H

#include "bundle/folder.h"
#include "criteria/criteria.h"
#include "engine/campaign.h"

#define BUNDLE_SUFFIX ".tar.zst"

struct bundle_options {
    const char *run;   /* the run folder; it is only read */
    const char *key;   /* PEM: a private key and its certificate */
    const char *out;   /* *.tar.zst: an archive, its signature beside it; else a folder;
                          NULL: evidence-ID.tar.zst where percuss was started */
    const char *stamp; /* a command: an RFC 3161 query in, its answer out; NULL: none */
    const struct campaign *campaign; /* as the run had it, with the run's seed */
    const struct criteria *criteria; /* as the campaign selects them */
};
/* `made`: where it is. Evidence that does not hold together is not signed: *error says
 * what is wrong. */
int bundle_make(const struct bundle_options *options, char made[FOLDER_PATH],
                struct error *error);

#endif
