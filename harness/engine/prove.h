/* Proof of the oracles on the device at hand: it is made to fail on purpose, and what
 * sees it is proven; what cannot be provoked there is said to be so. */
#ifndef PERCUSS_ENGINE_PROVE_H
#define PERCUSS_ENGINE_PROVE_H

#include "engine/recorder.h"
#include "engine/runner.h"

struct proven {
    const struct oracle_ops *oracle;
    const char *proof; /* "proven", "blind", "not-provable" */
    char text[300];    /* what was done, and what came of it */
};
/* proven[i] is of oracle_kinds[i] (CAMPAIGN_ORACLES of them at most); the device is
 * restored after each provocation. -1: it was lost. */
int prove_device(struct runner *runner, struct proven *proven, struct error *error);
/* Writes the `oracle` rows of prove_device. */
int prove_oracles(struct runner *runner, struct recorder *recorder, struct error *error);

#endif
