#include "engine/findings.h"

#include "engine/reproducer.h"

#include <errno.h>
#include <limits.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int findings_init(struct findings *findings, const struct campaign *campaign,
                  struct error *error)
{
    memset(findings, 0, sizeof *findings);
    findings->stream_hits =
        calloc(campaign->plan.stream_count + 1, sizeof *findings->stream_hits);
    return findings->stream_hits ? 0 : error_set(error, "out of memory for findings");
}

void findings_free(struct findings *findings)
{
    free(findings->stream_hits);
    findings->stream_hits = NULL;
}

/* --- known causes ------------------------------------------------------------------- */

struct known_cause *findings_known(struct findings *findings, int oracle,
                                   const char *cause)
{
    for (size_t i = 0; i < findings->count; i++)
        if (findings->known[i].oracle == oracle &&
            strcmp(findings->known[i].cause, cause) == 0)
            return &findings->known[i];
    return NULL;
}

uint64_t findings_tried(const struct findings *findings, int oracle, const char *cause)
{
    for (size_t i = 0; i < findings->unconfirmed_count; i++)
        if (findings->unconfirmed[i].oracle == oracle &&
            strcmp(findings->unconfirmed[i].cause, cause) == 0)
            return findings->unconfirmed[i].hits;
    return 0;
}

/* The device is no longer what it was, or took its time. */
static bool is_costly(int oracle, const char *kind)
{
    static const char *const kinds[] = {"hang", "invariant", "state", "reset"};
    bool costly = oracle_kinds[oracle]->hard;

    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        costly |= strcmp(kind, kinds[i]) == 0;
    return costly;
}

bool findings_is_costly(int oracle, const struct judgement *judgement)
{
    return is_costly(oracle, judgement->kind);
}

static void note_unconfirmed(struct findings *findings, int oracle, const char *cause)
{
    struct known_cause *entry = NULL;

    for (size_t i = 0; i < findings->unconfirmed_count && !entry; i++)
        if (findings->unconfirmed[i].oracle == oracle &&
            strcmp(findings->unconfirmed[i].cause, cause) == 0)
            entry = &findings->unconfirmed[i];
    if (!entry && findings->unconfirmed_count < UNCONFIRMED) {
        entry = &findings->unconfirmed[findings->unconfirmed_count++];
        entry->oracle = oracle;
        snprintf(entry->cause, sizeof entry->cause, "%s", cause);
    }
    if (entry)
        entry->hits++;
}

static struct known_cause *note_finding(struct findings *findings, int oracle,
                                        const char *cause, bool costly)
{
    struct known_cause *entry;

    if (findings->count == FINDINGS)
        return NULL;
    entry = &findings->known[findings->count++];
    *entry = (struct known_cause){.oracle = oracle, .costly = costly};
    snprintf(entry->cause, sizeof entry->cause, "%s", cause);
    snprintf(entry->id, sizeof entry->id, "F-%03zu", findings->count);
    return entry;
}

static int oracle_index(const char *name)
{
    for (int i = 0; oracle_kinds[i]; i++)
        if (strcmp(oracle_kinds[i]->name, name) == 0)
            return i;
    return ORACLE_NONE;
}

static const char *column(sqlite3_stmt *statement, int index)
{
    const char *text = (const char *)sqlite3_column_text(statement, index);

    return text ? text : "";
}

int findings_load(struct findings *findings, struct recorder *recorder,
                  struct error *error)
{
    sqlite3 *database = store_database(recorder->store);
    sqlite3_stmt *statement = NULL;

    if (sqlite3_prepare_v2(
            database,
            "SELECT oracle, substr(cause, length(oracle) + 3), kind, hits FROM "
            "finding ORDER BY id",
            -1, &statement, NULL) != SQLITE_OK)
        return error_set(error, "cannot read earlier findings: %s",
                         sqlite3_errmsg(database));
    while (sqlite3_step(statement) == SQLITE_ROW) {
        int oracle = oracle_index(column(statement, 0));
        struct known_cause *known;

        if (oracle == ORACLE_NONE)
            continue;
        known = note_finding(findings, oracle, column(statement, 1),
                             is_costly(oracle, column(statement, 2)));
        if (known)
            known->hits = (uint64_t)sqlite3_column_int64(statement, 3);
    }
    sqlite3_finalize(statement);
    findings->suspicions =
        (size_t)store_integer(recorder->store, 0, "SELECT count(*) FROM suspicion", "");
    return 0;
}

/* --- rows --------------------------------------------------------------------------- */

static int write_suspicion(struct recorder *recorder, const struct suspicion *suspicion,
                           const char *result, const char *finding,
                           const struct confirmation *confirmation, struct error *error)
{
    int64_t figures[4] = {0};

    if (confirmation) {
        figures[0] = confirmation->replays;
        figures[1] = confirmation->failures;
        figures[2] = confirmation->controls;
        figures[3] = confirmation->control_failures;
    }
    return store_write(
        recorder->store, error,
        "INSERT INTO suspicion(number, attempt, oracle, cause, text, result, "
        "finding, replays, replay_failures, control_replays, control_failures) "
        "VALUES (?,?,?,?,?,?,?,?,?,?,?)",
        "iitttttiiii", (int64_t)suspicion->number,
        (int64_t)recorder_attempt(recorder, suspicion->number),
        oracle_kinds[suspicion->oracle]->name, suspicion->judgement->cause,
        suspicion->judgement->title, result, finding, figures[0], figures[1], figures[2],
        figures[3]);
}

int findings_hit(struct findings *findings, struct recorder *recorder,
                 struct known_cause *known, const struct suspicion *suspicion,
                 struct error *error)
{
    known->hits++;
    findings->suspicions++;
    if (known->costly && suspicion->stream != PLAN_STACKED &&
        findings->stream_hits[suspicion->stream] < UINT16_MAX)
        findings->stream_hits[suspicion->stream]++;
    capture_mark(recorder->capture);
    if (write_suspicion(recorder, suspicion, "duplicate", known->id, NULL, error) < 0)
        return -1;
    return store_write(recorder->store, error,
                       "UPDATE finding SET hits = hits + 1 WHERE id = ?", "t", known->id);
}

bool findings_skip(const struct findings *findings, const struct campaign *campaign,
                   uint32_t stream)
{
    return stream != PLAN_STACKED &&
           findings->stream_hits[stream] >= campaign->skip_after;
}

/* --- conclusions -------------------------------------------------------------------- */

/* findings/F-001 with the reproducer in its three forms. */
static int write_forms(const struct recorder *recorder,
                       const struct reproducer *reproducer, struct error *error)
{
    static const struct {
        const char *file;
        int (*write)(const char *path, const struct campaign *campaign,
                     const struct reproducer *reproducer, struct error *error);
    } forms[] = {{"reproducer.json", reproducer_write},
                 {"reproducer.c", reproducer_write_program},
                 {"messages.txt", reproducer_write_text}};
    char folder[1100], path[1200];

    snprintf(folder, sizeof folder, "%s/findings", recorder->directory);
    if (mkdir(folder, 0777) < 0 && errno != EEXIST)
        return error_set(error, "cannot make %s: %s", folder, strerror(errno));
    snprintf(folder, sizeof folder, "%s/findings/%s", recorder->directory,
             reproducer->id);
    if (mkdir(folder, 0777) < 0 && errno != EEXIST)
        return error_set(error, "cannot make %s: %s", folder, strerror(errno));
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, forms[i].file);
        if (forms[i].write(path, recorder->campaign, reproducer, error) < 0)
            return -1;
    }
    return 0;
}

static int make_reproducer(struct recorder *recorder, const struct suspicion *suspicion,
                           const struct confirmation *confirmation, const char *id,
                           char *path_in_run, size_t size, struct error *error)
{
    const struct campaign *campaign = recorder->campaign;
    struct reproducer reproducer = {.first_case = suspicion->number,
                                    .seed = campaign->seed,
                                    .sample = confirmation->sample,
                                    .sequence = confirmation->sequence};

    snprintf(path_in_run, size, "findings/%s/reproducer.json", id);
    snprintf(reproducer.id, sizeof reproducer.id, "%s", id);
    snprintf(reproducer.oracle, sizeof reproducer.oracle, "%s",
             oracle_kinds[confirmation->oracle]->name);
    snprintf(reproducer.kind, sizeof reproducer.kind, "%s", confirmation->judgement.kind);
    snprintf(reproducer.cause, sizeof reproducer.cause, "%s",
             confirmation->judgement.cause);
    snprintf(reproducer.title, sizeof reproducer.title, "%s",
             confirmation->judgement.title);
    snprintf(reproducer.plan_hash, sizeof reproducer.plan_hash, "%s",
             campaign->plan.hash);
    plan_name(&campaign->plan, suspicion->number, reproducer.case_name,
              sizeof reproducer.case_name);
    if (!realpath(campaign->path, reproducer.campaign_path))
        snprintf(reproducer.campaign_path, sizeof reproducer.campaign_path, "%s",
                 campaign->path);
    return write_forms(recorder, &reproducer, error);
}

static int write_finding(struct recorder *recorder, const struct suspicion *suspicion,
                         const struct confirmation *confirmation,
                         const struct known_cause *known, struct error *error)
{
    const struct judgement *judgement = &confirmation->judgement;
    const char *oracle = oracle_kinds[confirmation->oracle]->name;
    bool steady = confirmation->confirmed &&
                  confirmation->failures * 5 >= confirmation->replays * 3;
    char cause[260], name[320], path[64];
    size_t bytes = 0;

    for (size_t i = 0; i < confirmation->sequence.count; i++)
        bytes += confirmation->sequence.steps[i].length;
    if (make_reproducer(recorder, suspicion, confirmation, known->id, path, sizeof path,
                        error) < 0)
        return -1;
    snprintf(cause, sizeof cause, "%s: %s", oracle, judgement->cause);
    plan_name(&recorder->campaign->plan, suspicion->number, name, sizeof name);
    return store_write(
        recorder->store, error,
        "INSERT INTO finding VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
        "ttttttttitiiiiiriirt", known->id, oracle, judgement->kind, cause,
        judgement->title, judgement->detail, judgement->clause,
        steady ? "confirmed" : "intermittent", (int64_t)suspicion->number, name,
        (int64_t)1, (int64_t)confirmation->replays, (int64_t)confirmation->failures,
        (int64_t)confirmation->controls, (int64_t)confirmation->control_failures,
        confirmation->p, (int64_t)confirmation->sequence.count, (int64_t)bytes,
        suspicion->after_s, path);
}

int findings_conclude(struct findings *findings, struct recorder *recorder,
                      const struct suspicion *suspicion,
                      const struct confirmation *confirmation, const char **id,
                      struct error *error)
{
    const struct judgement *judgement = &confirmation->judgement;
    bool hard = oracle_kinds[suspicion->oracle]->hard;
    struct known_cause *known;

    *id = NULL;
    capture_mark(recorder->capture);
    /* What a hard oracle saw happened: unconfirmed, it is an intermittent finding. */
    if (!confirmation->confirmed && !hard) {
        note_unconfirmed(findings, suspicion->oracle, suspicion->judgement->cause);
        findings->suspicions++;
        return write_suspicion(recorder, suspicion, "unconfirmed", NULL, confirmation,
                               error);
    }
    known = findings_known(findings, confirmation->oracle, judgement->cause);
    if (known) {
        *id = known->id;
        return findings_hit(findings, recorder, known, suspicion, error);
    }
    known = note_finding(findings, confirmation->oracle, judgement->cause,
                         findings_is_costly(confirmation->oracle, judgement));
    if (!known)
        return error_set(error, "more than %d different findings: fix some first",
                         FINDINGS);
    known->hits = 1;
    *id = known->id;
    findings->suspicions++;
    if (write_finding(recorder, suspicion, confirmation, known, error) < 0 ||
        write_suspicion(recorder, suspicion, "finding", known->id, confirmation, error) <
            0)
        return -1;
    return recorder_commit(recorder, error);
}
