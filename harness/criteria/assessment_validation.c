/* The record of a validation: one that percuss qualify wrote says itself what it is of.
 */
#include "criteria/assessment_parts.h"
#include "device/file.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

enum { RECORD_MAXIMUM = 16 << 20 };

/* NULL: no record of percuss qualify. */
static json_t *load_record(const char *path)
{
    struct buffer bytes = {0};
    struct error ignored;
    json_t *json = NULL;

    if (file_load(path, RECORD_MAXIMUM, &bytes, &ignored) == 0)
        json = json_loadb((const char *)bytes.data, bytes.length, 0, NULL);
    buffer_free(&bytes);
    if (json_integer_value(json_object_get(json, "percuss_qualification")) == 1)
        return json;
    json_decref(json);
    return NULL;
}

/* The version and the host that the entry states are the record's. */
static int check_stated(const json_t *record, const struct yaml *entry,
                        struct error *error)
{
    static const char *const keys[] = {"version", "host"};

    for (size_t i = 0; i < 2; i++) {
        const char *said = json_string_value(json_object_get(record, keys[i]));
        const struct yaml *node = yaml_get(entry, keys[i]);

        if (!said || strcmp(said, node->text) != 0)
            return yaml_refuse(node, error, "key '%s': the record is of '%.100s'",
                               keys[i], said ? said : "nothing");
    }
    return 0;
}

/* What failed, or was cut short, validates nothing, whatever the record's verdict says.
 */
static int check_results(const json_t *record, const struct yaml *entry,
                         struct error *error)
{
    const struct yaml *node = yaml_get(entry, "record");
    const json_t *checks = json_object_get(record, "checks"), *check;
    size_t index, passed = 0;

    if (!json_is_false(json_object_get(record, "quick")))
        return yaml_refuse(node, error,
                           "key 'record': it was made with --quick: no qualification");
    json_array_foreach(checks, index, check)
    {
        const char *result = json_string_value(json_object_get(check, "result"));
        const char *id = json_string_value(json_object_get(check, "id"));

        passed += result && strcmp(result, "passed") == 0;
        if (!result ||
            (strcmp(result, "passed") != 0 && strcmp(result, "not checked") != 0))
            return yaml_refuse(node, error, "key 'record': its check '%.40s' failed",
                               id ? id : "");
    }
    return passed ? 0
                  : yaml_refuse(node, error, "key 'record': none of its checks passed");
}

static void add_unchecked(const json_t *record, char *text, size_t size)
{
    const json_t *list = json_object_get(record, "checks"), *check;
    const char *before = "; not checked: ";
    size_t index;

    json_array_foreach(list, index, check)
    {
        const char *result = json_string_value(json_object_get(check, "result"));
        const char *id = json_string_value(json_object_get(check, "id"));
        size_t used = strlen(text);

        if (!result || !id || strcmp(result, "not checked") != 0)
            continue;
        snprintf(text + used, size - used, "%s%.40s", before, id);
        before = ", ";
    }
}

int assessment_check_validation(const char *path, const struct yaml *entry, char *text,
                                size_t size, struct error *error)
{
    json_t *record = load_record(path);
    size_t used = strlen(text);
    int status = 0;

    if (!record) {
        snprintf(text + used, size - used,
                 " (no record of percuss qualify: what it says was not read)");
    } else if (check_stated(record, entry, error) < 0 ||
               check_results(record, entry, error) < 0) {
        status = -1;
    } else {
        add_unchecked(record, text, size);
    }
    json_decref(record);
    return status;
}
