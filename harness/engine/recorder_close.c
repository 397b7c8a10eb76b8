/* The end of a sitting: captures compared, cases hashed, times written. */
#include "engine/recorder.h"

#include "core/clock.h"
#include "record/digests.h"

#include <stdio.h>

struct check_context {
    struct recorder *recorder;
    struct error *error;
    int status;
};

static void write_check(void *context, const struct capture_comparison *found)
{
    struct check_context *check = context;

    /* What cannot be compared proves nothing, either way. */
    if (!found->whole) {
        if (store_write(check->recorder->store, check->error,
                        "UPDATE capture SET dropped = dropped + 1, note = ? WHERE kind = "
                        "'send-log'",
                        "t", found->note) < 0)
            check->status = -1;
        return;
    }
    if (store_write(check->recorder->store, check->error,
                    "INSERT OR REPLACE INTO capture_check VALUES (?,?,?,?)", "tiit",
                    found->connection, (int64_t)found->sent_equal,
                    (int64_t)found->received_equal, found->note) < 0)
        check->status = -1;
}

static int close_live(struct recorder *recorder, struct error *error)
{
    struct live_totals totals = {0};
    char file[64] = "none";

    if (!recorder->live)
        return store_write(
            recorder->store, error,
            "INSERT OR REPLACE INTO capture VALUES ('none','independent',0,0,0,?)", "t",
            recorder->live_note);
    snprintf(file, sizeof file, "%s", live_file(recorder->live));
    if (live_stop(recorder->live, &totals, error) < 0)
        return -1;
    recorder->live = NULL;
    return store_write(recorder->store, error,
                       "INSERT OR REPLACE INTO capture VALUES (?,'independent',?,?,?,'')",
                       "tiii", file, (int64_t)totals.packets, (int64_t)totals.bytes,
                       (int64_t)totals.dropped);
}

static int close_capture(struct recorder *recorder, struct error *error)
{
    static const char *const notes[] = {
        [CAPTURE_ALL] = "",
        [CAPTURE_AROUND_FINDINGS] = "kept around findings only",
        [CAPTURE_SAMPLE] = "a sample of segments was kept"};
    struct capture_totals totals;
    bool live = recorder->live != NULL;
    struct check_context check = {recorder, error, 0};

    if (close_live(recorder, error) < 0)
        return -1;
    capture_totals(recorder->capture, &totals);
    if (capture_close(recorder->capture, error) < 0)
        return -1;
    recorder->capture = NULL;
    if (store_write(
            recorder->store, error,
            "INSERT INTO capture VALUES ('capture.pcapng','send-log',?,?,?,?) ON CONFLICT "
            "(file) DO UPDATE SET packets = packets + excluded.packets, bytes = bytes + "
            "excluded.bytes, dropped = dropped + excluded.dropped",
            "iiit", (int64_t)totals.packets, (int64_t)totals.bytes,
            (int64_t)totals.dropped_packets, notes[recorder->campaign->keep]) < 0)
        return -1;
    if (live && recorder->campaign->keep == CAPTURE_ALL &&
        capture_compare(recorder->directory, store_is_server(recorder->store),
                        write_check, &check, error) < 0)
        return -1;
    return check.status;
}

int recorder_close(struct recorder *recorder, const char *reason, double active_s,
                   struct error *error)
{
    int status = 0;

    /* A run that was not gone on with, because it is another plan's, stays as it is. */
    if (!recorder->sitting) {
        journal_close(recorder->journal);
        status = store_close(recorder->store, error);
        *recorder = (struct recorder){0};
        return status;
    }
    if ((recorder->capture && close_capture(recorder, error) < 0) ||
        digests_store(recorder->store, error) < 0 ||
        recorder_active_time(recorder, active_s, error) < 0 ||
        store_write(recorder->store, error,
                    "UPDATE sitting SET ended_ns = ?, reason = ? WHERE id = ?", "iti",
                    clock_wall_ns(), reason, recorder->sitting) < 0)
        status = -1;
    if (recorder->live)
        live_stop(recorder->live, &(struct live_totals){0}, &(struct error){0});
    capture_close(recorder->capture, &(struct error){0});
    if (status == 0 && recorder->journal)
        status = recorder_commit(recorder, error);
    journal_close(recorder->journal);
    if (store_close(recorder->store, status == 0 ? error : &(struct error){0}) < 0)
        status = -1;
    *recorder = (struct recorder){0};
    return status;
}
