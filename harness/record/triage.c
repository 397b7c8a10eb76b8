#include "record/triage.h"

#include "core/hash.h"
#include "core/suggest.h"
#include "record/cvss.h"

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

const char *const triage_keys[] = {
    "disposition", "harm",    "severity",   "multi-patient",
    "cvss",        "cwe",     "root-cause", "hazard",
    "component",   "release", "due",        "interim",
    "bucket",      "note",    "approval",   NULL};
static const char *const dispositions[] = {
    "open",           /* nothing was decided yet, or the decision was taken back */
    "fixed",          /* in a later build: its retest shows it */
    "deferred",       /* to a later release */
    "accepted",       /* the risk is */
    "false-positive", /* the device is right */
    "duplicate",      /* of another finding */
    NULL};
/* Of the harm, from the least. */
static const char *const severities[] = {
    "negligible",   /* discomfort, no injury */
    "minor",        /* an injury that heals without treatment */
    "serious",      /* an injury that needs treatment; from here on AC-18 counts */
    "critical",     /* an injury that stays, or endangers life */
    "catastrophic", /* death */
    NULL};

static int check_choice(const char *key, const char *const *choices, const char *value,
                        struct error *error)
{
    struct suggestion suggestion = suggest_for(value, strlen(value));
    char list[200] = "";

    for (size_t i = 0; choices[i]; i++) {
        size_t used = strlen(list);

        if (strcmp(choices[i], value) == 0)
            return 0;
        suggest_offer(&suggestion, choices[i]);
        snprintf(list + used, sizeof list - used, "%s%s", i ? ", " : "", choices[i]);
    }
    error_set(error, "%s: expected one of %s; found '%s'", key, list, value);
    suggest_append(&suggestion, error);
    return -1;
}

/* "d" stands for a digit. */
static bool has_shape(const char *shape, const char *value)
{
    for (; *shape; shape++, value++)
        if (*shape == 'd' ? *value < '0' || *value > '9' : *value != *shape)
            return false;
    return *value == '\0';
}

static int check_cwe(const char *value, struct error *error)
{
    size_t digits = strspn(value + (strncmp(value, "CWE-", 4) == 0 ? 4 : strlen(value)),
                           "0123456789");

    if (strncmp(value, "CWE-", 4) != 0 || digits < 1 || digits > 5 || value[4 + digits])
        return error_set(error, "cwe: expected a weakness such as CWE-787, found '%s'",
                         value);
    return 0;
}

static int check_bucket(const char *value, struct error *error)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyz"
                                  "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";

    if (!value[0] || strlen(value) >= 48 || value[strspn(value, allowed)])
        return error_set(error,
                         "bucket: expected letters, digits, '-', '_' and '.', found '%s'",
                         value);
    return 0;
}

int triage_check(const char *key, const char *value, struct error *error)
{
    static const char *const answers[] = {"yes", "no", NULL};
    struct error reason;

    if (strcmp(key, "disposition") == 0)
        return check_choice(key, dispositions, value, error);
    if (strcmp(key, "severity") == 0)
        return check_choice(key, severities, value, error);
    if (strcmp(key, "multi-patient") == 0)
        return check_choice(key, answers, value, error);
    if (strcmp(key, "bucket") == 0)
        return check_bucket(value, error);
    if (strcmp(key, "cwe") == 0)
        return check_cwe(value, error);
    if (strcmp(key, "due") == 0 && !has_shape("dddd-dd-dd", value))
        return error_set(error, "due: expected a date such as 2027-03-31, found '%s'",
                         value);
    if (strcmp(key, "cvss") == 0 && cvss_check(value, &reason) < 0)
        return error_set(error, "cvss: %s", reason.text);
    if (!value[strspn(value, " \t\r\n")])
        return error_set(error, "%s: expected a text that says something", key);
    return 0;
}

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

    if (triage_check(entry->key, entry->value, error) < 0 ||
        read_log(store, &last, previous, error) < 0)
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
