/* Executes the inputs of other fuzzers on a campaign's device: each message of an input
 * (generate/input.h) goes through the campaign's gate and oracles; what they see is
 * confirmed and reported as in a campaign (ledger.h); what the device ran, or showed over
 * its link, goes into the fuzzer's map. Knows nothing of fuzzers. One thread. */
#ifndef PERCUSS_FUZZ_DRIVER_H
#define PERCUSS_FUZZ_DRIVER_H

#include "engine/kin.h"
#include "engine/runner.h"
#include "fuzz/ledger.h"
#include "fuzz/noise.h"
#include "fuzz/shown.h"

enum { DRIVER_MAP = COVERAGE_EDGES };

struct driver_options {
    const char *campaign;  /* file */
    const char *directory; /* where findings go */
    const char *hold; /* NULL, or a folder: the map says of each file in it which one it
                         is, and of everything else nothing: for comparisons */
};

struct driver {
    struct campaign *campaign;
    struct runner runner;
    struct kin kin;
    struct ledger ledger;
    struct shown shown;
    struct noise noise;
    struct sequence log; /* sent since the last reset */
    struct tally held;   /* inputs that a held map tells apart */
    bool hold, stale;    /* stale: the device has to be restored */
    bool unsettled;      /* late answers may come to the last input */
    uint64_t executions;
    int64_t since_sample, in_epoch;
    int64_t began_ns;
};

enum driver_verdict {
    DRIVER_PASS,
    DRIVER_FAULT, /* what a hard oracle saw */
    DRIVER_WRONG, /* what a soft oracle suspected and replays confirmed */
    DRIVER_HANG   /* the device answers nothing any more */
};

struct driver_result {
    enum driver_verdict verdict;
    bool fresh;      /* a finding that was not known before */
    bool elsewhere;  /* it was read behind this input, but an earlier one did it */
    bool refused;    /* the gate kept a message back */
    size_t messages; /* that were sent */
    char id[LEDGER_ID];
    char oracle[32];
    char title[200];
};

/* Reads the campaign; a device that is not on this machine needs its authorisation. -1
 * and *error: a file is wrong. */
int driver_open(struct driver *driver, const struct driver_options *options,
                struct error *error);
/* Starts the device. -1: none, or it does not answer. */
int driver_start(struct driver *driver, struct error *error);
void driver_close(struct driver *driver); /* stops the device; accepts all-zero */

/* Restores the device first when the last input failed or the campaign's epoch is over.
 * `map`: DRIVER_MAP bytes, overwritten; NULL: nobody asks. -1: the device is lost or this
 * machine failed. */
int driver_execute(struct driver *driver, struct view input, uint8_t *map,
                   struct driver_result *result, struct error *error);
/* A map that says nothing: one byte, as no fuzzer takes a map without any for one of a
 * target that works. */
void driver_forget_map(uint8_t *map);
/* The next input meets a restored device. */
void driver_renew(struct driver *driver);

#endif
