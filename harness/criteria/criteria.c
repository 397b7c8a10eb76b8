#include "criteria/criteria.h"

#include "core/hash.h"
#include "criteria/criterion.h"
#include "criteria/folder.h"
#include "device/place.h"
#include "record/schema.h"

#include <float.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CRITERIA_MAXIMUM = 256, PATH_SIZE = 4096 };

struct entry {
    struct criterion criterion;
    struct yaml_document *document;
    char *override_rationale, *not_applicable; /* owned; the criterion borrows them */
    double own_limit;                          /* as the file says */
};

struct criteria {
    struct entry entries[CRITERIA_MAXIMUM];
    size_t count;
    struct frameworks *frameworks;
    sqlite3 *empty; /* while folders are read */
    char hash[HASH_TEXT];
};

static struct entry *find(struct criteria *criteria, const char *id)
{
    for (size_t i = 0; i < criteria->count; i++) {
        if (strcmp(criteria->entries[i].criterion.id, id) == 0)
            return &criteria->entries[i];
    }
    return NULL;
}

static int compute_hash(struct criteria *criteria, struct error *error)
{
    struct hash_state *state = hash_begin();
    struct hash hash;
    char limit[40];

    if (!state)
        return error_set(error, "out of memory");
    for (size_t i = 0; i < criteria->count; i++) {
        const struct entry *entry = &criteria->entries[i];
        const struct criterion *criterion = &entry->criterion;
        struct view source = yaml_source(entry->document);

        if (!criterion->required)
            continue;
        hash_add_text(state, criterion->id);
        hash_add_integer(state, source.length);
        hash_add(state, source);
        snprintf(limit, sizeof limit, "%.17g", criterion->limit);
        hash_add_text(state, limit);
        hash_add_text(state, entry->override_rationale ? entry->override_rationale : "");
        hash_add_text(state, entry->not_applicable ? entry->not_applicable : "");
    }
    hash = hash_end(state);
    hash_to_text(&hash, criteria->hash);
    return 0;
}

static int load_file(void *context, const char *path, struct error *error)
{
    struct criteria *criteria = context;
    struct entry *entry = &criteria->entries[criteria->count], *same;
    const struct yaml *root;

    if (criteria->count == CRITERIA_MAXIMUM)
        return error_set(error, "%s: more than %d criteria", path, CRITERIA_MAXIMUM);
    entry->document = yaml_load(path, error);
    if (!entry->document)
        return -1;
    if (criterion_read(entry->document, criteria->empty, criteria->frameworks,
                       &entry->criterion, error))
        goto refused;
    root = yaml_root(entry->document);
    same = find(criteria, entry->criterion.id);
    if (same) {
        yaml_refuse(yaml_get(root, "id"), error,
                    "key 'id': %s is already defined in %s; choose another",
                    entry->criterion.id, yaml_root(same->document)->file);
        goto refused;
    }
    entry->own_limit = entry->criterion.limit;
    criteria->count++;
    return 0;
refused:
    yaml_close(entry->document);
    *entry = (struct entry){0};
    return -1;
}

static sqlite3 *make_empty_store(struct error *error)
{
    sqlite3 *empty = NULL;

    if (sqlite3_open(":memory:", &empty) != SQLITE_OK ||
        sqlite3_exec(empty, store_schema, NULL, NULL, NULL) != SQLITE_OK) {
        error_set(error, "an empty store cannot be made: %s",
                  empty ? sqlite3_errmsg(empty) : "out of memory");
        sqlite3_close(empty);
        return NULL;
    }
    return empty;
}

static bool has_frameworks(const char *folder, char path[PATH_SIZE + 16])
{
    snprintf(path, PATH_SIZE + 16, "%s/frameworks", folder);
    return access(path, F_OK) == 0;
}

/* The catalogue with its frameworks, and a folder in which frameworks are optional. */
static int load_with_catalogue(struct criteria *criteria, const char *built_in,
                               const char *folder, struct error *error)
{
    char catalogue[PATH_SIZE + 16], path[PATH_SIZE + 16];

    snprintf(catalogue, sizeof catalogue, "%s/catalogue", built_in);
    has_frameworks(built_in, path);
    if (frameworks_add_folder(criteria->frameworks, path, criteria->empty, error) ||
        (folder && has_frameworks(folder, path) &&
         frameworks_add_folder(criteria->frameworks, path, criteria->empty, error)) ||
        folder_each(catalogue, "criteria", load_file, criteria, error) ||
        (folder && folder_each(folder, "criteria", load_file, criteria, error)))
        return -1;
    return frameworks_check_support(criteria->frameworks, error);
}

static int load_alone(struct criteria *criteria, const char *built_in, const char *folder,
                      struct error *error)
{
    char path[PATH_SIZE + 16];

    if (!has_frameworks(folder, path))
        has_frameworks(built_in, path);
    return frameworks_add_folder(criteria->frameworks, path, criteria->empty, error) ||
                   folder_each(folder, "criteria", load_file, criteria, error)
               ? -1
               : 0;
}

static struct criteria *load(int (*read)(struct criteria *, const char *, const char *,
                                         struct error *),
                             const char *folder, struct error *error)
{
    struct criteria *criteria = calloc(1, sizeof *criteria);
    char built_in[PATH_SIZE];
    int status = -1;

    place_share(built_in, sizeof built_in, "criteria");
    if (!criteria || !(criteria->frameworks = frameworks_new()))
        error_set(error, "out of memory");
    else if ((criteria->empty = make_empty_store(error)))
        status = read(criteria, built_in, folder, error) || compute_hash(criteria, error)
                     ? -1
                     : 0;
    if (criteria) {
        sqlite3_close(criteria->empty);
        criteria->empty = NULL;
    }
    if (status < 0) {
        criteria_free(criteria);
        return NULL;
    }
    return criteria;
}

struct criteria *criteria_load(const char *folder, struct error *error)
{
    return load(load_with_catalogue, folder, error);
}

struct criteria *criteria_load_only(const char *folder, struct error *error)
{
    return load(load_alone, folder, error);
}

static void clear_override(struct entry *entry)
{
    free(entry->override_rationale);
    free(entry->not_applicable);
    entry->override_rationale = entry->not_applicable = NULL;
    entry->criterion.override_rationale = entry->criterion.not_applicable = NULL;
    entry->criterion.limit = entry->own_limit;
}

void criteria_free(struct criteria *criteria)
{
    if (!criteria)
        return;
    for (size_t i = 0; i < criteria->count; i++) {
        clear_override(&criteria->entries[i]);
        yaml_close(criteria->entries[i].document);
    }
    frameworks_free(criteria->frameworks);
    free(criteria);
}

size_t criteria_count(const struct criteria *criteria)
{
    return criteria->count;
}

const struct criterion *criteria_at(const struct criteria *criteria, size_t index)
{
    return index < criteria->count ? &criteria->entries[index].criterion : NULL;
}

const struct frameworks *criteria_frameworks(const struct criteria *criteria)
{
    return criteria->frameworks;
}

const char *criteria_hash(const struct criteria *criteria)
{
    return criteria->hash;
}

/* A rationale that says something, copied. */
static int read_rationale(const struct yaml *map, const char *key, char **copy,
                          struct error *error)
{
    const struct yaml *node = yaml_need(map, key, YAML_SCALAR, error);

    if (!node)
        return -1;
    if (node->text[strspn(node->text, " \t\r\n")] == '\0')
        return yaml_complain(node, error, "a rationale");
    *copy = strdup(node->text);
    return *copy ? 0 : error_set(error, "out of memory");
}

static int override_limit(struct entry *entry, const struct yaml *row,
                          struct error *error)
{
    const struct yaml *limit = yaml_get(row, "limit");
    struct criterion *criterion = &entry->criterion;

    if (!limit)
        return yaml_get(row, "rationale")
                   ? yaml_complain(yaml_get(row, "rationale"), error,
                                   "a limit beside the rationale")
                   : 0;
    if (!criterion->limit_may_be_overridden)
        return yaml_refuse(limit, error,
                           "key 'limit': the limit of %s may not be overridden",
                           criterion->id);
    if (yaml_read_real(row, "limit", -DBL_MAX, DBL_MAX, &criterion->limit, error) ||
        read_rationale(row, "rationale", &entry->override_rationale, error))
        return -1;
    criterion->override_rationale = entry->override_rationale;
    return 0;
}

static int apply(struct entry *entry, const struct yaml *row, struct error *error)
{
    static const char *const keys[] = {"id", "limit", "rationale", "not-applicable",
                                       NULL};
    const struct yaml *never;

    if (row->kind == YAML_SCALAR)
        return 0;
    if (yaml_check_keys(row, keys, error))
        return -1;
    never = yaml_get(row, "not-applicable");
    if (!never)
        return override_limit(entry, row, error);
    if (yaml_get(row, "limit") || yaml_get(row, "rationale"))
        return yaml_complain(never, error,
                             "either not-applicable or limit and rationale");
    if (read_rationale(row, "not-applicable", &entry->not_applicable, error))
        return -1;
    entry->criterion.not_applicable = entry->not_applicable;
    return 0;
}

static int select_row(struct criteria *criteria, const struct yaml *row,
                      struct error *error)
{
    const struct yaml *id = row;
    struct entry *entry;

    if (row->kind == YAML_MAP)
        id = yaml_need(row, "id", YAML_SCALAR, error);
    if (!id)
        return -1;
    if (id->kind != YAML_SCALAR)
        return yaml_complain(id, error, "a criterion's id, or a map with id");
    entry = find(criteria, id->text);
    if (!entry)
        return yaml_complain(id, error,
                             "the id of a criterion (percuss criteria list shows them)");
    if (entry->criterion.required)
        return yaml_complain(id, error, "each criterion once");
    entry->criterion.required = true;
    return apply(entry, row, error);
}

int criteria_select(struct criteria *criteria, const struct yaml *list,
                    struct error *error)
{
    if (list && (list->kind != YAML_LIST || !list->child))
        return yaml_complain(list, error, "a list with at least one criterion");
    for (size_t i = 0; i < criteria->count; i++) {
        clear_override(&criteria->entries[i]);
        criteria->entries[i].criterion.required = !list;
    }
    for (const struct yaml *row = list ? list->child : NULL; row; row = row->next) {
        if (select_row(criteria, row, error))
            return -1;
    }
    return compute_hash(criteria, error);
}
