/* Fisher's exact test for a 2x2 table: failures among replays against failures among
 * controls. */
#ifndef PERCUSS_ENGINE_STATISTICS_H
#define PERCUSS_ENGINE_STATISTICS_H

/* Probability of at least `failures` failures among `trials` when all failures
 * (failures + control_failures) fall at random on trials and controls alike: one-sided p.
 */
double statistics_fisher(int trials, int failures, int controls, int control_failures);
/* The fewest trials and as many controls that can give p <= limit: all of the ones fail,
 * none of the others. */
int statistics_pairs(double limit);

#endif
