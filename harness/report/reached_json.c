/* What runs reached, for programs. */
#include "core/json_text.h"
#include "report/reached.h"

#include <stdlib.h>

static json_t *count_json(const struct reached *reached,
                          const struct reached_count *count)
{
    json_t *runs = json_array();

    for (size_t i = 0; i < reached->run_count; i++)
        json_array_append_new(runs, json_integer(count->runs[i]));
    return json_pack("{s:i, s:i, s:o}", "all", (int)count->all, "reached",
                     (int)count->together, "runs", runs);
}

static json_t *counts_json(const struct reached *reached, uint32_t function)
{
    struct reached_count blocks = reached_blocks(reached, function);
    struct reached_count lines = reached_lines(reached, function);

    return json_pack("{s:o, s:o}", "blocks", count_json(reached, &blocks), "lines",
                     reached->lines ? count_json(reached, &lines) : json_null());
}

static json_t *runs_json(const struct reached *reached)
{
    json_t *runs = json_array();

    for (size_t i = 0; i < reached->run_count; i++) {
        const struct reached_run *run = &reached->runs[i];

        json_array_append_new(runs, json_pack("{s:o, s:o, s:o, s:o, s:I}", "folder",
                                              json_text(run->view.directory), "campaign",
                                              json_text(run->campaign), "engine",
                                              json_text(run->engine), "device",
                                              json_text(run->device), "cases",
                                              (json_int_t)run->cases));
    }
    return runs;
}

static json_t *functions_json(const struct reached *reached, const uint32_t *order)
{
    json_t *list = json_array();

    for (uint32_t i = 0; i < reached->blocks->function_count; i++) {
        const struct block_function *function = &reached->blocks->functions[order[i]];
        json_t *one = counts_json(reached, order[i]);

        json_object_set_new(one, "name", json_text(function->name));
        json_object_set_new(one, "address", json_integer((json_int_t)function->address));
        json_array_append_new(list, one);
    }
    return list;
}

static json_t *executions_json(const struct reached *reached, const uint64_t *executions)
{
    json_t *list = json_array();

    for (size_t i = 0; i < reached->run_count; i++)
        json_array_append_new(list, json_integer((json_int_t)executions[i]));
    return list;
}

static json_t *files_json(const struct reached *reached)
{
    const struct reached_lines *lines = &reached->by_file;
    json_t *files = json_object();

    for (size_t i = 0; i < lines->count; i++) {
        const struct reached_line *line = &lines->list[i];
        json_t *name = json_text(reached->lines->files[line->file]);
        const char *key = json_string_value(name);
        json_t *list = json_object_get(files, key);
        char number[16];

        if (!list) {
            list = json_object();
            json_object_set_new(files, key, list);
        }
        snprintf(number, sizeof number, "%u", line->line);
        json_object_set_new(list, number, executions_json(reached, line->executions));
        json_decref(name);
    }
    return files;
}

int reached_json(const struct reached *reached, FILE *out, struct error *error)
{
    uint32_t *order = reached_order(reached);
    json_t *all = order ? counts_json(reached, REACHED_ALL) : NULL;
    int status = -1;

    if (all) {
        json_object_set_new(all, "image", json_text(reached->image));
        json_object_set_new(all, "sha256", json_text(reached->hash));
        json_object_set_new(all, "runs", runs_json(reached));
        json_object_set_new(all, "functions", functions_json(reached, order));
        json_object_set_new(all, "files",
                            reached->lines ? files_json(reached) : json_null());
        status = json_dumpf(all, out, JSON_INDENT(1));
        fputs("\n", out);
    }
    json_decref(all);
    free(order);
    if (status < 0)
        return error_set(error, ferror(out) ? "cannot be written" : "out of memory");
    return 0;
}
