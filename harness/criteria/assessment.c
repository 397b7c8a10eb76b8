#include "criteria/assessment_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

int assessment_path(const struct assessment *assessment, const struct yaml *node,
                    char *path, size_t size, struct error *error)
{
    int length = node->text[0] == '/'
                     ? snprintf(path, size, "%s", node->text)
                     : snprintf(path, size, "%s%s", assessment->folder, node->text);

    return length >= 0 && (size_t)length < size ? 0
                                                : yaml_complain(node, error, "a path");
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
        "assessment", "title",      "device",   "tester",  "validation",
        "interfaces", "load",       "threats",  "hazards", "requirements",
        "sbom",       "components", "criteria", "runs",    "criteria-folder",
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

struct assessment *assessment_load(const char *path, struct error *error)
{
    struct assessment *assessment = calloc(1, sizeof *assessment);

    if (!assessment) {
        error_set(error, "out of memory while reading %s", path);
        return NULL;
    }
    set_folder(assessment, path);
    if (!(assessment->document = yaml_load(path, error)) ||
        !(assessment->store = store_create_in_memory(error)) ||
        read_root(assessment, yaml_root(assessment->document), error) < 0 ||
        assessment_take_runs(assessment, error) < 0 ||
        assessment_take_places(assessment, error) < 0) {
        assessment_free(assessment);
        return NULL;
    }
    return assessment;
}

void assessment_free(struct assessment *assessment)
{
    if (!assessment)
        return;
    store_close(assessment->store, &(struct error){0});
    yaml_close(assessment->document);
    free(assessment->runs);
    free(assessment);
}

const char *assessment_missing(const struct assessment *assessment, char *text,
                               size_t size)
{
    static const struct {
        const char *name, *sql;
    } wanted[] = {
        {"device name", "SELECT 1 FROM assessment_fact WHERE key = 'device'"},
        {"device version", "SELECT 1 FROM assessment_fact WHERE key = 'device_version'"},
        {"released images", "SELECT 1 FROM release_image WHERE bridge = ''"},
        {"tester", "SELECT 1 FROM assessment_fact WHERE key = 'tester'"},
        {"tester's independence",
         "SELECT 1 FROM assessment_fact WHERE key = 'independence'"},
        {"validation of percuss", "SELECT 1 FROM tool_validation"},
        {"interfaces", "SELECT 1 FROM assessed_interface"},
        {"load tests", "SELECT 1 FROM load_test"},
        {"threats", "SELECT 1 FROM threat"},
        {"requirements", "SELECT 1 FROM requirement WHERE kind = 'requirement'"},
        {"hazards", "SELECT 1 FROM hazard"},
        {"components", "SELECT 1 FROM component"},
        {"runs", "SELECT 1 FROM assessed_run"},
    };
    size_t used = 0;

    text[0] = '\0';
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0] && used < size; i++)
        if (!store_integer(assessment->store, 0, wanted[i].sql, ""))
            used += (size_t)snprintf(text + used, size - used, "%s%s", used ? ", " : "",
                                     wanted[i].name);
    return text;
}
