/* What the campaign loop writes: the run folder with store, journal, captures and
 * digests. Announced cases are on disk (as far as a killed process goes) before the link
 * sends. One thread. */
#ifndef PERCUSS_ENGINE_RECORDER_H
#define PERCUSS_ENGINE_RECORDER_H

#include "core/digest.h"
#include "engine/confirm.h"
#include "record/journal.h"
#include "record/live.h"
#include "record/store.h"

struct recorder {
    const struct campaign *campaign;
    char directory[900];
    struct store *store;
    struct journal *journal;
    struct capture *capture;
    struct live *live;
    int64_t sitting, epoch;
    uint64_t epoch_first, last_case;
    uint64_t repeat_from,
        repeat_until; /* numbers of an interrupted epoch that are sent again */
    int repeat_attempt;
    int64_t repeated_epoch; /* 0: none */
    unsigned pending;       /* rows since the last commit */
    char live_note[512];
};

/* Makes the folder (or opens it for `resume`) and everything in it. */
int recorder_open(struct recorder *recorder, const struct campaign *campaign,
                  const char *directory, bool resume, struct error *error);
/* Writes totals, digests and active time, commits, closes. `reason` as in schema.sql,
 * sitting.reason. */
int recorder_close(struct recorder *recorder, const char *reason, double active_s,
                   struct error *error);

/* How this campaign's traffic stands in a capture. */
struct capture_options recorder_capture_options(const struct campaign *campaign);

/* The first case to send: after the last closed epoch, or the start of an interrupted
 * one. */
uint64_t recorder_next_case(const struct recorder *recorder);
int recorder_attempt(const struct recorder *recorder, uint64_t number);

int recorder_begin_epoch(struct recorder *recorder, uint64_t first_case,
                         const struct restoration *restoration, struct error *error);
int recorder_end_epoch(struct recorder *recorder, uint64_t last_case,
                       struct error *error);
int recorder_announce(struct recorder *recorder, uint64_t number, struct error *error);
int recorder_case(struct recorder *recorder, const struct script *script,
                  const struct case_result *result, const char *verdict,
                  struct view record, struct error *error);
/* What became of a case that is stored: its last attempt. One of which nothing was sent
 * stays excluded. */
int recorder_verdict(struct recorder *recorder, uint64_t number, const char *verdict,
                     struct error *error);
/* `why`: the stream for which it is left out. */
int recorder_skipped(struct recorder *recorder, const struct script *script, uint32_t why,
                     struct error *error);
int recorder_valid_check(struct recorder *recorder, bool ok, int64_t latency_ns,
                         struct error *error);
int recorder_samples(struct recorder *recorder, const struct case_result *result,
                     struct error *error);
/* What was read beside the invariants. */
int recorder_readings(struct recorder *recorder, const struct case_result *result,
                      struct error *error);
int recorder_recovery(struct recorder *recorder, const char *reason,
                      const struct restoration *restoration, bool back,
                      struct error *error);
/* Seconds of work so far, earlier sittings included: kept where a killed run finds it. */
int recorder_active_time(struct recorder *recorder, double seconds, struct error *error);
int recorder_commit(struct recorder *recorder, struct error *error);
int recorder_start_live(struct recorder *recorder, const char *address,
                        struct error *error);

#endif
