/* A session's messages as inputs to begin with. */
#ifndef PERCUSS_FUZZ_SEEDS_H
#define PERCUSS_FUZZ_SEEDS_H

#include "engine/campaign.h"

/* One file for each exemplar, named after it, with the messages before it that lead to
 * its state. Makes `folder` where it is missing. */
int seeds_write(const struct campaign *campaign, const char *folder, struct error *error);

#endif
