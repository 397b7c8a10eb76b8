#include "engine/statistics.h"

#include <math.h>

static double log_choose(int n, int k)
{
    return lgamma(n + 1.0) - lgamma(k + 1.0) - lgamma(n - k + 1.0);
}

double statistics_fisher(int trials, int failures, int controls, int control_failures)
{
    int all = trials + controls, failed = failures + control_failures;
    int most = failed < trials ? failed : trials;
    double p = 0;

    if (failures <= 0 || all == 0)
        return 1;
    for (int k = failures; k <= most; k++)
        if (failed - k <= controls)
            p += exp(log_choose(trials, k) + log_choose(controls, failed - k) -
                     log_choose(all, failed));
    return p > 1 ? 1 : p;
}

int statistics_pairs(double limit)
{
    int pairs = 1;

    /* p falls by nearly four with each pair: 500 of them reach below any double. */
    while (pairs < 500 && statistics_fisher(pairs, pairs, pairs, 0) > limit)
        pairs++;
    return pairs;
}
