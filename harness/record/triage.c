#include "record/triage.h"

#include "core/hash.h"

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

const char *const triage_keys[] = {"disposition", "bucket", "note", NULL};
const char *const triage_dispositions[] = {
    "open",           /* nothing was decided yet, or the decision was taken back */
    "fixed",          /* in a later build: its retest shows it */
    "deferred",       /* to a later release */
    "accepted",       /* the risk is */
    "false-positive", /* the device is right */
    "duplicate",      /* of another finding */
    NULL};

static void hash_entry(const char *previous, int64_t seq,
                       const struct triage_entry *entry, char text[HASH_TEXT])
{
    struct hash_state *state = hash_begin();
    struct hash hash;

    hash_add_text(state, previous);
    hash_add_integer(state, (uint64_t)seq);
    hash_add_integer(state, (uint64_t)entry->at_ns);
    hash_add_text(state, entry->by);
    hash_add_text(state, entry->finding);
    hash_add_text(state, entry->key);
    hash_add_text(state, entry->value);
    hash_add_text(state, entry->why);
    hash = hash_end(state);
    hash_to_text(&hash, text);
}

/* The first entry hangs on the run itself. */
static void first_hash(struct store *store, char text[HASH_TEXT])
{
    if (store_get(store, "plan_hash", text, HASH_TEXT) < 0)
        text[0] = '\0';
}

static const char *column(sqlite3_stmt *statement, int index)
{
    const char *text = (const char *)sqlite3_column_text(statement, index);

    return text ? text : "";
}

static int check_row(sqlite3_stmt *row, int64_t seq, char previous[HASH_TEXT],
                     struct error *error)
{
    struct triage_entry entry = {.at_ns = sqlite3_column_int64(row, 1),
                                 .by = column(row, 2),
                                 .finding = column(row, 3),
                                 .key = column(row, 4),
                                 .value = column(row, 5),
                                 .why = column(row, 6)};
    char hash[HASH_TEXT];

    if (sqlite3_column_int64(row, 0) != seq)
        return error_set(error, "the triage log was altered: entry %lld is missing",
                         (long long)seq);
    hash_entry(previous, seq, &entry, hash);
    if (strcmp(column(row, 7), previous) != 0 || strcmp(column(row, 8), hash) != 0)
        return error_set(error,
                         "the triage log was altered: entry %lld is not what it was",
                         (long long)seq);
    memcpy(previous, hash, HASH_TEXT);
    return 0;
}

/* Reads the whole log; its last sequence number and hash. */
static int read_log(struct store *store, int64_t *last, char hash[HASH_TEXT],
                    struct error *error)
{
    sqlite3 *database = store_database(store);
    sqlite3_stmt *statement = NULL;
    int status = 0;

    *last = 0;
    first_hash(store, hash);
    if (sqlite3_prepare_v2(database,
                           "SELECT seq, at_ns, by, finding, key, value, why, previous, "
                           "hash FROM triage ORDER BY seq",
                           -1, &statement, NULL) != SQLITE_OK)
        return error_set(error, "cannot read the triage log: %s",
                         sqlite3_errmsg(database));
    while (status == 0 && sqlite3_step(statement) == SQLITE_ROW)
        status = check_row(statement, ++*last, hash, error);
    sqlite3_finalize(statement);
    return status;
}

int triage_verify(struct store *store, struct error *error)
{
    char hash[HASH_TEXT];
    int64_t last;

    return read_log(store, &last, hash, error);
}

int triage_append(struct store *store, const struct triage_entry *entry,
                  struct error *error)
{
    char previous[HASH_TEXT], hash[HASH_TEXT];
    int64_t last;

    if (read_log(store, &last, previous, error) < 0)
        return -1;
    if (!store_integer(store, 0, "SELECT count(*) FROM finding WHERE id = ?", "t",
                       entry->finding))
        return error_set(error, "this run has no finding %s", entry->finding);
    hash_entry(previous, last + 1, entry, hash);
    if (store_write(store, error, "INSERT INTO triage VALUES (?,?,?,?,?,?,?,?,?)",
                    "iittttttt", last + 1, entry->at_ns, entry->by, entry->finding,
                    entry->key, entry->value, entry->why, previous, hash) < 0)
        return -1;
    return store_commit(store, error);
}
