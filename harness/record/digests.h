/* The digests of what a run sent, from its store: blocks of cases and the Merkle root
 * over them (core/digest.h), from the last attempt of every case, so that a run that was
 * resumed has the digests of one that was not. One thread. */
#ifndef PERCUSS_RECORD_DIGESTS_H
#define PERCUSS_RECORD_DIGESTS_H

#include "core/digest.h"
#include "record/store.h"

/* Calls `found` once a block, in order; its -1 (with *error) ends it. *root: over all of
 * them. */
int digests_compute(struct store *store,
                    int (*found)(void *context, const struct digest_row *row,
                                 uint32_t cases, struct error *error),
                    void *context, struct hash *root, struct error *error);
/* Makes the table `digest` and the fact `merkle_root` again. */
int digests_store(struct store *store, struct error *error);

#endif
