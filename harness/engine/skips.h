/* What is left out because a known finding would only be hit once more, and the device
 * brought back once more: the stream, the model's field or the message (in all states and
 * by all anomalies) that one finding was hit in too often: so many times, and in one of
 * SKIPS_SHARE cases or more, so that a device which now and then says what a finding says
 * stays tested. Every skipped case is recorded as such and never as tested; the store
 * says which finding it was skipped for. One thread. */
#ifndef PERCUSS_ENGINE_SKIPS_H
#define PERCUSS_ENGINE_SKIPS_H

#include "core/tally.h"
#include "engine/recorder.h"

enum { SKIPS_SHARE = 20 };

struct skips {
    const struct campaign *campaign;
    bool *streams;  /* left out, by id */
    uint64_t *sent; /* cases of each */
    bool any;
    struct tally hits;
};

int skips_init(struct skips *skips, const struct campaign *campaign, struct error *error);
void skips_free(struct skips *skips);
/* Which streams earlier sittings left out, and what they sent. */
int skips_load(struct skips *skips, struct recorder *recorder, struct error *error);
/* One more case of a stream was sent. */
void skips_sent(struct skips *skips, uint32_t stream);
/* One more costly hit of finding `id`. What stacked cases hit does not count: which of
 * their changes did it is not known. */
int skips_hit(struct skips *skips, struct recorder *recorder, const char *id,
              uint64_t number, uint32_t stream, struct error *error);
/* True when the case is left out: its stream is, or one of a stacked case's. *why: that
 * stream. */
bool skips_case(const struct skips *skips, uint64_t number, uint32_t stream,
                uint32_t *why);

#endif
