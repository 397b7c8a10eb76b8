/* A shard: one of so many equal parts of the selected case numbers. The parts follow each
 * other, share no number and leave none out, so that whoever has run each of them has run
 * the whole (engine/merge.h). Pure. */
#ifndef PERCUSS_GENERATE_SHARD_H
#define PERCUSS_GENERATE_SHARD_H

#include "generate/selection.h"

enum { SHARDS = 256, SHARD_TEXT = 16 }; /* as many as one command takes folders */

struct shard {
    unsigned part, parts;       /* 2 of 4; parts 0: the run is no shard */
    char whole[SELECTION_TEXT]; /* ranges of numbers that all parts make up */
};

/* "2/4". -1 on anything else: a part from 1 to `parts`, parts to SHARDS. */
int shard_read(const char *text, struct shard *shard);
/* "2/4", or "" for none; returns text. */
const char *shard_text(const struct shard *shard, char text[SHARD_TEXT]);

/* Sets shard->whole from the selection's ranges, an open end being the last of the plan's
 * enumerated cases, and cuts the ranges to the shard's part of them. Parts have as many
 * cases each, give or take one: where patterns select, those are counted that they do.
 * -1 and *error when there are too few for so many parts, or the open end is behind the
 * enumerated cases; *selection then stays. */
int shard_cut(struct shard *shard, struct selection *selection, const struct plan *plan,
              struct error *error);

#endif
