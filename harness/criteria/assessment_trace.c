/* What an assessment's work is for: threats, requirements, hazards and the SBOM from the
 * files that it names, and which component a place in the device belongs to. */
#include "criteria/assessment_parts.h"
#include "criteria/import.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* --- files -------------------------------------------------------------------------- */

static int read_file(struct assessment *assessment, const struct yaml *root,
                     const char *key,
                     int (*import)(const struct import_source *, struct error *),
                     struct error *error)
{
    const char *name;
    char path[4200];

    if (assessment_text(root, key, false, &name, error) < 0)
        return -1;
    if (!name)
        return 0;
    if (assessment_path(assessment, yaml_get(root, key), path, sizeof path, error) < 0)
        return -1;
    if (access(path, R_OK) < 0)
        return yaml_refuse(yaml_get(root, key), error, "key '%s': cannot read %s: %s",
                           key, path, strerror(errno));
    return import(&(struct import_source){assessment->store, path, name}, error);
}

/* --- the map of components ---------------------------------------------------------- */

/* A text, or a list of them. */
static int each_text(const struct yaml *node,
                     int (*take)(void *context, const char *text), void *context,
                     struct error *error)
{
    const struct yaml *first = node->kind == YAML_LIST ? node->child : node;

    for (const struct yaml *at = first; at;
         at = node->kind == YAML_LIST ? at->next : NULL)
        if (at->kind != YAML_SCALAR || !at->text[0])
            return yaml_complain(at, error, "a pattern, or a list of them");
        else if (take(context, at->text) < 0)
            return -1;
    return 0;
}

struct place_reader {
    struct store *store;
    const char *component, *kind;
    struct error *error;
};

/* '*' is any text; what else GLOB knows stands for itself. */
static int put_place(void *context, const char *pattern)
{
    struct place_reader *reader = context;

    return store_write(reader->store, reader->error,
                       "INSERT INTO component_place VALUES (NULL,?,?,"
                       "replace(replace(?,'[','[[]'),'?','[?]'))",
                       "ttt", reader->component, reader->kind, pattern);
}

static int read_places(struct assessment *assessment, const struct yaml *entry,
                       struct error *error)
{
    static const char *const keys[] = {"component", "functions", "files", "objects",
                                       NULL};
    static const char *const kinds[] = {NULL, "function", "file", "object"};
    const char *word;
    struct place_reader reader = {assessment->store, NULL, NULL, error};
    bool any = false;

    if (yaml_check_keys(entry, keys, error) < 0 ||
        assessment_text(entry, "component", true, &word, error) < 0)
        return -1;
    if (!store_integer(assessment->store, 0,
                       "SELECT 1 FROM component_word WHERE word = ?", "t", word))
        return yaml_complain(yaml_get(entry, "component"), error,
                             "the reference, name@version or (if only one has it) name "
                             "of a component of `sbom`");
    reader.component = word;
    for (size_t i = 1; keys[i]; i++) {
        const struct yaml *node = yaml_get(entry, keys[i]);

        reader.kind = kinds[i];
        any = any || node;
        if (node && each_text(node, put_place, &reader, error) < 0)
            return -1;
    }
    return any ? 0
               : yaml_complain(entry, error,
                               "`functions`, `files` or `objects` beside "
                               "`component`");
}

static int read_map(struct assessment *assessment, const struct yaml *root,
                    struct error *error)
{
    const struct yaml *list = yaml_get(root, "components");

    if (!list)
        return 0;
    if (list->kind != YAML_LIST)
        return yaml_complain(list, error, "a list");
    for (const struct yaml *entry = list->child; entry; entry = entry->next)
        if (read_places(assessment, entry, error) < 0)
            return -1;
    return store_write(assessment->store, error,
                       "UPDATE component_place SET component = (SELECT ref FROM "
                       "component_word WHERE word = component_place.component)",
                       "");
}

int assessment_read_trace(struct assessment *assessment, const struct yaml *root,
                          struct error *error)
{
    return read_file(assessment, root, "threats", import_threats, error) < 0 ||
                   read_file(assessment, root, "requirements", import_requirements,
                             error) < 0 ||
                   read_file(assessment, root, "hazards", import_hazards, error) < 0 ||
                   read_file(assessment, root, "sbom", import_sbom, error) < 0 ||
                   read_map(assessment, root, error) < 0
               ? -1
               : 0;
}
