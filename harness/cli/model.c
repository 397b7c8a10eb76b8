/* percuss model: what percuss understood of a model. The facts are gathered as JSON; the
 * text is a view of it. */
#include "cli/cli.h"
#include "cli/model_text.h"
#include "generate/anomaly.h"
#include "model/facts.h"
#include "model/real.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

static const struct cli_option options[] = {
    {"json", NULL, "as JSON"},
    {NULL, NULL, NULL},
};

/* --- facts -------------------------------------------------------------------------- */

static void set_text(json_t *json, const char *key, const char *text)
{
    if (text && *text)
        json_object_set_new(json, key, json_string(text));
}

static void set_hex(json_t *json, const char *key, const uint8_t *bytes, size_t length)
{
    char hex[2 * FRAMING_SINGLES + 1];

    bytes_to_hex((struct view){bytes, length}, hex, sizeof hex);
    set_text(json, key, hex);
}

static json_t *framing_json(const struct framing *framing)
{
    static const char *const kinds[] = {[FRAMING_LENGTH] = "length",
                                        [FRAMING_SILENCE] = "silence",
                                        [FRAMING_DATAGRAM] = "datagram",
                                        [FRAMING_TERMINATOR] = "terminator",
                                        [FRAMING_VARINT] = "varint"};
    json_t *json =
        json_pack("{s:s, s:I, s:I}", "kind", kinds[framing->kind], "minimum",
                  (json_int_t)framing->minimum, "maximum", (json_int_t)framing->maximum);

    if (framing->kind == FRAMING_LENGTH || framing->kind == FRAMING_VARINT) {
        json_object_set_new(json, "offset",
                            json_integer((json_int_t)framing->length_offset));
        json_object_set_new(json, "width",
                            json_integer((json_int_t)framing->length_width));
        set_text(json, "endian", framing->length_big_endian ? "be" : "le");
        json_object_set_new(json, "adjust", json_integer(framing->length_adjust));
    } else if (framing->kind == FRAMING_SILENCE) {
        json_object_set_new(json, "silence_us", json_integer(framing->silence_ns / 1000));
    } else if (framing->kind == FRAMING_TERMINATOR) {
        set_hex(json, "start", framing->start, framing->start_length);
        set_hex(json, "end", framing->end, framing->end_length);
        set_hex(json, "single", framing->single, framing->single_count);
    }
    return json;
}

/* NULL: messages do not span frames. */
static json_t *segments_json(const struct model *model)
{
    struct segments_facts facts;
    json_t *json, *more = json_object(), *next = json_object();

    if (!model_segments(model, &facts)) {
        json_decref(more);
        json_decref(next);
        return NULL;
    }
    for (size_t i = 0; i < facts.more_count; i++)
        set_text(more, facts.more[i].field, facts.more[i].value);
    for (size_t i = 0; i < facts.next_count; i++)
        set_text(next, facts.next[i].field, facts.next[i].value);
    json =
        json_pack("{s:s, s:s, s:I, s:s, s:o, s:o, s:b}", "type", facts.type, "bytes",
                  facts.bytes, "maximum", (json_int_t)facts.maximum, "last", facts.last,
                  "more", more, "next", next, "acknowledged", (int)facts.acknowledged);
    set_text(json, "stream", facts.stream);
    return json;
}

static json_t *choice_json(const struct field *field, int64_t choice)
{
    char text[40];

    if (!field->is_real)
        return json_integer(choice);
    return json_string(real_text(field->bits, (uint64_t)choice, text, sizeof text));
}

static void add_values(json_t *json, const struct model *model, size_t id)
{
    const struct field *field = model_field(model, id);
    struct limit limits[LIMITS];
    size_t count = field_limits(field, limits);
    json_t *boundaries = json_array(), *choices = json_array();

    for (size_t i = 0; i < count; i++)
        json_array_append_new(boundaries,
                              json_pack("{s:s, s:I}", "label", limits[i].label, "value",
                                        (json_int_t)limits[i].value));
    for (size_t i = 0; i < field->choice_count; i++) {
        const char *name = model_enum_name(model, id, field->choices[i]);
        json_t *choice =
            json_pack("{s:o}", "value", choice_json(field, field->choices[i]));

        set_text(choice, "name", name);
        json_array_append_new(choices, choice);
    }
    if (field->has_bounds) {
        json_object_set_new(json, "minimum", json_integer(field->minimum));
        json_object_set_new(json, "maximum", json_integer(field->maximum));
    }
    if (count)
        json_object_set(json, "boundaries", boundaries);
    if (field->choice_count) {
        json_object_set(json, "choices", choices);
        json_object_set_new(json, "choices_bind", json_boolean(field->choices_bind));
    }
    json_decref(boundaries);
    json_decref(choices);
}

static void add_keys(json_t *json, const struct model *model, size_t id)
{
    struct field_facts facts;
    json_t *cases = json_array();
    char hex[160];

    model_field_facts(model, id, &facts);
    set_text(json, "type", facts.type);
    set_text(json, "if", facts.condition);
    set_text(json, "size", facts.size_to_end ? "eos" : facts.size);
    set_text(json, "repeat", facts.repeat_to_end ? "eos" : facts.count);
    set_text(json, "until", facts.until);
    set_text(json, "process", facts.process);
    if (facts.terminator >= 0)
        json_object_set_new(json, "terminator", json_integer(facts.terminator));
    set_text(json, "separator", facts.separator);
    set_text(json, "switch_on", facts.switch_on);
    set_text(json, "valid_eq", facts.equal);
    set_text(json, "valid_min", facts.minimum);
    set_text(json, "valid_max", facts.maximum);
    set_text(json, "valid_expr", facts.test);
    set_text(json, "valid_any_of", facts.any_of);
    bytes_to_hex(facts.contents, hex, sizeof hex);
    set_text(json, "contents", hex);
    for (size_t i = 0; i < facts.case_count; i++) {
        struct case_facts one;

        model_case(model, id, i, &one);
        json_array_append_new(cases,
                              json_pack("{s:s, s:s}", "case", one.key, "type", one.type));
    }
    if (facts.case_count)
        json_object_set(json, "cases", cases);
    json_decref(cases);
}

static json_t *field_json(const struct model *model, size_t id)
{
    const struct field *field = model_field(model, id);
    char outcome[48];
    json_t *json =
        json_pack("{s:s, s:s, s:s}", "name", field->name, "kind",
                  field_kind_name(field->kind), "role", field_role_name(field->role));

    if (field->kind == FIELD_ARRAY)
        set_text(json, "element", field_kind_name(field->element));
    if (field->element == FIELD_INTEGER) {
        json_object_set_new(json, "bits", json_integer(field->bits));
        json_object_set_new(json, "signed", json_boolean(field->is_signed));
    }
    if (field->fixed_length)
        json_object_set_new(json, "length", json_integer((json_int_t)field->length));
    add_keys(json, model, id);
    add_values(json, model, id);
    set_text(json, "broken", outcome_text(field->on_invalid, outcome, sizeof outcome));
    set_text(json, "doc", field->doc);
    set_text(json, "doc_ref", field->doc_ref);
    return json;
}

static json_t *types_json(const struct model *model)
{
    json_t *types = json_array();

    for (size_t i = 0; i < model_types(model); i++) {
        struct type_facts facts = model_type(model, i);
        json_t *type = json_pack("{s:s}", "name", facts.name), *fields = json_array();

        set_text(type, "doc", facts.doc);
        set_text(type, "doc_ref", facts.doc_ref);
        for (size_t k = 0; k < facts.field_count; k++)
            json_array_append_new(fields, field_json(model, facts.fields[k]));
        json_object_set_new(type, "fields", fields);
        json_array_append_new(types, type);
    }
    return types;
}

static void take_relation(void *context, const struct relation *relation)
{
    json_t *json = json_pack("{s:s}", "role", field_role_name(relation->role));

    set_text(json, "field", relation->field);
    set_text(json, "of", relation->of);
    set_text(json, "expression", relation->expression);
    json_array_append_new(context, json);
}

static void take_one_way(void *context, const struct one_way *one_way)
{
    json_t *json = json_pack("{s:s, s:s, s:s}", "field", one_way->field, "key",
                             one_way->key, "why", one_way->why);

    set_text(json, "expression", one_way->expression);
    json_array_append_new(context, json);
}

static json_t *default_json(const struct context_facts *facts)
{
    char hex[2 * CONTEXT_BYTES + 1];

    if (!facts->is_bytes && !facts->is_text)
        return strcmp(facts->type, "bool") == 0 || strcmp(facts->type, "b1") == 0
                   ? json_boolean(facts->fallback.integer)
                   : json_integer(facts->fallback.integer);
    if (facts->is_text)
        return json_stringn((const char *)facts->fallback.bytes, facts->fallback.length);
    bytes_to_hex((struct view){facts->fallback.bytes, facts->fallback.length}, hex,
                 sizeof hex);
    return json_sprintf("hex: %s", hex);
}

/* The params that a session hands over. */
static json_t *context_json(const struct model *model)
{
    json_t *list = json_array();
    struct context_facts facts;

    for (unsigned i = 0; context_facts(model, i, &facts); i++) {
        json_t *json;

        if (facts.is_direction)
            continue;
        json = json_pack("{s:s, s:s, s:o}", "name", facts.name, "type", facts.type,
                         "default", default_json(&facts));
        set_text(json, "enum", facts.enumeration);
        json_array_append_new(list, json);
    }
    return list;
}

static json_t *model_json(const struct model *model)
{
    json_t *relations = json_array(), *one_ways = json_array();

    model_relations(model, take_relation, relations);
    model_one_ways(model, take_one_way, one_ways);
    return json_pack(
        "{s:s, s:s, s:s, s:b, s:o, s:o, s:o*, s:o, s:o, s:o}", "id", model_id(model),
        "title", model_title(model), "hash", model_hash(model), "direction",
        (int)model_has_direction(model), "context", context_json(model), "framing",
        framing_json(model_framing(model)), "segments", segments_json(model), "types",
        types_json(model), "relations", relations, "not_inverted", one_ways);
}

/* --- the command -------------------------------------------------------------------- */

static int run(const struct command *command, const struct cli_arguments *arguments)
{
    struct error error = {""};
    struct model *model = model_load(arguments->positional[0], &error);
    json_t *json;
    int code = EXIT_PASS;

    if (!model)
        return cli_fail(command, EXIT_USAGE, &error);
    json = model_json(model);
    if (!json) {
        error_set(&error, "out of memory");
        code = cli_fail(command, EXIT_HARNESS, &error);
    } else if (cli_value(command, arguments, "json")) {
        json_dumpf(json, stdout, JSON_INDENT(2));
        putchar('\n');
    } else {
        model_text_print(json);
    }
    if ((fflush(stdout) || ferror(stdout)) && code == EXIT_PASS) {
        error_set(&error, "standard output: %s", strerror(errno));
        code = cli_fail(command, EXIT_HARNESS, &error);
    }
    json_decref(json);
    model_free(model);
    return code;
}

extern const struct command command_model;
const struct command command_model = {
    .name = "model",
    .summary = "check a message model and show what percuss understood",
    .arguments = "FILE.ksy",
    .positional_minimum = 1,
    .positional_maximum = 1,
    .options = options,
    .details =
        "Lists types and fields with the boundaries that the anomalies use, which field "
        "follows from which,\nand what is not run backwards when a message is emitted. "
        "Exit: 2 when the model cannot be loaded.\n",
    .run = run,
};
