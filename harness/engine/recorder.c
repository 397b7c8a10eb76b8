#include "engine/recorder.h"

#include "core/clock.h"
#include "record/disk.h"

#include <errno.h>
#include <limits.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { COMMIT_EVERY = 1000, JOURNAL_ROOM = 4096 };

/* --- opening ------------------------------------------------------------------------ */

static int make_folder(const char *path, struct error *error)
{
    char part[1024];

    for (size_t i = 1; i <= strlen(path) && i < sizeof part; i++) {
        if (path[i] != '/' && path[i] != '\0')
            continue;
        snprintf(part, sizeof part, "%.*s", (int)i, path);
        if (mkdir(part, 0777) < 0 && errno != EEXIST)
            return error_set(error, "cannot make the run folder %s: %s", part,
                             strerror(errno));
    }
    return 0;
}

static int write_streams(struct recorder *recorder, struct error *error)
{
    const struct plan *plan = &recorder->campaign->plan;
    char path[200], field[200];

    for (size_t i = 0; i < plan->stream_count; i++) {
        const struct stream *stream = &plan->streams[i];

        if (store_write(
                recorder->store, error, "INSERT INTO stream VALUES (?,?,?,?,?,?,?)",
                "ittttti", (int64_t)i, plan->session->states[stream->site.state].name,
                plan->session->messages[stream->site.message].name,
                stream_path(stream, path, sizeof path), stream->anomaly->name,
                stream_field(stream, field, sizeof field), (int64_t)stream->count) < 0)
            return -1;
    }
    return 0;
}

static int write_facts(struct recorder *recorder, struct error *error)
{
    const struct campaign *campaign = recorder->campaign;
    const struct authorisation *allowed = &campaign->authorisation;
    char number[32], file[PATH_MAX];
    const char *facts[][2] = {
        {"campaign_file", realpath(campaign->path, file) ? file : campaign->path},
        {"tool_version", PERCUSS_VERSION},
        {"campaign_name", campaign->name},
        {"campaign_title", campaign->title},
        {"campaign_hash", campaign->hash},
        {"interface", campaign->interface},
        {"plan_hash", campaign->plan.hash},
        {"model_id", model_id(campaign->model)},
        {"model_hash", model_hash(campaign->model)},
        {"session_hash", campaign->session->hash},
        {"authorised_by", allowed->given ? allowed->by : "not needed"},
        {"scope", allowed->given ? allowed->scope : "a device on this machine"},
        {"authorisation_reference", allowed->reference},
        {"authorisation_date", allowed->date},
    };

    for (size_t i = 0; i < sizeof facts / sizeof facts[0]; i++)
        if (store_set(recorder->store, facts[i][0], facts[i][1], error) < 0)
            return -1;
    snprintf(number, sizeof number, "%llu", (unsigned long long)campaign->seed);
    if (store_set(recorder->store, "seed", number, error) < 0)
        return -1;
    snprintf(number, sizeof number, "%llu", (unsigned long long)campaign->plan.total);
    if (store_set(recorder->store, "plan_cases", number, error) < 0)
        return -1;
    snprintf(number, sizeof number, "%zu", campaign->session->invariant_count);
    if (store_set(recorder->store, "invariants", number, error) < 0)
        return -1;
    snprintf(number, sizeof number, "%g", campaign->alpha);
    if (store_set(recorder->store, "alpha", number, error) < 0)
        return -1;
    snprintf(number, sizeof number, "%lld", (long long)clock_wall_ns());
    return store_set(recorder->store, "started_ns", number, error);
}

/* What an earlier process announced and never stored was interrupted: its place is kept.
 */
static int adopt_journal(struct recorder *recorder, struct error *error)
{
    for (size_t i = 0; i < journal_count(recorder->journal); i++) {
        struct journal_entry entry = journal_entry_at(recorder->journal, i);
        uint32_t stream;
        uint64_t index;

        plan_locate(&recorder->campaign->plan, entry.number, &stream, &index);
        if (store_write(
                recorder->store, error,
                "INSERT OR IGNORE INTO cases VALUES (?,?,?,?,?,0,0,'interrupted',NULL,0,0,NULL)",
                "iiiii", (int64_t)entry.number, (int64_t)entry.attempt,
                (int64_t)entry.epoch,
                stream == PLAN_STACKED ? (int64_t)-1 : (int64_t)stream,
                (int64_t)index) < 0)
            return -1;
    }
    if (store_write(recorder->store, error,
                    "UPDATE cases SET stream = NULL WHERE stream < 0", "") < 0 ||
        store_commit(recorder->store, error) < 0)
        return -1;
    journal_reset(recorder->journal);
    return 0;
}

/* Finds the epoch that was open when the earlier process ended, if any. */
static void find_interrupted_epoch(struct recorder *recorder)
{
    recorder->repeated_epoch = store_integer(
        recorder->store, 0,
        "SELECT id FROM epoch WHERE closed = 0 ORDER BY id DESC LIMIT 1", "");
    if (recorder->repeated_epoch == 0)
        return;
    recorder->repeat_from = (uint64_t)store_integer(
        recorder->store, 0, "SELECT first_case FROM epoch WHERE id = ?", "i",
        recorder->repeated_epoch);
    recorder->repeat_until =
        (uint64_t)store_integer(recorder->store, 0, "SELECT max(number) FROM cases", "");
    recorder->repeat_attempt =
        1 + (int)store_integer(recorder->store, 0,
                               "SELECT max(attempt) FROM cases WHERE number >= ?", "i",
                               (int64_t)recorder->repeat_from);
}

static int check_same_plan(struct recorder *recorder, struct error *error)
{
    char hash[HASH_TEXT + 1] = "", campaign[HASH_TEXT + 1] = "";

    store_get(recorder->store, "plan_hash", hash, sizeof hash);
    store_get(recorder->store, "campaign_hash", campaign, sizeof campaign);
    if (strcmp(hash, recorder->campaign->plan.hash) != 0)
        return error_set(
            error,
            "%s was made with plan %.16s, this campaign has plan %.16s (model, session "
            "or seed differ): resume with the same files, or start a new run folder",
            recorder->directory, hash, recorder->campaign->plan.hash);
    if (strcmp(campaign, recorder->campaign->hash) != 0)
        return error_set(
            error,
            "%s was made with another version of %s: resume with the same file, or "
            "start a new run folder",
            recorder->directory, recorder->campaign->path);
    return 0;
}

static int open_store(struct recorder *recorder, bool resume, struct error *error)
{
    char path[1024];

    snprintf(path, sizeof path, "%s/campaign.db", recorder->directory);
    if (!resume) {
        if (access(path, F_OK) == 0)
            return error_set(error,
                             "%s holds a run already: go on in it with --resume, or name "
                             "another folder",
                             recorder->directory);
        recorder->store = store_create(path, error);
        return recorder->store && write_facts(recorder, error) == 0 &&
                       write_streams(recorder, error) == 0
                   ? 0
                   : -1;
    }
    recorder->store = store_open(path, true, error);
    return recorder->store ? check_same_plan(recorder, error) : -1;
}

static int open_captures(struct recorder *recorder, struct error *error)
{
    const struct campaign *campaign = recorder->campaign;
    struct capture_options options = {.is_tcp = strcmp(campaign->link_kind, "tcp") == 0,
                                      .keep = campaign->keep,
                                      .sample_every = (unsigned)campaign->sample_segments,
                                      .segment_bytes = (uint64_t)campaign->segment_bytes,
                                      .application = "percuss " PERCUSS_VERSION,
                                      .interface = campaign->interface};

    recorder->capture = capture_open(recorder->directory, &options, error);
    return recorder->capture ? 0 : -1;
}

int recorder_open(struct recorder *recorder, const struct campaign *campaign,
                  const char *directory, bool resume, struct error *error)
{
    char path[1024];
    uint64_t free_bytes;

    *recorder = (struct recorder){.campaign = campaign};
    snprintf(recorder->directory, sizeof recorder->directory, "%s", directory);
    if ((!resume && make_folder(directory, error) < 0) ||
        disk_free_bytes(directory, &free_bytes, error) < 0)
        return -1;
    if (free_bytes < (uint64_t)campaign->disk_reserve)
        return error_set(
            error, "%s: %llu MiB free, %lld MiB are to stay free (disk-reserve-mib)",
            directory, (unsigned long long)(free_bytes >> 20),
            (long long)(campaign->disk_reserve >> 20));
    snprintf(path, sizeof path, "%s/journal", directory);
    recorder->journal = journal_open(path, JOURNAL_ROOM, error);
    if (!recorder->journal || open_store(recorder, resume, error) < 0 ||
        adopt_journal(recorder, error) < 0)
        return -1;
    find_interrupted_epoch(recorder);
    if (store_write(recorder->store, error, "INSERT INTO sitting(started_ns) VALUES (?)",
                    "i", clock_wall_ns()) < 0)
        return -1;
    recorder->sitting =
        store_integer(recorder->store, 0, "SELECT max(id) FROM sitting", "");
    return open_captures(recorder, error) < 0 ? -1 : recorder_commit(recorder, error);
}

int recorder_start_live(struct recorder *recorder, const char *address,
                        struct error *error)
{
    char host[200];
    const char *colon = address ? strrchr(address, ':') : NULL;
    int64_t port;
    struct error why;

    (void)error;
    if (!recorder->campaign->live_capture)
        snprintf(recorder->live_note, sizeof recorder->live_note,
                 "switched off by the campaign");
    else if (strcmp(recorder->campaign->link_kind, "tcp") != 0 || !colon)
        snprintf(recorder->live_note, sizeof recorder->live_note,
                 "the link is no network interface: nothing independent to capture");
    if (recorder->live_note[0] || text_to_integer(colon + 1, &port) < 0)
        return 0;
    snprintf(host, sizeof host, "%.*s", (int)(colon - address), address);
    recorder->live = live_start(recorder->directory, host, (uint16_t)port, &why);
    if (!recorder->live)
        snprintf(recorder->live_note, sizeof recorder->live_note, "%s", why.text);
    return 0;
}

/* --- cases -------------------------------------------------------------------------- */

uint64_t recorder_next_case(const struct recorder *recorder, uint64_t first)
{
    uint64_t next;

    if (recorder->repeated_epoch)
        return recorder->repeat_from;
    next = 1 + (uint64_t)store_integer(recorder->store, 0,
                                       "SELECT max(number) FROM cases", "");
    return next > first ? next : first;
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
                  const struct hash *digest, struct error *error)
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
        .digest = digest,
    };

    if (store_case(recorder->store, &row, error) < 0)
        return -1;
    return count_pending(recorder, error);
}

int recorder_skipped(struct recorder *recorder, const struct script *script,
                     struct error *error)
{
    struct case_row row = {
        .number = script->number,
        .attempt = recorder_attempt(recorder, script->number),
        .epoch = recorder->epoch,
        .stream = script->stream == PLAN_STACKED ? -1 : (int64_t)script->stream,
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
                    "INSERT INTO epoch(sitting, first_case, reset, recovery_us, repeats) "
                    "VALUES (?,?,?,?,?)",
                    repeats ? "iitii" : "iitin", recorder->sitting, (int64_t)first_case,
                    reset_kind_name(restoration->reset), restoration->recovery_ns / 1000,
                    recorder->repeated_epoch) < 0)
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

/* --- closing ------------------------------------------------------------------------ */

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
        capture_compare(recorder->directory, write_check, &check, error) < 0)
        return -1;
    return check.status;
}

/* Blocks of case digests and the Merkle root over them (core/digest.h), from the last
 * attempt of every case, so that a run that was resumed has the digests of one that was
 * not. */
static int write_block(struct recorder *recorder, const struct digest_block *block,
                       struct digest_tree *tree, struct error *error)
{
    struct digest_row row = {block->block, digest_block_hash(block)};
    char text[HASH_TEXT];

    hash_to_text(&row.hash, text);
    if (digest_tree_add(tree, &row) < 0)
        return error_set(error, "digest blocks are out of order");
    return store_write(recorder->store, error,
                       "INSERT OR REPLACE INTO digest VALUES (?,?,?)", "iit",
                       (int64_t)block->block, (int64_t)block->cases, text);
}

static int write_blocks(struct recorder *recorder, sqlite3_stmt *statement,
                        struct digest_block *block, struct digest_tree *tree,
                        struct error *error)
{
    bool open = false;

    while (sqlite3_step(statement) == SQLITE_ROW) {
        uint64_t number = (uint64_t)sqlite3_column_int64(statement, 0);
        struct hash hash;

        if (sqlite3_column_bytes(statement, 1) != HASH_SIZE)
            continue;
        memcpy(hash.bytes, sqlite3_column_blob(statement, 1), HASH_SIZE);
        if (open && block->block != digest_block_of(number)) {
            if (write_block(recorder, block, tree, error) < 0)
                return -1;
            open = false;
        }
        if (!open)
            digest_block_start(block, digest_block_of(number));
        open = true;
        digest_block_put(block, number, &hash);
    }
    return open ? write_block(recorder, block, tree, error) : 0;
}

static int write_digests(struct recorder *recorder, struct error *error)
{
    sqlite3 *database = store_database(recorder->store);
    struct digest_block *block = malloc(sizeof *block);
    struct digest_tree tree;
    sqlite3_stmt *statement = NULL;
    struct hash root;
    char text[HASH_TEXT];
    int status = -1;

    digest_tree_start(&tree);
    if (!block ||
        sqlite3_prepare_v2(
            database,
            "SELECT number, digest, max(attempt) FROM cases WHERE digest IS NOT "
            "NULL GROUP BY number ORDER BY number",
            -1, &statement, NULL) != SQLITE_OK)
        error_set(error, "cannot compute the digests: %s", sqlite3_errmsg(database));
    else
        status = write_blocks(recorder, statement, block, &tree, error);
    sqlite3_finalize(statement);
    free(block);
    if (status < 0)
        return -1;
    root = digest_tree_root(&tree);
    hash_to_text(&root, text);
    return store_set(recorder->store, "merkle_root", text, error);
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
        write_digests(recorder, error) < 0 ||
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
