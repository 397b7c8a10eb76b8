/* percuss model: what percuss understood of a model. The facts are gathered as JSON; the
 * text is a view of it. */
#include "cli/cli.h"
#include "generate/anomaly.h"
#include "model/facts.h"
#include "model/real.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <string.h>

enum { CHOICES_SHOWN = 20, CASES_SHOWN = 40 };

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

static json_t *model_json(const struct model *model)
{
    json_t *relations = json_array(), *one_ways = json_array();

    model_relations(model, take_relation, relations);
    model_one_ways(model, take_one_way, one_ways);
    return json_pack("{s:s, s:s, s:s, s:b, s:o, s:o*, s:o, s:o, s:o}", "id",
                     model_id(model), "title", model_title(model), "hash",
                     model_hash(model), "direction", (int)model_has_direction(model),
                     "framing", framing_json(model_framing(model)), "segments",
                     segments_json(model), "types", types_json(model), "relations",
                     relations, "not_inverted", one_ways);
}

/* --- text --------------------------------------------------------------------------- */

static const char *text_at(const json_t *json, const char *key)
{
    const char *text = json_string_value(json_object_get(json, key));

    return text ? text : "";
}

static json_int_t number_at(const json_t *json, const char *key)
{
    return json_integer_value(json_object_get(json, key));
}

static void print_framing(const json_t *framing)
{
    const char *kind = text_at(framing, "kind");

    printf("framing    ");
    if (strcmp(kind, "length") == 0)
        printf("length field of %lld byte(s) (%s) at offset %lld, frame = field %+lld",
               number_at(framing, "width"), text_at(framing, "endian"),
               number_at(framing, "offset"), number_at(framing, "adjust"));
    else if (strcmp(kind, "silence") == 0)
        printf("silence of %lld us", number_at(framing, "silence_us"));
    else if (strcmp(kind, "varint") == 0)
        printf("variable-length integer of at most %lld bytes at offset %lld, frame = "
               "all up to it, field %+lld",
               number_at(framing, "width"), number_at(framing, "offset"),
               number_at(framing, "adjust"));
    else if (strcmp(kind, "terminator") == 0)
        printf("%s%s … %s%s%s", *text_at(framing, "start") ? "0x" : "",
               text_at(framing, "start"), text_at(framing, "end"),
               *text_at(framing, "single") ? ", alone: " : "",
               text_at(framing, "single"));
    else
        printf("datagrams");
    printf(", %lld to %lld bytes\n", number_at(framing, "minimum"),
           number_at(framing, "maximum"));
}

static void print_fields_of(const char *title, json_t *fields)
{
    const char *name;
    json_t *value;

    json_object_foreach(fields, name, value)
        printf("; %s %s = %s", title, name, json_string_value(value));
}

static void print_segments(const json_t *segments)
{
    if (!segments)
        return;
    printf("segments   %s, bytes in %s, at most %lld; last when %s",
           text_at(segments, "type"), text_at(segments, "bytes"),
           number_at(segments, "maximum"), text_at(segments, "last"));
    if (json_object_get(segments, "stream"))
        printf("; streams by %s", text_at(segments, "stream"));
    print_fields_of("more:", json_object_get(segments, "more"));
    print_fields_of("next:", json_object_get(segments, "next"));
    puts(json_is_true(json_object_get(segments, "acknowledged")) ? "; acknowledged" : "");
}

static void print_key(const json_t *field, const char *key, const char *label)
{
    const char *text = text_at(field, key);

    if (*text)
        printf("%22s%s: %s\n", "", label, text);
}

static void print_values(const json_t *field)
{
    const json_t *item, *choices = json_object_get(field, "choices");
    size_t i;

    if (json_object_get(field, "boundaries")) {
        printf("%22svalid: %lld to %lld; boundaries:", "", number_at(field, "minimum"),
               number_at(field, "maximum"));
        json_array_foreach(json_object_get(field, "boundaries"), i, item)
            printf(" %s=%lld", text_at(item, "label"), number_at(item, "value"));
        putchar('\n');
    }
    if (!choices)
        return;
    printf("%22s%s:", "",
           json_is_true(json_object_get(field, "choices_bind")) ? "only" : "known");
    json_array_foreach(choices, i, item)
    {
        if (i == CHOICES_SHOWN) {
            printf(" and %zu more", json_array_size(choices) - i);
            break;
        }
        if (json_is_string(json_object_get(item, "value")))
            printf(" %s", text_at(item, "value"));
        else
            printf(" %lld", number_at(item, "value"));
        printf("%s%s", *text_at(item, "name") ? "=" : "", text_at(item, "name"));
    }
    putchar('\n');
}

static void print_cases(const json_t *field)
{
    const json_t *cases = json_object_get(field, "cases"), *item;
    size_t i;

    if (!cases)
        return;
    printf("%22sswitch-on: %s\n", "", text_at(field, "switch_on"));
    json_array_foreach(cases, i, item)
    {
        if (i == CASES_SHOWN) {
            printf("%24sand %zu more\n", "", json_array_size(cases) - i);
            break;
        }
        printf("%24s%s: %s\n", "", text_at(item, "case"), text_at(item, "type"));
    }
}

static void print_field(const json_t *field)
{
    const json_t *length = json_object_get(field, "length");
    const char *role = text_at(field, "role"), *broken = text_at(field, "broken");
    const char *clause = text_at(field, "doc_ref");

    printf("  %-19s %s%s", text_at(field, "name"), text_at(field, "type"),
           strcmp(text_at(field, "kind"), "array") == 0 ? "[]" : "");
    if (length)
        printf(" of %lld bytes", json_integer_value(length));
    printf("%s%s; broken: %s%s%s\n", strcmp(role, "plain") == 0 ? "" : ", ",
           strcmp(role, "plain") == 0 ? "" : role, broken, *clause ? "; " : "", clause);
    print_key(field, "if", "if");
    print_key(field, "size", "size");
    print_key(field, "repeat", "repeat");
    print_key(field, "until", "repeat until");
    print_key(field, "process", "process");
    if (json_object_get(field, "terminator"))
        printf("%22sterminator: 0x%02llx\n", "",
               (unsigned long long)number_at(field, "terminator"));
    print_key(field, "valid_eq", "valid");
    print_key(field, "valid_min", "valid from");
    print_key(field, "valid_max", "valid to");
    print_key(field, "valid_expr", "valid when");
    print_key(field, "valid_any_of", "only");
    print_key(field, "contents", "contents");
    print_values(field);
    print_cases(field);
}

static void print_relation(const json_t *relation)
{
    const char *role = text_at(relation, "role"), *of = text_at(relation, "of");
    const char *by = text_at(relation, "expression");

    if (strcmp(role, "switch") == 0)
        printf("  %s is chosen by: %s\n", of, by);
    else if (strcmp(role, "derived") == 0)
        printf("  %s is: %s\n", text_at(relation, "field"), by);
    else if (strcmp(role, "sequence") == 0)
        printf("  %s numbers the message; the reply repeats it\n",
               text_at(relation, "field"));
    else
        printf("  %s is the %s of %s: %s\n", text_at(relation, "field"), role, of, by);
}

static void print_model(const json_t *json)
{
    const json_t *type, *item;
    size_t i, k;

    printf("%s: %s\nhash       %s\n", text_at(json, "id"), text_at(json, "title"),
           text_at(json, "hash"));
    print_framing(json_object_get(json, "framing"));
    print_segments(json_object_get(json, "segments"));
    printf("direction  %s\n", json_is_true(json_object_get(json, "direction"))
                                  ? "requests and replies differ (is_reply)"
                                  : "requests and replies are the same");
    json_array_foreach(json_object_get(json, "types"), i, type)
    {
        const char *clause = text_at(type, "doc_ref");

        printf("\ntype %s%s%s\n", text_at(type, "name"), *clause ? "; " : "", clause);
        json_array_foreach(json_object_get(type, "fields"), k, item) print_field(item);
    }
    printf("\nwhat follows from what\n");
    json_array_foreach(json_object_get(json, "relations"), i, item) print_relation(item);
    printf("\nnot run backwards\n");
    json_array_foreach(json_object_get(json, "not_inverted"), i, item)
    {
        const char *by = text_at(item, "expression");

        printf("  %s, %s%s%s: %s\n", text_at(item, "field"), text_at(item, "key"),
               *by ? ": " : "", by, text_at(item, "why"));
    }
}

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
        print_model(json);
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
