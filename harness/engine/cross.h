/* Cross-replay: what a finding of one device is, when it was replayed on another:
 * hardware and emulator beside each other. Pure. */
#ifndef PERCUSS_ENGINE_CROSS_H
#define PERCUSS_ENGINE_CROSS_H

#include "core/yaml.h"

/* What a campaign's `device` and `link` drive. */
enum cross_bench {
    CROSS_EMULATOR, /* a board in QEMU, also behind QEMU's own debug stub */
    CROSS_HARDWARE, /* behind a debug probe, or what is not on this machine */
    CROSS_SOFTWARE  /* a process of this machine, or what listens on it */
};
enum cross_bench cross_bench_of(const struct yaml *device, const struct yaml *link);
const char *cross_bench_name(enum cross_bench bench);

/* How often a finding's replays failed. */
struct cross_count {
    int64_t replays, failures; /* 0 replays: not known */
    int64_t otherwise;         /* of the failures: not as the finding says */
};

enum cross_grade {
    CROSS_BOTH,       /* it fails there and here */
    CROSS_FIRST_ONLY, /* it fails there; here so much more seldom that chance is ruled out
                       */
    CROSS_DIFFERS,    /* here something else fails */
    CROSS_UNDECIDED   /* it did not fail here, which may be chance */
};
/* Chance is ruled out at one in twenty (Fisher's exact test). */
enum cross_grade cross_grade(const struct cross_count *there,
                             const struct cross_count *here);
/* "both", "emulator-only", "hardware-only", "software-only", of two of a kind
 * "first-only"; "differs", "undecided". */
const char *cross_grade_name(enum cross_grade grade, enum cross_bench there,
                             enum cross_bench here);

#endif
