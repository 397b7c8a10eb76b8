#include "bundle/evidence.h"

#include "criteria/assessment.h"
#include "record/schema.h"

#include <jansson.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int evidence_place(const char *folder, const char *kind, const char *name,
                   const char *file, char inside[FOLDER_PATH], char path[FOLDER_PATH],
                   struct error *error)
{
    char own[FOLDER_PATH], *place = inside ? inside : own;
    int length = snprintf(place, FOLDER_PATH, "%s/%s%s%s", kind, name, file ? "/" : "",
                          file ? file : "");

    if (length < 0 || length >= FOLDER_PATH)
        return error_set(error, "%s/%s/%s: path too long", kind, name, file ? file : "");
    return path ? folder_path(path, folder, place, error) : 0;
}

/* --- the index ---------------------------------------------------------------------- */

static json_t *run_json(const struct evidence_run *run)
{
    return json_pack("{s:s, s:s, s:s, s:s}", "name", run->name, "campaign",
                     run->inputs.campaign, "model", run->inputs.model, "session",
                     run->inputs.session);
}

char *evidence_index_text(const struct evidence_index *index, struct error *error)
{
    json_t *runs = json_array(), *json;
    char *text = NULL;

    for (size_t i = 0; i < index->run_count; i++)
        json_array_append_new(runs, run_json(&index->runs[i]));
    json = json_pack("{s:i, s:s, s:s, s:o}", "percuss_evidence", EVIDENCE_VERSION,
                     "made_by", index->version, "name", index->name, "runs", runs);
    if (json && index->assessed)
        json_object_set_new(json, "assessment", json_string(EVIDENCE_ASSESSMENT_FILE));
    if (json)
        text = json_dumps(json, JSON_INDENT(2));
    json_decref(json);
    if (!text)
        error_set(error, "out of memory for " EVIDENCE_INDEX);
    return text;
}

/* A path that stays inside the folder. */
static bool is_inside(const char *path)
{
    return path[0] && path[0] != '/' && strstr(path, "..") == NULL &&
           strlen(path) < FOLDER_PATH;
}

static bool is_name(const char *text)
{
    return text[0] && text[0] != '.' && strlen(text) < EVIDENCE_NAME &&
           !strchr(text, '/') && strcmp(text, EVIDENCE_ASSESSMENT) != 0;
}

static int read_run(struct evidence_run *run, const json_t *json)
{
    const char *name, *campaign, *model, *session;

    if (json_unpack((json_t *)json, "{s:s, s:s, s:s, s:s}", "name", &name, "campaign",
                    &campaign, "model", &model, "session", &session) < 0 ||
        !is_name(name) || !is_inside(campaign) || !is_inside(model) ||
        !is_inside(session))
        return -1;
    snprintf(run->name, sizeof run->name, "%s", name);
    snprintf(run->inputs.campaign, FOLDER_PATH, "%s", campaign);
    snprintf(run->inputs.model, FOLDER_PATH, "%s", model);
    snprintf(run->inputs.session, FOLDER_PATH, "%s", session);
    return 0;
}

static int read_runs(struct evidence_index *index, const json_t *runs)
{
    size_t count = json_array_size(runs);

    if (count < 1 || count > ASSESSMENT_RUNS || (!index->assessed && count > 1) ||
        !(index->runs = calloc(count, sizeof *index->runs)))
        return -1;
    for (size_t i = 0; i < count; i++) {
        if (read_run(&index->runs[i], json_array_get(runs, i)) < 0)
            return -1;
        for (size_t k = 0; k < i; k++)
            if (strcmp(index->runs[k].name, index->runs[i].name) == 0)
                return -1;
        index->run_count++;
    }
    return 0;
}

static int read_index(struct evidence_index *index, const json_t *json)
{
    const char *made_by, *name, *assessment = NULL;
    const json_t *runs;

    if (json_unpack((json_t *)json, "{s:s, s:s, s:o, s?s}", "made_by", &made_by, "name",
                    &name, "runs", &runs, "assessment", &assessment) < 0 ||
        (assessment && strcmp(assessment, EVIDENCE_ASSESSMENT_FILE) != 0))
        return -1;
    snprintf(index->version, sizeof index->version, "%s", made_by);
    snprintf(index->name, sizeof index->name, "%s", name);
    index->assessed = assessment != NULL;
    return read_runs(index, runs);
}

int evidence_index_read(struct evidence_index *index, const char *folder,
                        struct verification *all)
{
    char path[FOLDER_PATH];
    json_error_t where;
    json_t *json = NULL;
    int version = 0, status = -1;

    *index = (struct evidence_index){0};
    if (folder_path(path, folder, EVIDENCE_INDEX, &(struct error){0}) == 0)
        json = json_load_file(path, 0, &where);
    if (json && json_unpack(json, "{s:i}", "percuss_evidence", &version) == 0 &&
        version != EVIDENCE_VERSION)
        verification_add(all, CHECK_UNKNOWN, "index",
                         EVIDENCE_INDEX ": format %d, this percuss reads %d", version,
                         EVIDENCE_VERSION);
    else if (!version || (status = read_index(index, json)) < 0)
        verification_add(all, CHECK_ALTERED, "index",
                         EVIDENCE_INDEX " is no index of evidence");
    json_decref(json);
    return status;
}

void evidence_index_free(struct evidence_index *index)
{
    free(index->runs);
    *index = (struct evidence_index){0};
}

/* --- a run -------------------------------------------------------------------------- */

bool evidence_has_schema(struct store *store)
{
    static const char all[] =
        "SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT "
        "NULL ORDER BY type, name";
    sqlite3 *fresh = NULL;
    sqlite3_stmt *own = NULL, *found = NULL;
    bool same =
        sqlite3_open(":memory:", &fresh) == SQLITE_OK &&
        sqlite3_exec(fresh, store_schema, NULL, NULL, NULL) == SQLITE_OK &&
        sqlite3_prepare_v2(fresh, all, -1, &own, NULL) == SQLITE_OK &&
        sqlite3_prepare_v2(store_database(store), all, -1, &found, NULL) == SQLITE_OK;
    int more = SQLITE_ROW;

    while (same && more == SQLITE_ROW) {
        more = sqlite3_step(own);
        same = sqlite3_step(found) == more && (more == SQLITE_ROW || more == SQLITE_DONE);
        for (int i = 0; same && more == SQLITE_ROW && i < 3; i++) {
            const char *a = (const char *)sqlite3_column_text(own, i);
            const char *b = (const char *)sqlite3_column_text(found, i);

            same = a && b && strcmp(a, b) == 0;
        }
    }
    sqlite3_finalize(own);
    sqlite3_finalize(found);
    sqlite3_close(fresh);
    return same;
}

int evidence_open(struct evidence_folder *evidence, const char *path,
                  const struct evidence_index *index, const struct evidence_run *run,
                  struct verification *all)
{
    char store[FOLDER_PATH];
    struct error error;

    *evidence = (struct evidence_folder){.path = path, .index = index, .run = run};
    if (folder_temporary(evidence->scratch, &error) < 0) {
        verification_add(all, CHECK_UNKNOWN, "store", "%s", error.text);
        return -1;
    }
    if (evidence_place(path, EVIDENCE_RUNS, run->name, "campaign.db",
                       evidence->store_name, store, &error) == 0)
        evidence->store = store_open(store, false, &error);
    if (!evidence->store)
        verification_add(all, CHECK_ALTERED, "store", "%s", error.text);
    else if (!evidence_has_schema(evidence->store))
        verification_add(all, CHECK_ALTERED, "store",
                         "%s: its tables, views and triggers are not those of a store of "
                         "this version",
                         evidence->store_name);
    else
        return 0;
    return -1;
}

void evidence_close(struct evidence_folder *evidence)
{
    store_close(evidence->store, &(struct error){0});
    folder_remove(evidence->scratch);
    *evidence = (struct evidence_folder){0};
}
