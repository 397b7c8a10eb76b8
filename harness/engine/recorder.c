#include "engine/recorder.h"

#include "core/clock.h"

#include "record/disk.h"

#include <stdio.h>

enum { COMMIT_EVERY = 1000 };

/* --- cases -------------------------------------------------------------------------- */

uint64_t recorder_next_case(const struct recorder *recorder)
{
    if (recorder->repeated_epoch)
        return recorder->repeat_from;
    return 1 + (uint64_t)store_integer(recorder->store, 0,
                                       "SELECT max(number) FROM cases", "");
}

int recorder_attempt(const struct recorder *recorder, uint64_t number)
{
    return recorder->repeated_epoch && number >= recorder->repeat_from &&
                   number <= recorder->repeat_until
               ? recorder->repeat_attempt
               : 1;
}

int recorder_commit(struct recorder *recorder, struct error *error)
{
    uint64_t free_bytes;

    if (store_commit(recorder->store, error) < 0)
        return -1;
    journal_reset(recorder->journal);
    recorder->pending = 0;
    if (disk_free_bytes(recorder->directory, &free_bytes, error) < 0)
        return -1;
    if (free_bytes < (uint64_t)recorder->campaign->disk_reserve)
        return error_set(
            error,
            "disk nearly full: %llu MiB free at %s; what was recorded is safe, free "
            "some space and go on with --resume",
            (unsigned long long)(free_bytes >> 20), recorder->directory);
    return 0;
}

static int count_pending(struct recorder *recorder, struct error *error)
{
    return ++recorder->pending >= COMMIT_EVERY ? recorder_commit(recorder, error) : 0;
}

int recorder_announce(struct recorder *recorder, uint64_t number, struct error *error)
{
    struct journal_entry entry = {number, (uint32_t)recorder_attempt(recorder, number),
                                  (uint64_t)recorder->epoch};

    recorder->last_case = number;
    if (journal_announce(recorder->journal, &entry) == 0)
        return 0;
    if (recorder_commit(recorder, error) < 0)
        return -1;
    return journal_announce(recorder->journal, &entry) == 0
               ? 0
               : error_set(error, "the journal takes no entry");
}

int recorder_case(struct recorder *recorder, const struct script *script,
                  const struct case_result *result, const char *verdict,
                  struct view record, struct error *error)
{
    struct case_row row = {
        .number = script->number,
        .attempt = recorder_attempt(recorder, script->number),
        .epoch = recorder->epoch,
        .stream = script->stream == PLAN_STACKED ? -1 : (int64_t)script->stream,
        .step = script->index,
        .expected = result->expected,
        .outcome = result->outcome,
        .verdict = verdict,
        .latency_us = result->latency_ns < 0 ? -1 : result->latency_ns / 1000,
        .sent_bytes = result->sent_bytes,
        .received_bytes = result->received_bytes,
        .resent = result->resent,
        .record = record,
    };

    if (store_case(recorder->store, &row, error) < 0)
        return -1;
    return count_pending(recorder, error);
}

int recorder_verdict(struct recorder *recorder, uint64_t number, const char *verdict,
                     struct error *error)
{
    return store_write(
        recorder->store, error,
        "UPDATE cases SET verdict = ? WHERE number = ? AND attempt = ? AND "
        "verdict <> 'excluded'",
        "tii", verdict, (int64_t)number, (int64_t)recorder_attempt(recorder, number));
}

int recorder_skipped(struct recorder *recorder, const struct script *script, uint32_t why,
                     struct error *error)
{
    struct case_row row = {.number = script->number,
                           .attempt = recorder_attempt(recorder, script->number),
                           .epoch = recorder->epoch,
                           .stream = why,
                           .step = script->index,
                           .verdict = "skipped",
                           .latency_us = -1};

    recorder->last_case = script->number;
    if (store_case(recorder->store, &row, error) < 0)
        return -1;
    return count_pending(recorder, error);
}

int recorder_active_time(struct recorder *recorder, double seconds, struct error *error)
{
    char text[32];

    snprintf(text, sizeof text, "%.3f", seconds);
    return store_set(recorder->store, "active_seconds", text, error);
}

/* --- epochs and checks -------------------------------------------------------------- */

int recorder_begin_epoch(struct recorder *recorder, uint64_t first_case,
                         const struct restoration *restoration, struct error *error)
{
    bool repeats = recorder->repeated_epoch && first_case >= recorder->repeat_from &&
                   first_case <= recorder->repeat_until;

    recorder->epoch_first = first_case;
    if (store_write(recorder->store, error,
                    "INSERT INTO epoch(sitting, first_case, reset, recovery_us, at_ns, "
                    "repeats) VALUES (?,?,?,?,?,?)",
                    repeats ? "iitiii" : "iitiin", recorder->sitting, (int64_t)first_case,
                    reset_kind_name(restoration->reset), restoration->recovery_ns / 1000,
                    clock_wall_ns(), recorder->repeated_epoch) < 0)
        return -1;
    recorder->epoch = store_integer(recorder->store, 0, "SELECT max(id) FROM epoch", "");
    return recorder_commit(recorder, error);
}

int recorder_end_epoch(struct recorder *recorder, uint64_t last_case, struct error *error)
{
    if (recorder->epoch == 0)
        return 0;
    if (store_write(recorder->store, error,
                    "UPDATE epoch SET last_case = ?, closed = 1 WHERE id = ?", "ii",
                    (int64_t)last_case, recorder->epoch) < 0)
        return -1;
    /* The interrupted epoch is answered for once its cases have been sent again. */
    if (recorder->repeated_epoch && last_case >= recorder->repeat_until &&
        store_write(recorder->store, error,
                    "UPDATE epoch SET closed = 1 WHERE closed = 0", "") < 0)
        return -1;
    recorder->epoch = 0;
    return recorder_commit(recorder, error);
}

int recorder_valid_check(struct recorder *recorder, bool ok, int64_t latency_ns,
                         struct error *error)
{
    return store_write(recorder->store, error,
                       "INSERT INTO valid_check(after_case, epoch, ok, latency_us) "
                       "VALUES (?,?,?,?)",
                       ok ? "iiii" : "iiin", (int64_t)recorder->last_case,
                       recorder->epoch, (int64_t)ok, latency_ns / 1000);
}

int recorder_samples(struct recorder *recorder, const struct case_result *result,
                     struct error *error)
{
    for (size_t i = 0; i < result->sample_count; i++) {
        const struct invariant_sample *sample = &result->samples[i];
        bool ok = sample->read && (sample->any || sample->actual == sample->expected[0] ||
                                   sample->actual == sample->expected[1]);
        char expected[64], actual[32];

        if (sample->any)
            snprintf(expected, sizeof expected, "any");
        else if (sample->expected[0] == sample->expected[1])
            snprintf(expected, sizeof expected, "%lld", (long long)sample->expected[0]);
        else
            snprintf(expected, sizeof expected, "%lld or %lld",
                     (long long)sample->expected[0], (long long)sample->expected[1]);
        snprintf(actual, sizeof actual, "%lld", (long long)sample->actual);
        if (store_write(
                recorder->store, error,
                "INSERT INTO sample(invariant, after_case, epoch, expected, actual, ok) "
                "VALUES (?,?,?,?,?,?)",
                "tiitti", sample->invariant->id, (int64_t)recorder->last_case,
                recorder->epoch, expected, sample->read ? actual : NULL, (int64_t)ok) < 0)
            return -1;
    }
    return 0;
}

int recorder_recovery(struct recorder *recorder, const char *reason,
                      const struct restoration *restoration, bool back,
                      struct error *error)
{
    const char *types = !back ? "ittnn" : restoration->state_known ? "ittii" : "ittin";

    return store_write(
        recorder->store, error,
        "INSERT INTO recovery(after_case, reason, reset, recovery_us, state_equal) "
        "VALUES (?,?,?,?,?)",
        types, (int64_t)recorder->last_case, reason, reset_kind_name(restoration->reset),
        restoration->recovery_ns / 1000, (int64_t)restoration->state_equal);
}
