#include "bundle/inputs.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { INPUTS_MAXIMUM = 64 };

/* Whole paths, links resolved; the first is the campaign's. */
struct files {
    char *paths[INPUTS_MAXIMUM];
    size_t count;
};

static void free_files(struct files *files)
{
    for (size_t i = 0; i < files->count; i++)
        free(files->paths[i]);
}

/* 1: it is there already. */
static int add_file(struct files *files, const char *path, struct error *error)
{
    char *whole = realpath(path, NULL);

    if (!whole)
        return error_set(error, "%s: %s", path, strerror(errno));
    for (size_t i = 0; i < files->count; i++)
        if (strcmp(files->paths[i], whole) == 0) {
            free(whole);
            return 1;
        }
    if (files->count == INPUTS_MAXIMUM) {
        free(whole);
        return error_set(error, "%s: more than %d files", path, INPUTS_MAXIMUM);
    }
    files->paths[files->count++] = whole;
    return 0;
}

static int beside(char path[FOLDER_PATH], const char *file, const char *name,
                  const char *suffix, struct error *error)
{
    const char *slash = strrchr(file, '/');
    int length = snprintf(path, FOLDER_PATH, "%.*s%s%s",
                          slash && name[0] != '/' ? (int)(slash + 1 - file) : 0, file,
                          name, suffix);

    return length < 0 || length >= FOLDER_PATH
               ? error_set(error, "%s: path too long", name)
               : 0;
}

/* A model names what it imports, a session what it extends. */
static int add_with_others(struct files *files, const char *path, struct error *error)
{
    struct yaml_document *document = NULL;
    const struct yaml *imports, *base;
    char other[FOLDER_PATH];
    int status = add_file(files, path, error);

    if (status)
        return status < 0 ? -1 : 0;
    document = yaml_load(path, error);
    if (!document)
        return -1;
    imports = yaml_get(yaml_get(yaml_root(document), "meta"), "imports");
    for (const struct yaml *item = imports ? imports->child : NULL; item && status == 0;
         item = item->next)
        if (beside(other, path, item->text ? item->text : "", ".ksy", error) < 0 ||
            add_with_others(files, other, error) < 0)
            status = -1;
    base = yaml_get(yaml_root(document), "extends");
    if (status == 0 && base && base->text &&
        (beside(other, path, base->text, "", error) < 0 ||
         add_with_others(files, other, error) < 0))
        status = -1;
    yaml_close(document);
    return status;
}

/* Where `key` of the campaign's target is, in the list. */
static int add_target(struct files *files, const struct campaign *campaign,
                      const char *key, size_t *place, struct error *error)
{
    const struct yaml *target = yaml_get(yaml_root(campaign->document), "target");
    char path[FOLDER_PATH];

    if (beside(path, campaign->path, yaml_get(target, key)->text, "", error) < 0)
        return -1;
    *place = files->count;
    return add_with_others(files, path, error);
}

/* --- copying ------------------------------------------------------------------------ */

/* How much of all paths is one folder, its '/' included. */
static size_t common_folder(const struct files *files)
{
    const char *first = files->paths[0];
    size_t common = strlen(first);

    for (size_t i = 0; i < files->count; i++) {
        size_t same = 0;

        while (same < common && files->paths[i][same] == first[same])
            same++;
        common = same;
    }
    while (common && first[common - 1] != '/')
        common--;
    return common;
}

static int copy_files(const struct files *files, const char *folder, const char *inputs,
                      struct error *error)
{
    size_t common = common_folder(files);
    char inside[FOLDER_PATH], path[FOLDER_PATH];

    for (size_t i = 0; i < files->count; i++)
        if (folder_path(inside, inputs, files->paths[i] + common, error) < 0 ||
            folder_path(path, folder, inside, error) < 0 ||
            folder_copy(files->paths[i], path, error) < 0)
            return -1;
    return 0;
}

/* Their order is part of their hash: a number before the name keeps it. */
static int copy_criteria(const struct criteria *criteria, const char *folder,
                         struct error *error)
{
    char path[FOLDER_PATH];

    for (size_t i = 0; i < criteria_count(criteria); i++) {
        const struct criterion *criterion = criteria_at(criteria, i);

        char name[256];

        snprintf(name, sizeof name, "%03zu-%.200s.yaml", i + 1, criterion->id);
        if (strchr(criterion->id, '/'))
            return error_set(error, "%s: a criterion's id names a file: leave '/' out",
                             criterion->id);
        if (folder_path(path, folder, name, error) < 0 ||
            folder_copy(criterion->file, path, error) < 0)
            return -1;
    }
    return 0;
}

/* Those whose clauses the criteria name, and the rest: each file once. */
static int copy_frameworks(const struct frameworks *frameworks, const char *folder,
                           struct error *error)
{
    char name[256], path[FOLDER_PATH];
    const char *last = "";

    for (size_t i = 0; i < frameworks_count(frameworks); i++) {
        const struct clause *clause = frameworks_at(frameworks, i);

        if (strcmp(clause->framework_id, last) == 0)
            continue;
        last = clause->framework_id;
        snprintf(name, sizeof name, "frameworks/%.200s.yaml", last);
        if (strchr(last, '/'))
            return error_set(error, "%s: a framework's id names a file: leave '/' out",
                             last);
        if (folder_path(path, folder, name, error) < 0 ||
            folder_copy(clause->row->file, path, error) < 0)
            return -1;
    }
    return 0;
}

int inputs_copy_criteria(const struct criteria *criteria, const char *folder,
                         const char *name, struct error *error)
{
    char own[FOLDER_PATH], path[FOLDER_PATH];

    return folder_path(own, INPUTS_CRITERIA, name, error) < 0 ||
                   folder_path(path, folder, own, error) < 0 ||
                   copy_criteria(criteria, path, error) < 0 ||
                   copy_frameworks(criteria_frameworks(criteria), path, error) < 0
               ? -1
               : 0;
}

int inputs_copy(const struct campaign *campaign, const char *folder, const char *name,
                struct inputs *inputs, struct error *error)
{
    struct files files = {0};
    char own[FOLDER_PATH];
    size_t model, session, common;
    int status = -1;

    if (folder_path(own, INPUTS_FOLDER, name, error) < 0 ||
        add_file(&files, campaign->path, error) < 0 ||
        add_target(&files, campaign, "model", &model, error) < 0 ||
        add_target(&files, campaign, "session", &session, error) < 0)
        goto out;
    common = common_folder(&files);
    if (folder_path(inputs->campaign, own, files.paths[0] + common, error) < 0 ||
        folder_path(inputs->model, own, files.paths[model] + common, error) < 0 ||
        folder_path(inputs->session, own, files.paths[session] + common, error) < 0 ||
        copy_files(&files, folder, own, error) < 0)
        goto out;
    status = 0;
out:
    free_files(&files);
    return status;
}
