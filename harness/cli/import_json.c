#include "cli/import_json.h"

#include "model/real.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const char *direction(bool reply)
{
    return reply ? "reply" : "request";
}

static json_t *field_value(const struct field *field, uint64_t value)
{
    char text[40];

    if (field->is_real)
        return json_string(real_text(field->bits, value, text, sizeof text));
    if (field->is_signed || value <= INT64_MAX)
        return json_integer((json_int_t)value);
    snprintf(text, sizeof text, "%" PRIu64, value);
    return json_string(text);
}

/* The session's exemplars of this kind; marks them as seen. */
static json_t *exemplars_of(const struct import *import, const struct session *session,
                            const struct survey_kind *kind, bool *seen)
{
    json_t *names = json_array();
    char name[SURVEY_KIND];

    for (size_t i = 0; session && !kind->reply && i < session->message_count; i++) {
        const struct session_message *message = &session->messages[i];

        survey_name(&import->survey, &message->tree, name);
        if (strcmp(name, kind->name) != 0)
            continue;
        seen[i] = true;
        json_array_append_new(names, json_string(message->name));
    }
    return names;
}

static void add_kinds(const struct import *import, const struct session *session,
                      json_t *facts)
{
    const struct survey *survey = &import->survey;
    size_t count = session ? session->message_count : 0;
    bool *seen = calloc(count + 1, sizeof *seen);
    json_t *kinds = json_array(), *missing = json_array();

    for (size_t i = 0; seen && i < survey->kind_count; i++) {
        const struct survey_kind *kind = &survey->kinds[i];
        json_t *json =
            json_pack("{s:s, s:s, s:I, s:I, s:I}", "direction", direction(kind->reply),
                      "kind", kind->name, "messages", (json_int_t)kind->messages, "valid",
                      (json_int_t)kind->valid, "seeds", (json_int_t)kind->seeds);

        if (session && !kind->reply)
            json_object_set_new(json, "exemplars",
                                exemplars_of(import, session, kind, seen));
        json_array_append_new(kinds, json);
    }
    for (size_t i = 0; seen && i < count; i++) {
        if (!seen[i])
            json_array_append_new(missing, json_string(session->messages[i].name));
    }
    free(seen);
    json_object_set_new(facts, "kinds", kinds);
    if (session)
        json_object_set(facts, "exemplars_not_seen", missing);
    json_decref(missing);
}

static void add_boundaries(json_t *json, const struct field *field,
                           const struct survey_field *noted)
{
    struct limit limits[LIMITS];
    size_t count = field_limits(field, limits);
    json_t *boundaries = json_array();

    for (size_t i = 0; i < count; i++)
        json_array_append_new(boundaries,
                              json_pack("{s:s, s:I, s:b}", "label", limits[i].label,
                                        "value", (json_int_t)limits[i].value, "seen",
                                        (int)noted->limits[i]));
    if (count)
        json_object_set(json, "boundaries", boundaries);
    json_decref(boundaries);
}

static void add_choices(json_t *json, const struct model *model, size_t id,
                        const struct survey_field *noted)
{
    const struct field *field = model_field(model, id);
    json_t *choices = json_array();

    for (size_t i = 0; i < field->choice_count; i++) {
        const char *name = model_enum_name(model, id, field->choices[i]);

        json_array_append_new(
            choices, json_pack("{s:o, s:s, s:b}", "value",
                               field_value(field, (uint64_t)field->choices[i]), "name",
                               name ? name : "", "seen", (int)noted->choices[i]));
    }
    if (field->choice_count)
        json_object_set(json, "choices", choices);
    json_decref(choices);
}

static json_t *field_json(const struct import *import, size_t id)
{
    const struct field *field = model_field(import->model, id);
    const struct survey_field *noted = &import->survey.fields[id];
    json_t *values = json_array();
    json_t *json = json_pack("{s:I, s:o, s:o, s:b}", "seen", (json_int_t)noted->seen,
                             "minimum", field_value(field, noted->lowest), "maximum",
                             field_value(field, noted->highest), "values_complete",
                             noted->value_count < SURVEY_VALUES);
    char name[200];

    snprintf(name, sizeof name, "%s.%s", field->type_name, field->name);
    json_object_set_new(json, "field", json_string(name));
    for (size_t i = 0; i < noted->value_count; i++)
        json_array_append_new(values, field_value(field, noted->values[i]));
    json_object_set_new(json, "values", values);
    add_boundaries(json, field, noted);
    add_choices(json, import->model, id, noted);
    return json;
}

static void add_fields(const struct import *import, json_t *facts)
{
    json_t *fields = json_array(), *missing = json_array();

    for (size_t id = 0; id < model_fields(import->model); id++) {
        const struct field *field = model_field(import->model, id);
        char name[200];

        if (field->element != FIELD_INTEGER)
            continue;
        if (import->survey.fields[id].seen) {
            json_array_append_new(fields, field_json(import, id));
            continue;
        }
        snprintf(name, sizeof name, "%s.%s", field->type_name, field->name);
        json_array_append_new(missing, json_string(name));
    }
    json_object_set_new(facts, "fields", fields);
    json_object_set_new(facts, "fields_not_seen", missing);
}

static void add_problems(const struct import *import, json_t *facts)
{
    json_t *invalid = json_array(), *unframed = json_array();

    for (size_t i = 0; i < import->problem_count; i++) {
        const struct import_problem *problem = &import->problems[i];
        json_t *packets = json_array();
        json_t *json = json_pack(
            "{s:s, s:s, s:I, s:I, s:s, s:o}", "direction", direction(problem->reply),
            "reason", problem->reason, "times", (json_int_t)problem->times, "bytes",
            (json_int_t)problem->bytes, "file", problem->file, "packets", packets);

        for (size_t k = 0; k < IMPORT_PACKETS && k < problem->times; k++)
            json_array_append_new(packets, json_integer((json_int_t)problem->packets[k]));
        if (*problem->clause)
            json_object_set_new(json, "clause", json_string(problem->clause));
        json_array_append_new(problem->framed ? invalid : unframed, json);
    }
    json_object_set_new(facts, "not_valid", invalid);
    json_object_set_new(facts, "no_frame", unframed);
}

json_t *import_json(const struct import *import, const struct session *session)
{
    const struct traffic_totals *totals = &import->totals;
    json_t *facts = json_pack(
        "{s:s, s:s, s:I, s:I, s:{s:I, s:I}, s:{s:I, s:I, s:I, s:I, s:I, s:b}}", "model",
        model_id(import->model), "folder", import->seeds.folder, "messages",
        (json_int_t)import->messages, "valid", (json_int_t)import->valid, "seeds",
        "written", (json_int_t)import->seeds.written, "known",
        (json_int_t)import->seeds.repeated, "packets", "read",
        (json_int_t)totals->packets, "other_ports", (json_int_t)totals->other_ports,
        "not_decoded", (json_int_t)totals->not_decoded, "fragments_missing",
        (json_int_t)totals->unfinished, "bytes_lost", (json_int_t)totals->lost, "cut",
        (int)totals->cut);

    if (!facts)
        return NULL;
    if (model_has_segments(import->model))
        json_object_set_new(facts, "joined", json_integer((json_int_t)import->joined));
    add_kinds(import, session, facts);
    add_fields(import, facts);
    add_problems(import, facts);
    return facts;
}
