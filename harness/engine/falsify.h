/* Proofs of oracles for which the device need not fail: what it really said is falsified
 * in memory, a line is put on its console, or an answer of it is held back. */
#ifndef PERCUSS_ENGINE_FALSIFY_H
#define PERCUSS_ENGINE_FALSIFY_H

#include "engine/runner.h"

enum proof {
    PROOF_SEEN,
    PROOF_UNSEEN,
    PROOF_UNTOLD, /* session or campaign do not say what it needs */
    PROOF_IMPOSSIBLE
};

/* *text: what was done and what the oracle said of it, or why nothing could be done. */
enum proof falsify(struct runner *runner, const struct oracle_ops *oracle,
                   const char **text, struct error *error);

/* A stopped device stays silent however long one waits: many times what it took to answer
 * before tells it from a slow one, and the campaign's limit is never exceeded. */
int64_t falsify_patience_ns(const struct runner *runner);

#endif
