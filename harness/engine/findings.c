#include "engine/findings.h"

#include "engine/finding_folder.h"
#include "engine/finding_messages.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int findings_init(struct findings *findings, const struct campaign *campaign,
                  struct error *error)
{
    memset(findings, 0, sizeof *findings);
    findings->level.alpha = campaign->alpha;
    return skips_init(&findings->skips, campaign, error);
}

void findings_free(struct findings *findings)
{
    skips_free(&findings->skips);
    tally_free(&findings->tries);
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

/* --- tries -------------------------------------------------------------------------- */

static uint64_t try_key(int oracle, const char *cause, uint32_t stream)
{
    return tally_key(tally_key_text((uint64_t)oracle, cause), stream);
}

bool findings_searches(const struct findings *findings, const struct suspicion *suspicion)
{
    return decision_searches(tally_count(
        &findings->tries,
        try_key(suspicion->oracle, suspicion->judgement->cause, suspicion->stream)));
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

static const char *column(sqlite3_stmt *statement, int index)
{
    const char *text = (const char *)sqlite3_column_text(statement, index);

    return text ? text : "";
}

static int load_known(struct findings *findings, sqlite3 *database, struct error *error)
{
    sqlite3_stmt *statement = NULL;

    if (sqlite3_prepare_v2(
            database,
            "SELECT oracle, substr(cause, length(oracle) + 3), kind, hits, bucket, guilty, "
            "place FROM finding ORDER BY id",
            -1, &statement, NULL) != SQLITE_OK)
        return error_set(error, "cannot read earlier findings: %s",
                         sqlite3_errmsg(database));
    while (sqlite3_step(statement) == SQLITE_ROW) {
        int oracle = oracle_named(column(statement, 0));
        struct known_cause *known;

        if (oracle == ORACLE_NONE)
            continue;
        known = note_finding(findings, oracle, column(statement, 1),
                             is_costly(oracle, column(statement, 2)));
        if (known)
            known->hits = (uint64_t)sqlite3_column_int64(statement, 3);
        buckets_restore(&findings->buckets, column(statement, 4), column(statement, 6),
                        column(statement, 5));
    }
    sqlite3_finalize(statement);
    return 0;
}

static const struct known_cause *known_as(const struct findings *findings, const char *id)
{
    for (size_t i = 0; i < findings->count; i++)
        if (strcmp(findings->known[i].id, id) == 0)
            return &findings->known[i];
    return NULL;
}

/* Counts what earlier suspicions came to, as if they had been in this sitting. */
static int load_suspicions(struct findings *findings, struct recorder *recorder,
                           struct error *error)
{
    sqlite3 *database = store_database(recorder->store);
    sqlite3_stmt *statement = NULL;
    int status = 0;

    if (sqlite3_prepare_v2(
            database,
            "SELECT number, oracle, cause, result, finding FROM suspicion ORDER BY id",
            -1, &statement, NULL) != SQLITE_OK)
        return error_set(error, "cannot read earlier suspicions: %s",
                         sqlite3_errmsg(database));
    while (status == 0 && sqlite3_step(statement) == SQLITE_ROW) {
        uint64_t number = (uint64_t)sqlite3_column_int64(statement, 0), index;
        int oracle = oracle_named(column(statement, 1));
        const struct known_cause *known = known_as(findings, column(statement, 4));
        uint32_t stream = campaign_stream(recorder->campaign, number, &index);

        findings->suspicions++;
        if (strcmp(column(statement, 3), "unconfirmed") == 0)
            tally_add(&findings->tries, try_key(oracle, column(statement, 2), stream));
        else if (known && known->costly && strcmp(column(statement, 3), "finding") != 0)
            status =
                skips_hit(&findings->skips, recorder, known->id, number, stream, error);
    }
    sqlite3_finalize(statement);
    return status;
}

int findings_load(struct findings *findings, struct recorder *recorder,
                  struct error *error)
{
    findings->level.tests = (uint64_t)store_integer(
        recorder->store, 0, "SELECT max(test) FROM suspicion", "");
    return load_known(findings, store_database(recorder->store), error) < 0 ||
                   skips_load(&findings->skips, recorder, error) < 0 ||
                   load_suspicions(findings, recorder, error) < 0
               ? -1
               : 0;
}

/* --- rows --------------------------------------------------------------------------- */

static int write_suspicion(struct recorder *recorder, const struct suspicion *suspicion,
                           const char *result, const char *finding,
                           const struct confirmation *confirmation, struct error *error)
{
    static const struct decision none;
    const struct decision *made = confirmation ? &confirmation->decision : &none;

    return store_write(
        recorder->store, error,
        "INSERT INTO suspicion(number, attempt, oracle, cause, text, result, "
        "finding, replays, replay_failures, control_replays, control_failures, test, "
        "p_value, alpha) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
        made->test ? "iitttttiiiiirr" : "iitttttiiiinnn", (int64_t)suspicion->number,
        (int64_t)recorder_attempt(recorder, suspicion->number),
        oracle_kinds[suspicion->oracle]->name, suspicion->judgement->cause,
        suspicion->judgement->title, result, finding, (int64_t)made->replays,
        (int64_t)made->failures, (int64_t)made->controls, (int64_t)made->control_failures,
        (int64_t)made->test, made->p, made->alpha);
}

int findings_hit(struct findings *findings, struct recorder *recorder,
                 struct known_cause *known, const struct suspicion *suspicion,
                 const struct confirmation *confirmation, struct error *error)
{
    known->hits++;
    findings->suspicions++;
    capture_mark(recorder->capture);
    if ((known->costly && skips_hit(&findings->skips, recorder, known->id,
                                    suspicion->number, suspicion->stream, error) < 0) ||
        write_suspicion(recorder, suspicion, "duplicate", known->id, confirmation,
                        error) < 0)
        return -1;
    return store_write(recorder->store, error,
                       "UPDATE finding SET hits = hits + 1 WHERE id = ?", "t", known->id);
}

/* --- conclusions -------------------------------------------------------------------- */

static int write_finding(struct findings *findings, struct recorder *recorder,
                         const struct suspicion *suspicion,
                         const struct confirmation *confirmation,
                         const struct known_cause *known, struct error *error)
{
    const struct judgement *judgement = &confirmation->judgement;
    const char *oracle = oracle_kinds[confirmation->oracle]->name;
    const struct decision *made = &confirmation->decision;
    bool steady = made->confirmed && made->failures * 5 >= made->replays * 3;
    char cause[260], path[64], guilty[BUCKET_TEXT];
    struct finding_facts facts = {.id = known->id,
                                  .guilty = bucket_guilty(recorder->campaign,
                                                          &confirmation->sequence, guilty,
                                                          sizeof guilty),
                                  .grade = steady ? "confirmed" : "intermittent",
                                  .suspicion = suspicion,
                                  .confirmation = confirmation};
    size_t bytes = 0;

    for (size_t i = 0; i < confirmation->sequence.count; i++)
        bytes += confirmation->sequence.steps[i].length;
    facts.bucket = buckets_put(&findings->buckets, judgement->place, facts.guilty)->id;
    snprintf(path, sizeof path, "findings/%s/reproducer.percuss", known->id);
    if (finding_folder_write(recorder->directory, recorder->campaign, &facts, error) < 0)
        return -1;
    snprintf(cause, sizeof cause, "%s: %s", oracle, judgement->cause);
    if (store_write(
            recorder->store, error,
            "INSERT INTO finding VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
            "ttttttttitiiiiiriirtttt", known->id, oracle, judgement->kind, cause,
            judgement->title, judgement->detail, judgement->clause, facts.grade,
            (int64_t)suspicion->number, suspicion->name, (int64_t)1,
            (int64_t)made->replays, (int64_t)made->failures, (int64_t)made->controls,
            (int64_t)made->control_failures, made->p,
            (int64_t)confirmation->sequence.count, (int64_t)bytes, suspicion->after_s,
            path, facts.bucket, facts.guilty, judgement->place) < 0)
        return -1;
    return finding_messages_store(recorder->store, known->id, recorder->campaign,
                                  &confirmation->sequence, error);
}

/* A measurement that was made is spent: a process that is killed must not lose it. */
static int keep_test(struct recorder *recorder, const struct confirmation *confirmation,
                     struct error *error)
{
    return confirmation->decision.test ? recorder_commit(recorder, error) : 0;
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
    if (!confirmation->decision.confirmed && !hard) {
        tally_add(
            &findings->tries,
            try_key(suspicion->oracle, suspicion->judgement->cause, suspicion->stream));
        findings->suspicions++;
        return write_suspicion(recorder, suspicion, "unconfirmed", NULL, confirmation,
                               error) < 0
                   ? -1
                   : keep_test(recorder, confirmation, error);
    }
    known = findings_known(findings, confirmation->oracle, judgement->cause);
    if (known) {
        *id = known->id;
        return findings_hit(findings, recorder, known, suspicion, confirmation, error) < 0
                   ? -1
                   : keep_test(recorder, confirmation, error);
    }
    known = note_finding(findings, confirmation->oracle, judgement->cause,
                         findings_is_costly(confirmation->oracle, judgement));
    if (!known)
        return error_set(error, "more than %d different findings: fix some first",
                         FINDINGS);
    known->hits = 1;
    *id = known->id;
    findings->suspicions++;
    if (write_finding(findings, recorder, suspicion, confirmation, known, error) < 0 ||
        write_suspicion(recorder, suspicion, "finding", known->id, confirmation, error) <
            0)
        return -1;
    return recorder_commit(recorder, error);
}

int findings_leave(struct findings *findings, struct recorder *recorder,
                   const struct suspicion *suspicion, struct error *error)
{
    findings->suspicions++;
    return write_suspicion(recorder, suspicion, "unconfirmed", NULL, NULL, error);
}
