/* Threats: a model of OWASP Threat Dragon 2 as that tool writes it, or CSV. */
#include "core/csv.h"
#include "core/json_text.h"
#include "criteria/import.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One threat; "" where nothing is stated. */
struct threat {
    const char *id, *title, *type, *severity, *status, *element, *description,
        *mitigation;
    const char *out_of_scope; /* why its element is */
};

/* Nothing has to answer what does not apply, if somebody says why. */
static const char *excluded(const struct threat *threat)
{
    bool applies =
        strcmp(threat->status, "NotApplicable") != 0 && strcmp(threat->status, "NA") != 0;

    return applies ? threat->out_of_scope : threat->mitigation;
}

static int put_threat(const struct import_source *source, const char *spot,
                      const struct threat *threat, struct error *error)
{
    char origin[2 * IMPORT_SPOT];

    import_origin(source, spot, origin, sizeof origin);
    if (import_check_id(source, spot, threat->id, error) < 0)
        return -1;
    if (!threat->title[0])
        return import_refuse(source, spot, error, "expected a title of threat %s",
                             threat->id);
    return store_write(source->store, error,
                       "INSERT INTO threat VALUES (?,?,?,?,?,?,?,?,?,?)", "tttttttttt",
                       threat->id, threat->title, threat->type, threat->severity,
                       threat->status, threat->element, threat->description,
                       threat->mitigation, excluded(threat), origin);
}

/* --- Threat Dragon ------------------------------------------------------------------ */

/* A threat is called as the tool shows it, by its number: T-3; one of before there were
 * numbers by its `id`. */
static const char *threat_id(const json_t *json, char *text, size_t size)
{
    const json_t *number = json_object_get(json, "number");

    if (!json_is_integer(number))
        return json_text_at(json, json_object_get(json, "id") ? "id" : "threatId");
    snprintf(text, size, "T-%lld", (long long)json_integer_value(number));
    return text;
}

static int read_threats(const struct import_source *source, const char *where,
                        const json_t *element, const json_t *list, struct error *error)
{
    struct threat threat;
    char id[40], spot[2 * IMPORT_SPOT];
    const json_t *json;
    size_t i;

    json_array_foreach(list, i, json)
    {
        snprintf(spot, sizeof spot, "%s.threats[%zu]", where, i);
        threat = (struct threat){.id = threat_id(json, id, sizeof id),
                                 .title = json_text_at(json, "title"),
                                 .type = json_text_at(json, "type"),
                                 .severity = json_text_at(json, "severity"),
                                 .status = json_text_at(json, "status"),
                                 .element = json_text_at(element, "name"),
                                 .description = json_text_at(json, "description"),
                                 .mitigation = json_text_at(json, "mitigation"),
                                 .out_of_scope =
                                     json_is_true(json_object_get(element, "outOfScope"))
                                         ? json_text_at(element, "reasonOutOfScope")
                                         : ""};
        if (put_threat(source, spot, &threat, error) < 0)
            return -1;
    }
    return 0;
}

/* The tool keeps threats with a cell's data, its schema shows them beside that. */
static int read_cell(const struct import_source *source, const char *where,
                     const json_t *cell, struct error *error)
{
    const json_t *data = json_object_get(cell, "data");
    char spot[IMPORT_SPOT + 8];

    snprintf(spot, sizeof spot, "%s.data", where);
    return read_threats(source, spot, data, json_object_get(data, "threats"), error) <
                       0 ||
                   read_threats(source, where, data, json_object_get(cell, "threats"),
                                error) < 0
               ? -1
               : 0;
}

static int read_model(const struct import_source *source, const json_t *root,
                      struct error *error)
{
    const json_t *diagrams = json_object_get(json_object_get(root, "detail"), "diagrams");
    const json_t *diagram, *cells, *cell;
    char spot[IMPORT_SPOT];
    size_t i, j;

    if (!json_is_array(diagrams))
        return import_refuse(source, "detail.diagrams", error,
                             "expected a list, as Threat Dragon 2 writes it");
    json_array_foreach(diagrams, i, diagram)
    {
        snprintf(spot, sizeof spot, "detail.diagrams[%zu].cells", i);
        cells = json_object_get(diagram, "cells");
        if (json_object_get(diagram, "diagramJson"))
            return import_refuse(source, spot, error,
                                 "expected a model of Threat Dragon 2, found one of "
                                 "version 1: open and save it with version 2");
        json_array_foreach(cells, j, cell)
        {
            snprintf(spot, sizeof spot, "detail.diagrams[%zu].cells[%zu]", i, j);
            if (read_cell(source, spot, cell, error) < 0)
                return -1;
        }
    }
    return 0;
}

/* --- CSV ---------------------------------------------------------------------------- */

enum { ID, TITLE, TYPE, SEVERITY, STATUS, ELEMENT, DESCRIPTION, MITIGATION };

static const struct csv_column columns[] = {[ID] = {"id", true},
                                            [TITLE] = {"title", true},
                                            [TYPE] = {"type", false},
                                            [SEVERITY] = {"severity", false},
                                            [STATUS] = {"status", false},
                                            [ELEMENT] = {"element", false},
                                            [DESCRIPTION] = {"description", false},
                                            [MITIGATION] = {"mitigation", false},
                                            {NULL, false}};

static int read_table(const struct import_source *source, const struct csv *csv,
                      struct error *error)
{
    for (size_t row = 0; row < csv_rows(csv); row++) {
        const struct threat threat = {.id = csv_cell(csv, row, ID),
                                      .title = csv_cell(csv, row, TITLE),
                                      .type = csv_cell(csv, row, TYPE),
                                      .severity = csv_cell(csv, row, SEVERITY),
                                      .status = csv_cell(csv, row, STATUS),
                                      .element = csv_cell(csv, row, ELEMENT),
                                      .description = csv_cell(csv, row, DESCRIPTION),
                                      .mitigation = csv_cell(csv, row, MITIGATION),
                                      .out_of_scope = ""};
        char spot[IMPORT_SPOT];

        snprintf(spot, sizeof spot, "%u", csv_line(csv, row));
        if (put_threat(source, spot, &threat, error) < 0)
            return -1;
    }
    return 0;
}

static int read_text(const struct import_source *source, struct view text,
                     struct error *error)
{
    struct csv *csv = NULL;
    json_t *root = NULL;
    int status = -1;

    if (import_is_json(text)) {
        root = import_object(source, text, error);
        status = root ? read_model(source, root, error) : -1;
    } else {
        csv = csv_parse(source->path, text, columns, error);
        status = csv ? read_table(source, csv, error) : -1;
    }
    csv_close(csv);
    json_decref(root);
    return status;
}

int import_threats(const struct import_source *source, struct error *error)
{
    struct buffer text = {0};
    int status = import_load(source, &text, error);

    if (status == 0)
        status = read_text(source, buffer_view(&text), error);
    buffer_free(&text);
    return status;
}
