#include "criteria/assessment_parts.h"
#include "criteria/mandatory.h"
#include "criteria/query.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int assessment_text(const struct yaml *map, const char *key, bool needed,
                    const char **value, struct error *error)
{
    const struct yaml *node = yaml_get(map, key);

    *value = NULL;
    if (!node && !needed)
        return 0;
    if (!yaml_need(map, key, YAML_SCALAR, error))
        return -1;
    if (!node->text[strspn(node->text, " \t\r\n")])
        return yaml_complain(node, error, "a text that says something");
    *value = node->text;
    return 0;
}

static int note_path(struct assessment *assessment, const struct yaml *node,
                     const char *path, struct error *error)
{
    size_t count = assessment->path_count;
    struct assessed_path *grown;

    for (size_t i = 0; i < count; i++)
        if (assessment->paths[i].node == node)
            return 0;
    grown = realloc(assessment->paths, (count + 1) * sizeof *grown);
    if (!grown)
        return error_set(error, "out of memory");
    assessment->paths = grown;
    grown[count] = (struct assessed_path){node, strdup(path)};
    if (!grown[count].path)
        return error_set(error, "out of memory");
    assessment->path_count++;
    return 0;
}

/* Neither does it lead out, nor does reading it never end. */
static bool is_inside(const char *name, const char *path)
{
    struct stat what;

    return name[0] != '/' && !strstr(name, "..") && lstat(path, &what) == 0 &&
           (S_ISREG(what.st_mode) || S_ISDIR(what.st_mode));
}

int assessment_path(struct assessment *assessment, const struct yaml *node, char *path,
                    size_t size, struct error *error)
{
    int length = node->text[0] == '/'
                     ? snprintf(path, size, "%s", node->text)
                     : snprintf(path, size, "%s%s", assessment->folder, node->text);

    if (length < 0 || (size_t)length >= size)
        return yaml_complain(node, error, "a path");
    if (assessment->inside && !is_inside(node->text, path))
        return yaml_complain(node, error, "a plain file or folder beside this file");
    return note_path(assessment, node, path, error);
}

static int read_criteria(struct assessment *assessment, const struct yaml *root,
                         struct error *error)
{
    const struct yaml *folder = yaml_get(root, "criteria-folder");

    assessment->criteria = yaml_get(root, "criteria");
    if (!folder)
        return 0;
    if (!yaml_need(root, "criteria-folder", YAML_SCALAR, error) ||
        assessment_path(assessment, folder, assessment->criteria_path,
                        sizeof assessment->criteria_path, error) < 0)
        return -1;
    assessment->criteria_folder = assessment->criteria_path;
    return 0;
}

static int read_root(struct assessment *assessment, const struct yaml *root,
                     struct error *error)
{
    static const char *const keys[] = {
        "assessment", "title",        "device", "tester",
        "validation", "interfaces",   "load",   "threats",
        "hazards",    "requirements", "sbom",   "components",
        "symbols",    "criteria",     "runs",   "criteria-folder",
        NULL};

    if (yaml_check_keys(root, keys, error) < 0 ||
        assessment_text(root, "assessment", true, &assessment->name, error) < 0 ||
        assessment_text(root, "title", false, &assessment->title, error) < 0 ||
        read_criteria(assessment, root, error) < 0 ||
        assessment_read_declared(assessment, root, error) < 0 ||
        assessment_read_runs(assessment, root, error) < 0)
        return -1;
    if (!assessment->title)
        assessment->title = assessment->name;
    return store_commit(assessment->store, error);
}

static void set_folder(struct assessment *assessment, const char *path)
{
    const char *slash = strrchr(path, '/');

    snprintf(assessment->folder, sizeof assessment->folder, "%.*s",
             slash ? (int)(slash + 1 - path) : 0, path);
}

static struct assessment *load(const char *path, bool inside, struct error *error)
{
    struct assessment *assessment = calloc(1, sizeof *assessment);

    if (!assessment) {
        error_set(error, "out of memory while reading %s", path);
        return NULL;
    }
    set_folder(assessment, path);
    assessment->inside = inside;
    if (!(assessment->document = yaml_load(path, error)) ||
        !(assessment->store = store_create_in_memory(error)) ||
        read_root(assessment, yaml_root(assessment->document), error) < 0 ||
        assessment_take_runs(assessment, error) < 0 ||
        assessment_take_places(assessment, yaml_root(assessment->document), error) < 0) {
        assessment_free(assessment);
        return NULL;
    }
    return assessment;
}

struct assessment *assessment_load(const char *path, struct error *error)
{
    return load(path, false, error);
}

struct assessment *assessment_load_inside(const char *path, struct error *error)
{
    return load(path, true, error);
}

void assessment_free(struct assessment *assessment)
{
    if (!assessment)
        return;
    store_close(assessment->store, &(struct error){0});
    yaml_close(assessment->document);
    for (size_t i = 0; i < assessment->path_count; i++)
        free(assessment->paths[i].path);
    free(assessment->paths);
    free(assessment->runs);
    free(assessment);
}

const char *assessment_missing(const struct assessment *assessment, char *text,
                               size_t size)
{
    char name[200];
    struct error ignored;
    size_t used = 0;

    text[0] = '\0';
    for (size_t i = 0; mandatory[i].criterion && used < size; i++)
        if (mandatory[i].of == MANDATORY_DECLARED &&
            query_text(store_database(assessment->store), mandatory[i].missing, 0, name,
                       sizeof name, &ignored) == 0 &&
            name[0])
            used += (size_t)snprintf(text + used, size - used, "%s%s", used ? ", " : "",
                                     name);
    return text;
}
