/* The runs of an assessment: their list, what their stores say, and adding one. */
#include "criteria/assessment_parts.h"
#include "record/triage.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const roles[] = {"test", "retest", NULL};

static int read_run(struct assessment *assessment, const struct yaml *entry,
                    struct error *error)
{
    static const char *const keys[] = {"folder", "role", "version", NULL};
    struct assessed_run *run = &assessment->runs[assessment->run_count];
    const struct yaml *folder;
    int role = 0;

    run->entry = entry;
    if (yaml_check_keys(entry, keys, error) < 0 ||
        assessment_text(entry, "folder", true, &run->folder, error) < 0 ||
        assessment_text(entry, "version", false, &run->version, error) < 0 ||
        yaml_read_choice(entry, "role", roles, &role, error) < 0)
        return -1;
    folder = yaml_get(entry, "folder");
    for (size_t i = 0; i < assessment->run_count; i++)
        if (strcmp(assessment->runs[i].folder, run->folder) == 0)
            return yaml_complain(folder, error, "each run once");
    run->retest = role == 1;
    if (assessment_path(assessment, folder, run->path, sizeof run->path - 16, error) < 0)
        return -1;
    strcat(run->path, "/campaign.db");
    if (access(run->path, R_OK) < 0)
        return yaml_refuse(folder, error, "key 'folder': %s holds no run: there is no %s",
                           run->folder, run->path);
    assessment->run_count++;
    return 0;
}

int assessment_read_runs(struct assessment *assessment, const struct yaml *root,
                         struct error *error)
{
    const struct yaml *list = yaml_get(root, "runs");

    if (!list)
        return 0;
    if (list->kind != YAML_LIST || list->count > ASSESSMENT_RUNS)
        return yaml_complain(list, error, "a list of at most %d runs", ASSESSMENT_RUNS);
    assessment->runs = calloc(list->count + 1, sizeof *assessment->runs);
    if (!assessment->runs)
        return error_set(error, "out of memory");
    for (const struct yaml *entry = list->child; entry; entry = entry->next)
        if (read_run(assessment, entry, error) < 0)
            return -1;
    return 0;
}

/* --- what their stores say ---------------------------------------------------------- */

static int run_sql(sqlite3 *database, const char *sql, const char *const *values,
                   struct error *error)
{
    sqlite3_stmt *statement = NULL;
    int status = sqlite3_prepare_v2(database, sql, -1, &statement, NULL);

    for (int i = 0; status == SQLITE_OK && i < sqlite3_bind_parameter_count(statement);
         i++)
        sqlite3_bind_text(statement, i + 1, values[i], -1, SQLITE_STATIC);
    if (status == SQLITE_OK)
        status = sqlite3_step(statement) == SQLITE_DONE ? SQLITE_OK : SQLITE_ERROR;
    if (status != SQLITE_OK)
        error_set(error, "%s", sqlite3_errmsg(database));
    sqlite3_finalize(statement);
    return status == SQLITE_OK ? 0 : -1;
}

/* The same columns there and here: one schema made both. */
static int copy_run(struct store *store, const struct assessed_run *run,
                    struct error *error)
{
    sqlite3 *database = store_database(store);
    static const char *const copies[] = {
        "INSERT INTO assessed_run SELECT ?1, ?2, ?3, * FROM member.this_run",
        "INSERT INTO assessed_finding SELECT ?1, * FROM member.finding_now",
        "INSERT INTO assessed_retest SELECT ?1, * FROM member.retest",
        "INSERT INTO assessed_stream SELECT ?1, * FROM member.stream_sent",
        "INSERT INTO assessed_path SELECT ?1, * FROM member.path_sent",
        "INSERT INTO assessed_finding_path SELECT ?1, * FROM member.finding_path",
        ("INSERT INTO load_test SELECT NULL, interface, percent, minutes, held, tool, "
         "record, by, date FROM member.load_test")};
    const char *values[] = {run->folder, roles[run->retest], run->version};
    int status = 0;

    if (store_attach(store, run->path, "member", error) < 0)
        return -1;
    for (size_t i = 0; status == 0 && i < sizeof copies / sizeof copies[0]; i++)
        status = run_sql(database, copies[i], values, error);
    if (run_sql(database, "DETACH member", NULL,
                status == 0 ? error : &(struct error){0}) < 0)
        status = -1;
    return status;
}

/* Its cases would count twice beside the run that it was merged into. */
static int check_whole(struct store *store, struct error *error)
{
    char part[32];

    return store_get(store, "shard", part, sizeof part) == 0
               ? error_set(error, "it is shard %s of a run: percuss merge makes the run",
                           part)
               : 0;
}

/* Its schema and its log are looked at first. */
static int check_store(const struct assessed_run *run, struct error *error)
{
    struct store *store = store_open(run->path, false, error);
    int status =
        store && check_whole(store, error) == 0 ? triage_verify(store, error) : -1;

    store_close(store, NULL);
    return status;
}

int assessment_take_runs(struct assessment *assessment, struct error *error)
{
    for (size_t i = 0; i < assessment->run_count; i++) {
        const struct assessed_run *run = &assessment->runs[i];
        struct error reason;

        if (check_store(run, &reason) < 0 ||
            copy_run(assessment->store, run, &reason) < 0)
            return yaml_refuse(yaml_get(run->entry, "folder"), error,
                               "key 'folder': %s: %s", run->folder, reason.text);
    }
    return 0;
}
