/* Proof of the oracles on the device at hand: it is made to fail on purpose, and what
 * sees it is proven; what cannot be provoked there is said to be so. */
#ifndef PERCUSS_ENGINE_PROVE_H
#define PERCUSS_ENGINE_PROVE_H

#include "engine/recorder.h"
#include "engine/runner.h"

/* Writes the `oracle` rows; restores the device after each provocation. -1: it was lost.
 */
int prove_oracles(struct runner *runner, struct recorder *recorder, struct error *error);

#endif
