/* percuss assess: what all runs of one device together answer. */
#include "cli/cli.h"
#include "core/escape.h"
#include "criteria/assessment.h"
#include "report/rows.h"

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

static const struct cli_option options[] = {
    {"role", "ROLE", "of the run that is added: test (default) or retest"},
    {"version", "TEXT", "of the device in it, where no image can be read"},
    {"json", NULL, "show as JSON"},
    {NULL, NULL, NULL}};

static void put(const char *text)
{
    escape_write(stdout, text, ESCAPE_TERMINAL);
}

/* One row a line: `format` has a letter a column: t text as it is, and what else stands
 * between. */
static int put_rows(struct store *store, const char *heading, const char *sql,
                    struct error *error)
{
    sqlite3 *database = store_database(store);
    sqlite3_stmt *row = NULL;
    bool any = false;
    int status;

    if (sqlite3_prepare_v2(database, sql, -1, &row, NULL) != SQLITE_OK)
        return error_set(error, "cannot read the store: %s", sqlite3_errmsg(database));
    while ((status = sqlite3_step(row)) == SQLITE_ROW) {
        if (!any)
            printf("\n%s\n", heading);
        any = true;
        fputs("  ", stdout);
        put((const char *)sqlite3_column_text(row, 0));
        putchar('\n');
        for (int i = 1; i < sqlite3_column_count(row); i++) {
            if (!sqlite3_column_text(row, i))
                continue;
            fputs("      ", stdout);
            put((const char *)sqlite3_column_text(row, i));
            putchar('\n');
        }
    }
    sqlite3_finalize(row);
    return status == SQLITE_DONE
               ? 0
               : error_set(error, "cannot read the store: %s", sqlite3_errmsg(database));
}

static const char interfaces_sql[] =
    "SELECT name || CASE protocol WHEN '' THEN '' ELSE ' (' || protocol || ')' END || ': ' "
    "|| CASE WHEN EXISTS (SELECT 1 FROM runs r WHERE r.interface = i.name AND r.sent > 0) "
    "THEN 'tested' WHEN excluded = '' THEN 'not tested' ELSE 'excluded: ' || excluded END "
    "FROM assessed_interface i ORDER BY name";
static const char runs_sql[] =
    "SELECT printf('%s: %s, %s on %s, %d cases, %d findings, criteria of the run that fail: "
    "%d', folder, role, coalesce(campaign, '?'), coalesce(interface, '?'), sent, "
    "(SELECT count(*) FROM findings f WHERE f.folder = r.folder), failed), "
    "'device: ' || coalesce(device, 'not known') || coalesce(', version ' || version, '') "
    "FROM runs r ORDER BY started_ns, folder";
static const char criteria_sql[] =
    "SELECT printf('%-6s %-14s %s', id, verdict, title), explanation FROM criterion "
    "ORDER BY id";

static void print_fact(struct store *store, const char *name, const char *key)
{
    char sql[120], text[2000];
    sqlite3_stmt *row = NULL;

    snprintf(sql, sizeof sql, "SELECT value FROM assessment_fact WHERE key = '%s'", key);
    if (sqlite3_prepare_v2(store_database(store), sql, -1, &row, NULL) != SQLITE_OK)
        return;
    if (sqlite3_step(row) == SQLITE_ROW) {
        snprintf(text, sizeof text, "%s", (const char *)sqlite3_column_text(row, 0));
        printf("%-13s ", name);
        put(text);
        putchar('\n');
    }
    sqlite3_finalize(row);
}

static int print_text(const struct assessment *assessment, struct error *error)
{
    struct store *store = assessment->store;
    const char *verdict;
    char missing[400];
    int code = assessment_exit(assessment, &verdict);

    put(assessment->title);
    putchar('\n');
    print_fact(store, "device", "device");
    print_fact(store, "version", "device_version");
    print_fact(store, "tester", "tester");
    print_fact(store, "independence", "independence");
    if (assessment_missing(assessment, missing, sizeof missing)[0])
        printf("%-13s %s\n", "NOT STATED", missing);
    if (put_rows(store, "Interfaces", interfaces_sql, error) < 0 ||
        put_rows(store, "Runs", runs_sql, error) < 0 ||
        put_rows(store, "Criteria of triage and release", criteria_sql, error) < 0)
        return -1;
    printf("\nVerdict: %s (exit code %d)\n", verdict, code);
    return 0;
}

static int print_json(const struct assessment *assessment, struct error *error)
{
    static const struct {
        const char *key, *sql;
    } lists[] = {
        {"facts", "SELECT key, value FROM assessment_fact ORDER BY key"},
        {"images", "SELECT * FROM release_image ORDER BY bridge, sha256"},
        {"interfaces", "SELECT name, protocol, excluded, EXISTS (SELECT 1 FROM runs r "
                       "WHERE r.interface = i.name AND r.sent > 0) AS tested FROM "
                       "assessed_interface i ORDER BY name"},
        {"runs", "SELECT * FROM runs ORDER BY started_ns, folder"},
        {"findings", "SELECT folder, id, title, disposition, severity, harm, cvss, cwe, "
                     "hazard, component, approved_by FROM findings ORDER BY folder, id"},
        {"orphans", "SELECT * FROM trace_orphan ORDER BY item, lacks"},
        {"criteria", "SELECT * FROM criterion ORDER BY id"},
    };
    struct run_view run = {.store = assessment->store};
    const char *verdict;
    char missing[400];
    json_t *root = json_object(), *list;
    int code = assessment_exit(assessment, &verdict), status = 0;

    json_object_set_new(root, "assessment", json_string(assessment->name));
    json_object_set_new(root, "verdict", json_string(verdict));
    json_object_set_new(root, "exit", json_integer(code));
    json_object_set_new(
        root, "not_stated",
        json_string(assessment_missing(assessment, missing, sizeof missing)));
    for (size_t i = 0; status == 0 && i < sizeof lists / sizeof lists[0]; i++) {
        list = rows_list(&run, lists[i].sql, error);
        status = list ? json_object_set_new(root, lists[i].key, list) : -1;
    }
    if (status == 0) {
        json_dumpf(root, stdout, JSON_INDENT(2));
        putchar('\n');
    }
    json_decref(root);
    return status;
}

static int show(const struct command *command, const struct cli_arguments *arguments)
{
    struct error error = {""};
    struct assessment *assessment = assessment_load(arguments->positional[1], &error);
    struct criteria *criteria =
        assessment ? criteria_load(assessment->criteria_folder, &error) : NULL;
    const char *verdict;
    int code = EXIT_USAGE;

    if (criteria && criteria_select(criteria, assessment->criteria, &error) == 0 &&
        assessment_judge(assessment, criteria, &error) == 0 &&
        (cli_value(command, arguments, "json") ? print_json(assessment, &error)
                                               : print_text(assessment, &error)) == 0)
        code = assessment_exit(assessment, &verdict);
    else
        cli_fail(command, EXIT_USAGE, &error);
    criteria_free(criteria);
    assessment_free(assessment);
    return code;
}

static int add(const struct command *command, const struct cli_arguments *arguments)
{
    const char *role = cli_value(command, arguments, "role");
    struct error error = {""};

    if (arguments->positional_count < 3)
        error_set(&error, "add what? percuss assess add FILE RUN…");
    else if (role && strcmp(role, "test") != 0 && strcmp(role, "retest") != 0)
        error_set(&error, "--role: expected test or retest, found '%s'", role);
    for (int i = 2; i < arguments->positional_count && !error.text[0]; i++)
        if (assessment_add(arguments->positional[1], arguments->positional[i], role,
                           cli_value(command, arguments, "version"), &error) < 0)
            break;
    return error.text[0] ? cli_fail(command, EXIT_USAGE, &error) : EXIT_PASS;
}

static int run(const struct command *command, const struct cli_arguments *arguments)
{
    struct error error = {""};

    if (strcmp(arguments->positional[0], "add") == 0)
        return add(command, arguments);
    if (strcmp(arguments->positional[0], "show") == 0 && arguments->positional_count == 2)
        return show(command, arguments);
    error_set(&error, "expected: add FILE RUN…, or show FILE");
    return cli_fail(command, EXIT_USAGE, &error);
}

extern const struct command command_assess;
const struct command command_assess = {
    .name = "assess",
    .summary = "gather the runs of one device, and judge what only all of them answer",
    .arguments = "add FILE RUN… | show FILE",
    .positional_minimum = 2,
    .positional_maximum = CLI_POSITIONAL,
    .options = options,
    .details =
        "FILE is an assessment (harness/criteria/README.md has its keys); add makes it when\n"
        "it is not there. The runs' stores are only read.\n"
        "Exit of show: 0 every criterion of triage and release passes, 1 one fails,\n"
        "2 a file is wrong, 3 inconclusive.\n",
    .run = run,
};
