/* Holds evidence against itself: nothing of it is believed because it says so. One
 * thread. */
#ifndef PERCUSS_BUNDLE_VERIFY_H
#define PERCUSS_BUNDLE_VERIFY_H

#include "bundle/verification.h"
#include "core/error.h"

#include <stdbool.h>

struct verify_options {
    const char *certificate; /* PEM: who may have signed, and stamped; NULL: not known */
    bool regenerate;         /* make every case again from model and seed */
};

/* `path`: an archive, with its signature beside it as PATH.p7s, or a folder. -1 and
 * *error: there is no such evidence, the certificate cannot be read, or this machine
 * failed. */
int verify_evidence(const char *path, const struct verify_options *options,
                    struct verification *all, struct error *error);
/* The same of what is in a folder, without its signature. */
void verify_content(const char *folder, bool regenerate, struct verification *all);

#endif
