#include "engine/skips.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

int skips_init(struct skips *skips, const struct campaign *campaign, struct error *error)
{
    *skips = (struct skips){.campaign = campaign};
    skips->streams = calloc(campaign->plan.stream_count + 1, sizeof *skips->streams);
    skips->sent = calloc(campaign->plan.stream_count + 1, sizeof *skips->sent);
    return skips->streams && skips->sent
               ? 0
               : error_set(error, "out of memory for what is skipped");
}

void skips_free(struct skips *skips)
{
    free(skips->streams);
    free(skips->sent);
    tally_free(&skips->hits);
    skips->streams = NULL;
    skips->sent = NULL;
}

int skips_load(struct skips *skips, struct recorder *recorder, struct error *error)
{
    sqlite3 *database = store_database(recorder->store);
    sqlite3_stmt *statement = NULL;

    if (sqlite3_prepare_v2(database,
                           "SELECT id, EXISTS (SELECT 1 FROM skip WHERE stream = id), "
                           "coalesce(sent, 0) FROM stream LEFT JOIN (SELECT stream, "
                           "count(*) AS sent FROM cases WHERE sent_bytes > 0 GROUP BY "
                           "stream) ON stream = id",
                           -1, &statement, NULL) != SQLITE_OK)
        return error_set(error, "cannot read what was skipped: %s",
                         sqlite3_errmsg(database));
    while (sqlite3_step(statement) == SQLITE_ROW) {
        int64_t stream = sqlite3_column_int64(statement, 0);

        if (stream < 0 || (size_t)stream >= skips->campaign->plan.stream_count)
            continue;
        skips->streams[stream] = sqlite3_column_int(statement, 1);
        skips->any |= skips->streams[stream];
        skips->sent[stream] = (uint64_t)sqlite3_column_int64(statement, 2);
    }
    sqlite3_finalize(statement);
    return 0;
}

void skips_sent(struct skips *skips, uint32_t stream)
{
    if (stream != PLAN_STACKED)
        skips->sent[stream]++;
}

/* --- where hits are counted --------------------------------------------------------- */

static bool is_same_stream(const struct stream *a, const struct stream *b)
{
    return a == b;
}

static bool is_same_field(const struct stream *a, const struct stream *b)
{
    char field[200], other[200];

    return strcmp(stream_field(a, field, sizeof field),
                  stream_field(b, other, sizeof other)) == 0;
}

static bool is_same_message(const struct stream *a, const struct stream *b)
{
    return a->site.message == b->site.message;
}

static uint64_t key_of_stream(const struct plan *plan, const struct stream *stream)
{
    return (uint64_t)(stream - plan->streams);
}

/* The type and the name: the same in all messages, states and anomalies. */
static uint64_t key_of_field(const struct plan *plan, const struct stream *stream)
{
    char field[200];

    (void)plan;
    return tally_key_text(0, stream_field(stream, field, sizeof field));
}

static uint64_t key_of_message(const struct plan *plan, const struct stream *stream)
{
    (void)plan;
    return stream->site.message;
}

static const struct scope {
    const char *name; /* schema.sql, skip.scope */
    size_t limit;     /* where the campaign says after how many hits: int64_t */
    bool needs_field;
    bool (*same)(const struct stream *a, const struct stream *b);
    uint64_t (*key)(const struct plan *plan, const struct stream *stream);
} scopes[] = {
    {"stream", offsetof(struct campaign, skip_after), false, is_same_stream,
     key_of_stream},
    {"field", offsetof(struct campaign, skip_field_after), true, is_same_field,
     key_of_field},
    {"message", offsetof(struct campaign, skip_message_after), false, is_same_message,
     key_of_message},
};

static int64_t limit_of(const struct scope *scope, const struct campaign *campaign)
{
    int64_t limit;

    memcpy(&limit, (const char *)campaign + scope->limit, sizeof limit);
    return limit;
}

/* Often enough among all that was sent there. */
static bool is_frequent(const struct skips *skips, const struct scope *scope,
                        const struct stream *culprit, uint64_t hits)
{
    const struct plan *plan = &skips->campaign->plan;
    uint64_t sent = 0;

    for (size_t i = 0; i < plan->stream_count; i++)
        if (skips->sent[i] && scope->same(&plan->streams[i], culprit))
            sent += skips->sent[i];
    return hits * SKIPS_SHARE >= sent;
}

static int leave_out(struct skips *skips, struct recorder *recorder, const char *id,
                     uint64_t number, const struct scope *scope, uint32_t hits,
                     const struct stream *culprit, struct error *error)
{
    const struct plan *plan = &skips->campaign->plan;

    for (size_t i = 0; i < plan->stream_count; i++) {
        if (skips->streams[i] || !scope->same(&plan->streams[i], culprit))
            continue;
        skips->streams[i] = skips->any = true;
        if (store_write(recorder->store, error,
                        "INSERT OR IGNORE INTO skip VALUES (?,?,?,?,?)", "ittii",
                        (int64_t)i, id, scope->name, (int64_t)hits, (int64_t)number) < 0)
            return -1;
    }
    return 0;
}

int skips_hit(struct skips *skips, struct recorder *recorder, const char *id,
              uint64_t number, uint32_t stream, struct error *error)
{
    const struct plan *plan = &skips->campaign->plan;
    const struct stream *culprit;
    char field[200];
    uint32_t hits;

    if (stream == PLAN_STACKED)
        return 0;
    culprit = &plan->streams[stream];
    for (size_t i = 0; i < sizeof scopes / sizeof scopes[0]; i++) {
        const struct scope *scope = &scopes[i];
        uint64_t key = tally_key(tally_key_text(i, id), scope->key(plan, culprit));

        if (scope->needs_field && !stream_field(culprit, field, sizeof field)[0])
            continue;
        hits = tally_add(&skips->hits, key);
        if (hits >= limit_of(scope, skips->campaign) &&
            is_frequent(skips, scope, culprit, hits) &&
            leave_out(skips, recorder, id, number, scope, hits, culprit, error) < 0)
            return -1;
    }
    return 0;
}

bool skips_case(const struct skips *skips, uint64_t number, uint32_t stream,
                uint32_t *why)
{
    uint32_t streams[PLAN_CHANGES];
    size_t count;

    *why = stream;
    if (!skips->any || stream != PLAN_STACKED)
        return skips->any && skips->streams[stream];
    count = plan_streams(&skips->campaign->plan, number, streams);
    for (size_t i = 0; i < count; i++)
        if (skips->streams[ *why = streams[i]])
            return true;
    return false;
}
