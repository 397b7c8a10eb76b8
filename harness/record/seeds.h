/* A folder of seeds made from traffic: one whole, valid message a file, named
 * NNN-request-KIND.bin or NNN-reply-KIND.bin. A message whose content (sequence number
 * and checksum aside) is there already is not written again. One thread. */
#ifndef PERCUSS_RECORD_SEEDS_H
#define PERCUSS_RECORD_SEEDS_H

#include "core/hash.h"
#include "model/tree.h"

struct seeds {
    const char *folder;         /* borrowed */
    struct hash *known;         /* open addressing; all zero: free */
    size_t count, slot_count;   /* of known */
    unsigned number;            /* the highest in use */
    uint64_t written, repeated; /* by seeds_add */
    struct buffer bytes;
};

/* Reads the seeds that are in the folder, which need not be there. -1 and *error when one
 * cannot be read. */
int seeds_open(struct seeds *seeds, const char *folder, const struct model *model,
               struct error *error);
/* Writes a parsed, valid message unless it is known: 1 when it was written, 0 when not,
 * -1 and *error. The folder is made when it is needed. */
int seeds_add(struct seeds *seeds, const struct tree *tree, struct view bytes,
              const char *kind, struct error *error);
void seeds_free(struct seeds *seeds); /* accepts all-zero */

#endif
