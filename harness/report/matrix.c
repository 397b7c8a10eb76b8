#include "report/matrix.h"

#include "core/csv.h"
#include "core/escape.h"
#include "core/json_text.h"
#include "criteria/trace.h"

#include <stdlib.h>

/* --- CSV ---------------------------------------------------------------------------- */

static int put_cells(struct csv_out *csv, const char *const *texts, struct error *error)
{
    for (size_t i = 0; i < TRACE_COLUMNS; i++) {
        char *shown = escape_copy(texts[i], ESCAPE_TERMINAL);

        if (!shown)
            return error_set(error, "out of memory");
        csv_put(csv, shown);
        free(shown);
    }
    csv_end(csv);
    return 0;
}

int matrix_write_csv(struct store *store, FILE *out, struct error *error)
{
    struct csv_out csv = {.file = out};
    struct trace *trace = trace_open(store, error);
    struct trace_row row;
    int status;

    if (!trace)
        return -1;
    status = put_cells(&csv, trace_headings, error);
    while (status == 0 && trace_next(trace, &row))
        status = put_cells(&csv, row.text, error);
    return trace_close(trace, status == 0 ? error : NULL) < 0 ? -1 : status;
}

/* --- JSON --------------------------------------------------------------------------- */

static json_t *row_json(const struct trace_row *row)
{
    json_t *json = json_object();

    for (size_t i = 0; i < TRACE_COLUMNS; i++)
        if (i == TRACE_SENT && row->text[i][0])
            json_object_set_new(json, trace_names[i],
                                json_integer(strtoll(row->text[i], NULL, 10)));
        else if (row->text[i][0])
            json_object_set_new(json, trace_names[i], json_text(row->text[i]));
    return json;
}

static void add_orphan(const struct trace_orphan *orphan, void *context)
{
    json_t *json = json_object();

    json_object_set_new(json, "kind", json_text(orphan->kind));
    json_object_set_new(json, "item", json_text(orphan->item));
    json_object_set_new(json, "lacks", json_text(orphan->lacks));
    json_array_append_new(context, json);
}

static void add_component(const struct trace_component *component, void *context)
{
    json_t *json = json_object();

    json_object_set_new(json, "ref", json_text(component->ref));
    json_object_set_new(json, "name", json_text(component->name));
    json_object_set_new(json, "version", json_text(component->version));
    json_object_set_new(json, "supplier", json_text(component->supplier));
    json_object_set_new(json, "end_of_support", json_text(component->end_of_support));
    json_object_set_new(json, "findings", json_integer(component->findings));
    json_array_append_new(context, json);
}

static int add_rows(struct store *store, json_t *rows, struct error *error)
{
    struct trace *trace = trace_open(store, error);
    struct trace_row row;

    if (!trace)
        return -1;
    while (trace_next(trace, &row))
        json_array_append_new(rows, row_json(&row));
    return trace_close(trace, error);
}

int matrix_write_json(struct store *store, FILE *out, struct error *error)
{
    json_t *rows = json_array(), *orphans = json_array(), *components = json_array();
    json_t *root = json_pack("{s:o, s:o, s:o}", "matrix", rows, "orphans", orphans,
                             "components", components);
    int status = root ? 0 : error_set(error, "out of memory");

    if (status == 0)
        status = add_rows(store, rows, error);
    if (status == 0)
        status = trace_each_orphan(store, add_orphan, orphans, error);
    if (status == 0)
        status = trace_each_component(store, add_component, components, error);
    if (status == 0 && json_dumpf(root, out, JSON_INDENT(2)) < 0)
        status = error_set(error, "cannot write the matrix");
    if (status == 0)
        fputc('\n', out);
    json_decref(root);
    return status;
}
