#include "engine/reproducer_wire.h"

#include "core/json_text.h"
#include "core/path.h"
#include "engine/delivery_json.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FORMAT = 2 };

void reproducer_init(struct reproducer *reproducer)
{
    *reproducer = (struct reproducer){0};
    sequence_init(&reproducer->sequence);
    trace_init(&reproducer->trace);
}

void reproducer_free(struct reproducer *reproducer)
{
    sequence_free(&reproducer->sequence);
    trace_free(&reproducer->trace);
    free((char *)reproducer->campaign_text);
    *reproducer = (struct reproducer){0};
}

/* --- writing ------------------------------------------------------------------------ */

static json_t *step_json(const struct campaign *campaign, const struct sequence *sequence,
                         size_t index, struct tree *tree)
{
    const struct sequence_step *step = &sequence->steps[index];
    struct view bytes = sequence_bytes(sequence, index);
    char *hex = malloc(bytes.length * 2 + 1), text[1024] = "";
    json_t *json = NULL;

    if (!hex)
        return NULL;
    bytes_to_hex(bytes, hex, bytes.length * 2 + 1);
    tree->context = campaign->session->messages[step->message].tree.context;
    if (tree_parse(tree, bytes, false) == 0)
        tree_describe(tree, text, sizeof text);
    json = json_pack("{s:s, s:b, s:I, s:s, s:o}", "message",
                     campaign->session->messages[step->message].name, "fuzzed",
                     (int)step->fuzzed, "case", (json_int_t)step->number, "bytes", hex,
                     "decoded", json_text(text));
    free(hex);
    if (json && !delivery_is_whole(&step->delivery) &&
        json_object_set_new(json, "delivery", delivery_to_json(&step->delivery)) < 0) {
        json_decref(json);
        return NULL;
    }
    return json;
}

/* The folder that `path` lies in. */
static void folder_of(const char *path, char *folder, size_t size)
{
    const char *slash = strrchr(path, '/');

    snprintf(folder, size, "%.*s", slash ? (int)(slash - path) : 1, slash ? path : ".");
}

/* Run, findings and campaign can be moved together. */
static const char *campaign_from(const char *path, const struct reproducer *reproducer,
                                 char *text, size_t size)
{
    char folder[PATH_MAX], whole[PATH_MAX];

    folder_of(path, folder, sizeof folder);
    return reproducer->campaign_path[0] == '/' && realpath(folder, whole) &&
                   path_relative(whole, reproducer->campaign_path, text, size) == 0
               ? text
               : reproducer->campaign_path;
}

int reproducer_write(const char *path, const struct campaign *campaign,
                     const struct reproducer *reproducer, struct error *error)
{
    json_t *steps = json_array(), *json;
    char from[PATH_MAX];
    struct tree tree;
    int status = -1;

    tree_init(&tree, campaign->model);
    for (size_t i = 0; i < reproducer->sequence.count; i++)
        if (json_array_append_new(
                steps, step_json(campaign, &reproducer->sequence, i, &tree)) < 0)
            break;
    json = json_pack(
        "{s:i, s:s, s:s, s:s, s:o, s:o, s:b, s:o, s:s, s:s, s:I, s:I, s:o, s:O, s:o, s:i, "
        "s:o}",
        "percuss_reproducer", FORMAT, "id", reproducer->id, "oracle", reproducer->oracle,
        "kind", reproducer->kind, "cause", json_text(reproducer->cause), "title",
        json_text(reproducer->title), "sample_invariants", (int)reproducer->sample,
        "campaign", json_text(campaign_from(path, reproducer, from, sizeof from)),
        "campaign_text", reproducer->campaign_text, "plan_hash", reproducer->plan_hash,
        "seed", (json_int_t)reproducer->seed, "first_case",
        (json_int_t)reproducer->first_case, "case_name", json_text(reproducer->case_name),
        "steps", steps, "wire", reproducer_wire_json(&reproducer->trace), "wire_replays",
        (int)reproducer->replays, "fault", reproducer_fault_json(&reproducer->fault));
    errno = 0;
    if (json && json_array_size(steps) == reproducer->sequence.count &&
        json_dump_file(json, path, JSON_INDENT(2)) == 0)
        status = 0;
    else
        error_set(error, "%s: %s", path, errno ? strerror(errno) : "cannot be written");
    json_decref(json);
    json_decref(steps);
    tree_free(&tree);
    return status;
}

/* --- reading ------------------------------------------------------------------------ */

static json_t *load(const char *path, struct error *error)
{
    json_error_t problem;
    json_t *json = json_load_file(path, 0, &problem);
    int format = 0;

    if (!json) {
        error_set(error, "%s:%d: %s", path, problem.line, problem.text);
        return NULL;
    }
    if (json_unpack(json, "{s:i}", "percuss_reproducer", &format) < 0 ||
        format != FORMAT) {
        error_set(error, "%s: expected a percuss reproducer of format %d", path, FORMAT);
        json_decref(json);
        return NULL;
    }
    return json;
}

static int copy_text(const json_t *json, const char *key, char *text, size_t size,
                     const char *path, struct error *error)
{
    const char *value = json_string_value(json_object_get(json, key));

    if (!value)
        return error_set(error, "%s: key '%s': expected a text", path, key);
    snprintf(text, size, "%s", value);
    return 0;
}

static int copy_campaign(json_t *json, const char *path, struct reproducer *reproducer,
                         struct error *error)
{
    char named[sizeof reproducer->campaign_path], folder[PATH_MAX];

    if (copy_text(json, "campaign", named, sizeof named, path, error) < 0)
        return -1;
    folder_of(path, folder, sizeof folder);
    return path_join(folder, named, reproducer->campaign_path,
                     sizeof reproducer->campaign_path) < 0
               ? error_set(error, "%s: key 'campaign': path too long", path)
               : 0;
}

static int check_oracle(const struct reproducer *reproducer, const char *path,
                        struct error *error)
{
    if (oracle_named(reproducer->oracle) != ORACLE_NONE)
        return 0;
    return error_set(error, "%s: key 'oracle': expected the name of one, found '%s'",
                     path, reproducer->oracle);
}

int reproducer_read_head(const char *path, struct reproducer *reproducer,
                         struct error *error)
{
    json_t *json = load(path, error);
    const char *text;
    int status = -1;

    reproducer_init(reproducer);
    if (!json)
        return -1;
#define TEXT(key, member) \
    copy_text(json, key, reproducer->member, sizeof reproducer->member, path, error)
    if (TEXT("id", id) < 0 || TEXT("oracle", oracle) < 0 || TEXT("kind", kind) < 0 ||
        TEXT("cause", cause) < 0 || TEXT("title", title) < 0 ||
        copy_campaign(json, path, reproducer, error) < 0 ||
        TEXT("plan_hash", plan_hash) < 0 || TEXT("case_name", case_name) < 0 ||
        check_oracle(reproducer, path, error) < 0)
        goto out;
#undef TEXT
    reproducer->sample = json_is_true(json_object_get(json, "sample_invariants"));
    reproducer->first_case =
        (uint64_t)json_integer_value(json_object_get(json, "first_case"));
    reproducer->seed = (uint64_t)json_integer_value(json_object_get(json, "seed"));
    reproducer->replays =
        (unsigned)json_integer_value(json_object_get(json, "wire_replays"));
    text = json_string_value(json_object_get(json, "campaign_text"));
    reproducer->campaign_text = text ? strdup(text) : NULL;
    if (!reproducer->campaign_text) {
        error_set(error, "%s: key 'campaign_text': expected a text", path);
        goto out;
    }
    status = reproducer_wire_read(json_object_get(json, "wire"), path, &reproducer->trace,
                                  error);
    if (status == 0)
        status = reproducer_fault_read(json_object_get(json, "fault"), path,
                                       &reproducer->fault, error);
out:
    json_decref(json);
    return status;
}

static int find_message(const struct campaign *campaign, const char *name,
                        unsigned *message)
{
    for (size_t i = 0; name && i < campaign->session->message_count; i++)
        if (strcmp(campaign->session->messages[i].name, name) == 0) {
            *message = (unsigned)i;
            return 0;
        }
    return -1;
}

int reproducer_read_sequence(const char *path, const struct campaign *campaign,
                             struct reproducer *reproducer, struct error *error)
{
    json_t *json = load(path, error), *steps, *entry;
    struct buffer bytes = buffer_make(1 << 20);
    int status = -1;
    size_t index;

    if (!json)
        return -1;
    steps = json_object_get(json, "steps");
    if (!json_is_array(steps) || json_array_size(steps) == 0) {
        error_set(error, "%s: key 'steps': expected a list of messages", path);
        goto out;
    }
    json_array_foreach(steps, index, entry)
    {
        const char *name = json_string_value(json_object_get(entry, "message"));
        const char *hex = json_string_value(json_object_get(entry, "bytes"));
        struct sequence_step step = {
            .number = (uint64_t)json_integer_value(json_object_get(entry, "case")),
            .fuzzed = json_is_true(json_object_get(entry, "fuzzed"))};

        buffer_clear(&bytes);
        if (find_message(campaign, name, &step.message) < 0) {
            error_set(error, "%s: step %zu: the session has no message '%s'", path,
                      index + 1, name ? name : "");
            goto out;
        }
        if (!hex || bytes_from_hex(&bytes, hex) < 0) {
            error_set(error, "%s: step %zu: key 'bytes': expected hex digits", path,
                      index + 1);
            goto out;
        }
        if (delivery_from_json(json_object_get(entry, "delivery"), &step.delivery,
                               error) < 0) {
            error_prefix(error, "%s: step %zu: delivery: ", path, index + 1);
            goto out;
        }
        if (sequence_append(&reproducer->sequence, &step, buffer_view(&bytes)) < 0) {
            error_set(error, "out of memory while reading %s", path);
            goto out;
        }
    }
    status = 0;
out:
    buffer_free(&bytes);
    json_decref(json);
    return status;
}
