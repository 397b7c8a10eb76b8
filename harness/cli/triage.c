/* percuss triage: the findings of a run, and what people say of them. */
#include "record/triage.h"
#include "cli/common.h"
#include "core/clock.h"
#include "core/escape.h"
#include "report/rows.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct cli_option options[] = {
    {"disposition", "WHAT", "open, fixed, deferred, accepted, false-positive, duplicate"},
    {"harm", "TEXT", "what it can do to a patient or user"},
    {"severity", "HOW", "of that: negligible, minor, serious, critical, catastrophic"},
    {"multi-patient", "YES", "yes or no: one attack can reach many patients"},
    {"cvss", "VECTOR", "how exploitable: CVSS:4.0/… or CVSS:3.1/…"},
    {"cwe", "CWE-N", "the class of weakness: CWE-787"},
    {"root-cause", "TEXT", "what is wrong in the device"},
    {"hazard", "ID", "the hazard it leads to, as the assessment names it"},
    {"component", "ID", "the component at fault, as the assessment names it"},
    {"release", "NAME", "of a deferral: the release that will have the fix"},
    {"due", "DATE", "of a deferral: when it is delivered: 2027-03-31"},
    {"interim", "TEXT", "of a deferral: what devices in use do until then"},
    {"bucket", "ID", "these findings belong to this bucket: B-02, or a name of yours"},
    {"note", "TEXT", "something to remember"},
    {"approval", "TEXT", "--by approves what was said so far: what it means"},
    {"by", "NAME", "who says so (needed)"},
    {"why", "TEXT", "the reason (needed for disposition, severity and bucket)"},
    {"json", NULL, "print findings and log as JSON"},
    {NULL, NULL, NULL}};

static void put(const char *text)
{
    escape_write(stdout, text, ESCAPE_TERMINAL);
}

static const char *column(sqlite3_stmt *row, int index)
{
    const char *text = (const char *)sqlite3_column_text(row, index);

    return text ? text : "";
}

/* One row after the other to `take`; `finding` (NULL: none) is bound to ?1. */
static int each_row(struct store *store, const char *sql, const char *finding,
                    void (*take)(sqlite3_stmt *row, void *context), void *context,
                    struct error *error)
{
    sqlite3 *database = store_database(store);
    sqlite3_stmt *statement = NULL;
    int status;

    if (sqlite3_prepare_v2(database, sql, -1, &statement, NULL) != SQLITE_OK)
        return error_set(error, "cannot read the store: %s", sqlite3_errmsg(database));
    if (finding)
        sqlite3_bind_text(statement, 1, finding, -1, SQLITE_STATIC);
    while ((status = sqlite3_step(statement)) == SQLITE_ROW)
        take(statement, context);
    sqlite3_finalize(statement);
    return status == SQLITE_DONE
               ? 0
               : error_set(error, "cannot read the store: %s", sqlite3_errmsg(database));
}

/* --- the list ----------------------------------------------------------------------- */

struct list {
    char bucket[64];
    int findings, buckets, open;
};

static void list_finding(sqlite3_stmt *row, void *context)
{
    struct list *list = context;

    if (strcmp(list->bucket, column(row, 0)) != 0) {
        snprintf(list->bucket, sizeof list->bucket, "%s", column(row, 0));
        list->buckets++;
        put(column(row, 0));
        fputs("  ", stdout);
        put(column(row, 6));
        fputs(column(row, 7)[0] ? ", in " : "", stdout);
        put(column(row, 7));
        putchar('\n');
    }
    list->findings++;
    list->open += strcmp(column(row, 2), "open") == 0;
    printf("  %-6s %-14s %-12s %-11s %6lld hits  ", column(row, 1), column(row, 2),
           column(row, 3), column(row, 4), (long long)sqlite3_column_int64(row, 8));
    put(column(row, 5));
    putchar('\n');
}

static void list_criterion(sqlite3_stmt *row, void *context)
{
    (void)context;
    printf("%s %s: ", column(row, 0), column(row, 1));
    put(column(row, 2));
    putchar('\n');
}

static int print_list(struct store *store, struct error *error)
{
    struct list list = {.bucket = ""};

    if (each_row(
            store,
            "SELECT bucket_now, id, disposition, grade, oracle, title, guilty, place, "
            "hits FROM finding_now ORDER BY bucket_now, id",
            NULL, list_finding, &list, error) < 0)
        return -1;
    printf("%d findings in %d buckets, %d open\n", list.findings, list.buckets,
           list.open);
    return each_row(
        store,
        "SELECT id, verdict, explanation FROM criterion WHERE phase = 'triage' "
        "AND id IN ('AC-17', 'AC-18') ORDER BY id",
        NULL, list_criterion, NULL, error);
}

/* --- one finding -------------------------------------------------------------------- */

static void show_facts(sqlite3_stmt *row, void *context)
{
    int *found = context;

    ++*found;
    for (int i = 0; i < sqlite3_column_count(row); i++) {
        if (!column(row, i)[0])
            continue;
        printf("  %-14s ", sqlite3_column_name(row, i));
        put(column(row, i));
        putchar('\n');
    }
}

static void show_entry(sqlite3_stmt *row, void *context)
{
    char when[24];

    (void)context;
    clock_format_utc(sqlite3_column_int64(row, 0), when, sizeof when);
    printf("  %s ", when);
    put(column(row, 1));
    fputs(": ", stdout);
    put(column(row, 2));
    putchar(' ');
    put(column(row, 3));
    fputs(column(row, 4)[0] ? " (" : "", stdout);
    put(column(row, 4));
    fputs(column(row, 4)[0] ? ")\n" : "\n", stdout);
}

static int show_finding(struct store *store, const char *directory, const char *id,
                        struct error *error)
{
    int found = 0;

    printf("%s\n", id);
    if (each_row(
            store,
            "SELECT title, disposition, harm, severity, multi_patient, cvss, cwe, "
            "root_cause, hazard, component, release, due, interim, "
            "approved_by || CASE WHEN changed_since THEN ', before the last change' "
            "ELSE '' END AS approved_by, bucket_now AS bucket, grade, oracle, kind, "
            "place, guilty, clause, detail, case_name AS \"case\", hits, "
            "replay_failures || ' of ' || replays AS replays, control_failures || ' of "
            "' || control_replays AS controls, steps AS messages FROM finding_now "
            "WHERE id = ?1",
            id, show_facts, &found, error) < 0)
        return -1;
    if (!found)
        return error_set(error, "this run has no finding %s", id);
    printf("  %-14s %s/findings/%s/\n", "folder", directory, id);
    return each_row(store,
                    "SELECT at_ns, by, key, value, why FROM triage WHERE finding = ?1 "
                    "ORDER BY seq",
                    id, show_entry, NULL, error);
}

/* --- as JSON ------------------------------------------------------------------------ */

static int print_json(struct store *store, struct error *error)
{
    struct run_view run = {.store = store};
    json_t *findings = rows_list(
        &run,
        "SELECT id, bucket_now AS bucket, disposition, harm, "
        "severity, multi_patient, cvss, cwe, root_cause, hazard, "
        "component, release, due, interim, approved_by, "
        "approved_ns, changed_since, grade, oracle, kind, title, place, guilty, hits FROM "
        "finding_now ORDER BY id",
        error);
    json_t *log =
        findings ? rows_list(&run, "SELECT * FROM triage ORDER BY seq", error) : NULL;
    json_t *json = log ? json_pack("{s:O, s:O}", "findings", findings, "log", log) : NULL;

    if (json) {
        json_dumpf(json, stdout, JSON_INDENT(2));
        putchar('\n');
    }
    json_decref(findings);
    json_decref(log);
    json_decref(json);
    return json ? 0 : -1;
}

/* --- saying something --------------------------------------------------------------- */

/* What --by and --why have to be for an entry of this key. */
static int check_signature(const char *key, const char *by, const char *why,
                           struct error *error)
{
    if (!by || !by[0])
        return error_set(error, "--%s needs --by NAME: whose word it is", key);
    if ((strcmp(key, "disposition") == 0 || strcmp(key, "severity") == 0 ||
         strcmp(key, "bucket") == 0) &&
        (!why || !why[0]))
        return error_set(error, "--%s needs --why TEXT: the reason stays with it", key);
    return 0;
}

/* All is looked at before anything is written. */
static int check_words(const struct command *command,
                       const struct cli_arguments *arguments, struct error *error)
{
    for (size_t i = 0; triage_keys[i]; i++) {
        const char *key = triage_keys[i], *value = cli_value(command, arguments, key);
        struct error reason;

        if (!value)
            continue;
        if (arguments->positional_count < 2)
            return error_set(error, "--%s: of which findings? percuss triage DIR F-001 …",
                             key);
        if (triage_check(key, value, &reason) < 0)
            return error_set(error, "--%s", reason.text);
        if (check_signature(key, cli_value(command, arguments, "by"),
                            cli_value(command, arguments, "why"), error) < 0)
            return -1;
    }
    return 0;
}

static int say(const struct command *command, const struct cli_arguments *arguments,
               struct store *store, const char *key, struct error *error)
{
    const char *why = cli_value(command, arguments, "why");
    struct triage_entry entry = {.at_ns = clock_wall_ns(),
                                 .by = cli_value(command, arguments, "by"),
                                 .key = key,
                                 .value = cli_value(command, arguments, key),
                                 .why = why ? why : ""};

    for (int i = 1; i < arguments->positional_count; i++) {
        entry.finding = arguments->positional[i];
        if (triage_append(store, &entry, error) < 0)
            return -1;
    }
    return 0;
}

/* --- the command -------------------------------------------------------------------- */

static bool says_something(const struct command *command,
                           const struct cli_arguments *arguments)
{
    for (size_t i = 0; triage_keys[i]; i++)
        if (cli_value(command, arguments, triage_keys[i]))
            return true;
    return false;
}

static int check_findings(const struct cli_arguments *arguments, struct store *store,
                          struct error *error)
{
    for (int i = 1; i < arguments->positional_count; i++)
        if (!store_integer(store, 0, "SELECT count(*) FROM finding WHERE id = ?", "t",
                           arguments->positional[i]))
            return error_set(error, "this run has no finding %s",
                             arguments->positional[i]);
    return 0;
}

static int work(const struct command *command, const struct cli_arguments *arguments,
                struct store *store, struct error *error)
{
    const char *directory = arguments->positional[0];
    int status = triage_verify(store, error);

    if (status == 0)
        status = check_findings(arguments, store, error);
    if (status == 0)
        status = check_words(command, arguments, error);
    for (size_t i = 0; status == 0 && triage_keys[i]; i++)
        if (cli_value(command, arguments, triage_keys[i]))
            status = say(command, arguments, store, triage_keys[i], error);
    if (status == 0 && says_something(command, arguments))
        status = common_judge_again(store, error);
    if (status < 0)
        return -1;
    if (cli_value(command, arguments, "json"))
        return print_json(store, error);
    if (arguments->positional_count == 1)
        return print_list(store, error);
    for (int i = 1; status == 0 && i < arguments->positional_count; i++)
        status = show_finding(store, directory, arguments->positional[i], error);
    return status;
}

static int run(const struct command *command, const struct cli_arguments *arguments)
{
    struct error error = {""}, ignored;
    struct store *store;
    int status = -1;

    store = store_open_run(arguments->positional[0], says_something(command, arguments),
                           &error);
    if (store)
        status = work(command, arguments, store, &error);
    if (store && store_close(store, status < 0 ? &ignored : &error) < 0)
        status = -1;
    return status < 0 ? cli_fail(command, EXIT_USAGE, &error) : EXIT_PASS;
}

extern const struct command command_triage;
const struct command command_triage = {
    .name = "triage",
    .summary = "list and show a run's findings, merge them, say what becomes of them",
    .arguments = "DIR [FINDING …]",
    .positional_minimum = 1,
    .positional_maximum = CLI_POSITIONAL,
    .options = options,
    .details =
        "DIR alone lists the findings by bucket; with findings, shows them and what was\n"
        "said of them. An approval covers what was said before it. Entries are appended to a log whose hashes hang together; nothing\n"
        "is changed or deleted, a correction is another entry.\n"
        "Exit: 0 done, 2 something is wrong with the arguments, the run, or its log.\n",
    .run = run,
};
