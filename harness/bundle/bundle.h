/* A run, or an assessment with its runs, made into evidence: one signed folder or
 * archive, that is the same bytes each time it is made of the same by the same program.
 * One thread. */
#ifndef PERCUSS_BUNDLE_BUNDLE_H
#define PERCUSS_BUNDLE_BUNDLE_H

#include "bundle/content.h"

#define BUNDLE_SUFFIX ".tar.zst"

struct bundle_options {
    struct content content;
    const char *key;   /* PEM: a private key and its certificate */
    const char *out;   /* *.tar.zst: an archive, its signature beside it; else a folder;
                          NULL: evidence-ID.tar.zst where percuss was started */
    const char *stamp; /* a command: an RFC 3161 query in, its answer out; NULL: none */
};
/* `made`: where it is. Evidence that does not hold together is not signed: *error says
 * what is wrong. */
int bundle_make(const struct bundle_options *options, char made[FOLDER_PATH],
                struct error *error);

#endif
