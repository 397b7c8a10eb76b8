/* What percuss check --prove finds out of a bench, and the file that --store makes of it.
 * One thread. */
#ifndef PERCUSS_CLI_CHECK_BENCH_H
#define PERCUSS_CLI_CHECK_BENCH_H

#include "engine/runner.h"

#include <jansson.h>

/* Proves oracles and line errors on the device, times valid exchanges and this machine;
 * into `facts`, and printed unless `quiet`. -1 and *error: the device was lost. */
int check_bench_prove(struct runner *runner, json_t *facts, bool quiet,
                      struct error *error);
/* Writes `facts` with what they were found with (percuss, machine, campaign's file, time)
 * to `path`, which must not be there, and its SHA-256 into `text`. */
int check_bench_store(const char *path, const struct campaign *campaign, json_t *facts,
                      char text[HASH_TEXT], struct error *error);
/* The same into a run's folder, as check.json, and its SHA-256 into the run's facts. The
 * run must be of this campaign's file and device: `check_bench_fits` says so beforehand.
 */
int check_bench_fits(const char *run, const struct campaign *campaign,
                     const json_t *facts, struct error *error);
int check_bench_record(const char *run, const struct campaign *campaign, json_t *facts,
                       char text[HASH_TEXT], struct error *error);

#endif
