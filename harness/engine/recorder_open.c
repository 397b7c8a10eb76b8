/* The run folder and everything in it, new or found again. */
#include "engine/recorder.h"

#include "core/clock.h"
#include "core/path.h"
#include "device/file.h"
#include "link/address.h"
#include "link/namespace.h"
#include "record/disk.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { JOURNAL_ROOM = 4096 };

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

/* As seen from the run's folder: evidence says nothing of the machine's folders above
 * both. */
static const char *campaign_file(const struct recorder *recorder, char file[PATH_MAX])
{
    char folder[PATH_MAX], whole[PATH_MAX];
    const char *path = recorder->campaign->path;

    return realpath(recorder->directory, folder) && realpath(path, whole) &&
                   path_relative(folder, whole, file, PATH_MAX) == 0
               ? file
               : path;
}

static int write_facts(struct recorder *recorder, struct error *error)
{
    const struct campaign *campaign = recorder->campaign;
    const struct authorisation *allowed = &campaign->authorisation;
    char number[32], selection[SELECTION_TEXT], file[PATH_MAX];
    const char *facts[][2] = {
        {"campaign_file", campaign_file(recorder, file)},
        {"tool_version", PERCUSS_VERSION},
        {"campaign_name", campaign->name},
        {"campaign_title", campaign->title},
        {"campaign_hash", campaign->hash},
        {"interface", campaign->interface},
        {"plan_hash", campaign->plan.hash},
        {"engine", campaign_engine_name(campaign->engine)},
        {"model_id", model_id(campaign->model)},
        {"model_hash", model_hash(campaign->model)},
        {"session_hash", campaign->session->hash},
        {"authorised_by", allowed->given ? allowed->by : "not needed"},
        {"scope", allowed->given ? allowed->scope : "a device on this machine"},
        {"authorisation_reference", allowed->reference},
        {"authorisation_date", allowed->date},
        {"selection",
         selection_patterns_text(&campaign->selection, selection, sizeof selection)},
    };

    for (size_t i = 0; i < sizeof facts / sizeof facts[0]; i++)
        if (store_set(recorder->store, facts[i][0], facts[i][1], error) < 0)
            return -1;
    snprintf(number, sizeof number, "%llu", (unsigned long long)campaign->seed);
    if (store_set(recorder->store, "seed", number, error) < 0)
        return -1;
    /* The guided engine enumerates nothing. */
    snprintf(number, sizeof number, "%llu",
             campaign->engine == CAMPAIGN_GUIDED
                 ? 0
                 : (unsigned long long)campaign->plan.total);
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

/* A shard is to be merged with others that the same percuss made: its version alone does
 * not tell builds apart. */
static int write_shard(struct recorder *recorder, struct error *error)
{
    const struct shard *shard = &recorder->campaign->shard;
    char text[SHARD_TEXT], hash[HASH_TEXT];

    return shard->parts &&
                   (store_set(recorder->store, "shard", shard_text(shard, text), error) <
                        0 ||
                    store_set(recorder->store, "shard_whole", shard->whole, error) < 0 ||
                    store_set(recorder->store, "tool_sha256",
                              file_hash_text("/proc/self/exe", hash), error) < 0)
               ? -1
               : 0;
}

/* "shard 2/4 of the cases 1-4000", or "no shard". */
static const char *shard_words(const char *part, const char *whole, char *text,
                               size_t size)
{
    snprintf(text, size, part[0] ? "shard %s of the cases %s" : "no shard", part, whole);
    return text;
}

static int check_same_shard(struct recorder *recorder, struct error *error)
{
    const struct shard *shard = &recorder->campaign->shard;
    char part[SHARD_TEXT] = "", whole[SELECTION_TEXT] = "", tool[HASH_TEXT] = "";
    char wanted[SHARD_TEXT], hash[HASH_TEXT], was[200], is[200];

    store_get(recorder->store, "shard", part, sizeof part);
    store_get(recorder->store, "shard_whole", whole, sizeof whole);
    store_get(recorder->store, "tool_sha256", tool, sizeof tool);
    if (strcmp(part, shard_text(shard, wanted)) != 0 || strcmp(whole, shard->whole) != 0)
        return error_set(error,
                         "%.900s is %s, this is %s: resume with the same --shard and "
                         "--cases, or start a new run folder",
                         recorder->directory, shard_words(part, whole, was, sizeof was),
                         shard_words(wanted, shard->whole, is, sizeof is));
    if (part[0] && strcmp(tool, file_hash_text("/proc/self/exe", hash)) != 0)
        return error_set(
            error,
            "%s was begun by another build of percuss (%.16s, this is %.16s): "
            "a shard is run by one",
            recorder->directory, tool, hash);
    return 0;
}

/* What an earlier process announced and never stored was interrupted: its place is kept.
 */
static int adopt_journal(struct recorder *recorder, struct error *error)
{
    for (size_t i = 0; i < journal_count(recorder->journal); i++) {
        struct journal_entry entry = journal_entry_at(recorder->journal, i);
        uint64_t index;
        uint32_t stream = campaign_stream(recorder->campaign, entry.number, &index);

        if (store_write(
                recorder->store, error,
                "INSERT OR IGNORE INTO cases VALUES (?,?,?,?,?,0,0,'interrupted',NULL,0,0,0,NULL)",
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
    char selection[SELECTION_TEXT], wanted[SELECTION_TEXT], engine[32];

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
    if (store_get(recorder->store, "engine", engine, sizeof engine) == 0 &&
        strcmp(engine, campaign_engine_name(recorder->campaign->engine)) != 0)
        return error_set(
            error,
            "%s was made by the %s engine: resume with --engine %s, or start "
            "a new run folder",
            recorder->directory, engine, engine);
    selection_patterns_text(&recorder->campaign->selection, wanted, sizeof wanted);
    if (store_get(recorder->store, "selection", selection, sizeof selection) == 0 &&
        strcmp(selection, wanted) != 0)
        return error_set(error,
                         "%s was made with the selection '%s', now it is '%s': resume "
                         "with the same one, or start a new run folder",
                         recorder->directory, selection, wanted);
    return check_same_shard(recorder, error);
}

/* A run begins with its facts in the store: a process that was killed before left nothing
 * to go on from, and the run begins anew. */
static int open_store(struct recorder *recorder, bool resume, struct error *error)
{
    char path[1024], hash[HASH_TEXT + 1];
    bool exists;

    snprintf(path, sizeof path, "%s/campaign.db", recorder->directory);
    exists = access(path, F_OK) == 0;
    if (exists && !resume)
        return error_set(error,
                         "%s holds a run already: go on in it with --resume, or name "
                         "another folder",
                         recorder->directory);
    recorder->store = exists ? store_open(path, true, error) : store_create(path, error);
    if (!recorder->store)
        return -1;
    if (store_get(recorder->store, "plan_hash", hash, sizeof hash) == 0)
        return check_same_plan(recorder, error);
    return write_facts(recorder, error) < 0 || write_shard(recorder, error) < 0 ||
                   write_streams(recorder, error) < 0
               ? -1
               : 0;
}

static bool is_run_folder(const char *directory)
{
    char path[1024];

    snprintf(path, sizeof path, "%s/journal", directory);
    return access(path, F_OK) == 0;
}

static enum capture_kind capture_kind_of(const struct campaign *campaign)
{
    static const struct {
        const char *link;
        enum capture_kind kind;
    } kinds[] = {
        {"tcp", CAPTURE_TCP}, {"udp", CAPTURE_UDP}, {"ethernet", CAPTURE_ETHERNET}};

    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(campaign->link_kind, kinds[i].link) == 0)
            return kinds[i].kind;
    return CAPTURE_PIPE;
}

struct capture_options recorder_capture_options(const struct campaign *campaign)
{
    return (struct capture_options){.kind = capture_kind_of(campaign),
                                    .keep = campaign->keep,
                                    .sample_every = (unsigned)campaign->sample_segments,
                                    .segment_bytes = (uint64_t)campaign->segment_bytes,
                                    .application = "percuss " PERCUSS_VERSION,
                                    .interface = campaign->interface};
}

static int open_captures(struct recorder *recorder, struct error *error)
{
    struct capture_options options = recorder_capture_options(recorder->campaign);

    recorder->capture = capture_open(recorder->directory, &options, error);
    return recorder->capture ? 0 : -1;
}

int recorder_open(struct recorder *recorder, const struct campaign *campaign,
                  const char *directory, bool resume, struct error *error)
{
    char path[1024], ranges[SELECTION_TEXT];
    uint64_t free_bytes;

    *recorder = (struct recorder){.campaign = campaign};
    snprintf(recorder->directory, sizeof recorder->directory, "%s", directory);
    if (resume && !is_run_folder(directory))
        return error_set(error, "%s: no run to resume: leave --resume out", directory);
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
    selection_ranges_text(&campaign->selection, ranges, sizeof ranges);
    if (store_set(recorder->store, "case_ranges", ranges, error) < 0 ||
        store_write(recorder->store, error, "INSERT INTO sitting(started_ns) VALUES (?)",
                    "i", clock_wall_ns()) < 0)
        return -1;
    recorder->sitting =
        store_integer(recorder->store, 0, "SELECT max(id) FROM sitting", "");
    return open_captures(recorder, error) < 0 ? -1 : recorder_commit(recorder, error);
}

/* In the link's own network namespace. */
static struct live *start_live(const struct recorder *recorder, const char *address,
                               struct error *why)
{
    char plain[256], host[200] = "";
    struct namespace_visit visit;
    struct live *live = NULL;
    struct error lost;
    const char *colon;
    int64_t port = 0;

    if (namespace_enter(&visit, address, plain, sizeof plain, why) < 0)
        return NULL;
    colon = strrchr(plain, ':');
    if (colon && *plain == '[' && colon[-1] == ']')
        snprintf(host, sizeof host, "%.*s", (int)(colon - plain) - 2, plain + 1);
    else if (colon)
        snprintf(host, sizeof host, "%.*s", (int)(colon - plain), plain);
    if (!colon || text_to_integer(colon + 1, &port) < 0)
        error_set(why, "%s: no address to capture at", plain);
    else
        live = live_start(recorder->directory, recorder->campaign->link_kind, host,
                          (uint16_t)port, why);
    if (namespace_leave(&visit, &lost) < 0 && live) {
        live_stop(live, NULL, NULL);
        live = NULL;
        *why = lost;
    }
    return live;
}

int recorder_start_live(struct recorder *recorder, const char *address,
                        struct error *error)
{
    enum capture_kind kind = capture_kind_of(recorder->campaign);
    struct error why;

    (void)error;
    if (!recorder->campaign->live_capture)
        snprintf(recorder->live_note, sizeof recorder->live_note,
                 "switched off by the campaign");
    else if (link_kind(recorder->campaign->link_kind)->encrypts)
        snprintf(recorder->live_note, sizeof recorder->live_note,
                 "the link encrypts: what a capture shows cannot be held against what "
                 "was sent");
    else if (kind == CAPTURE_ETHERNET)
        snprintf(recorder->live_note, sizeof recorder->live_note,
                 "the link sends and receives the frames themselves: there is nothing "
                 "below it to capture");
    else if (kind == CAPTURE_PIPE || !address)
        snprintf(recorder->live_note, sizeof recorder->live_note,
                 "the link is no network interface: nothing independent to capture");
    else if (campaign_is_server(recorder->campaign) && !address_is_local(address))
        snprintf(recorder->live_note, sizeof recorder->live_note,
                 "the device connects to this machine: which interface it comes in by is "
                 "not known");
    if (recorder->live_note[0])
        return 0;
    recorder->live = start_live(recorder, address, &why);
    if (!recorder->live)
        snprintf(recorder->live_note, sizeof recorder->live_note, "%s", why.text);
    return 0;
}
