#include "bundle/evidence.h"

#include "record/schema.h"

#include <jansson.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

/* A path that stays inside the folder. */
static bool is_inside(const char *path)
{
    return path[0] && path[0] != '/' && strstr(path, "..") == NULL &&
           strlen(path) < FOLDER_PATH;
}

static int read_index(struct evidence_folder *evidence, struct verification *all)
{
    const char *campaign, *model, *session, *made_by;
    char path[FOLDER_PATH];
    json_error_t where;
    json_t *json = NULL;
    struct error error;
    int version = 0, status = -1;

    if (folder_path(path, evidence->path, EVIDENCE_INDEX, &error) == 0)
        json = json_load_file(path, 0, &where);
    if (!json ||
        json_unpack(json, "{s:i, s:s, s:s, s:s, s:s}", "percuss_evidence", &version,
                    "made_by", &made_by, "campaign", &campaign, "model", &model,
                    "session", &session) < 0 ||
        !is_inside(campaign) || !is_inside(model) || !is_inside(session)) {
        verification_add(all, CHECK_ALTERED, "index",
                         EVIDENCE_INDEX " is no index of evidence");
        goto out;
    }
    if (version != EVIDENCE_VERSION) {
        verification_add(all, CHECK_UNKNOWN, "index",
                         EVIDENCE_INDEX ": format %d, this percuss reads %d", version,
                         EVIDENCE_VERSION);
        goto out;
    }
    snprintf(evidence->version, sizeof evidence->version, "%s", made_by);
    snprintf(evidence->inputs.campaign, FOLDER_PATH, "%s", campaign);
    snprintf(evidence->inputs.model, FOLDER_PATH, "%s", model);
    snprintf(evidence->inputs.session, FOLDER_PATH, "%s", session);
    status = 0;
out:
    json_decref(json);
    return status;
}

/* Everything that the schema has, and nothing else: a view or a trigger of somebody else
 * could do anything when it is used. */
static bool has_schema(struct store *store)
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
                  struct verification *all)
{
    char store[FOLDER_PATH];
    struct error error;

    *evidence = (struct evidence_folder){.path = path};
    if (read_index(evidence, all) < 0)
        return -1;
    if (folder_temporary(evidence->scratch, &error) < 0) {
        verification_add(all, CHECK_UNKNOWN, "store", "%s", error.text);
        return -1;
    }
    if (folder_path(store, path, EVIDENCE_STORE, &error) == 0)
        evidence->store = store_open(store, false, &error);
    if (!evidence->store)
        verification_add(all, CHECK_ALTERED, "store", "%s", error.text);
    else if (!has_schema(evidence->store))
        verification_add(all, CHECK_ALTERED, "store",
                         EVIDENCE_STORE ": its tables, views and triggers are not those "
                                        "of a store of this version");
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
