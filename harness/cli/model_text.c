#include "cli/model_text.h"
#include "core/json_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CHOICES_SHOWN = 20, CASES_SHOWN = 40 };

static json_int_t number_at(const json_t *json, const char *key)
{
    return json_integer_value(json_object_get(json, key));
}

static void print_framing(const json_t *framing)
{
    const char *kind = json_text_at(framing, "kind");

    printf("framing    ");
    if (strcmp(kind, "length") == 0)
        printf("length field of %lld byte(s) (%s) at offset %lld, frame = field %+lld",
               number_at(framing, "width"), json_text_at(framing, "endian"),
               number_at(framing, "offset"), number_at(framing, "adjust"));
    else if (strcmp(kind, "silence") == 0)
        printf("silence of %lld us", number_at(framing, "silence_us"));
    else if (strcmp(kind, "varint") == 0)
        printf("variable-length integer of at most %lld bytes at offset %lld, frame = "
               "all up to it, field %+lld",
               number_at(framing, "width"), number_at(framing, "offset"),
               number_at(framing, "adjust"));
    else if (strcmp(kind, "terminator") == 0)
        printf("%s%s … %s%s%s", *json_text_at(framing, "start") ? "0x" : "",
               json_text_at(framing, "start"), json_text_at(framing, "end"),
               *json_text_at(framing, "single") ? ", alone: " : "",
               json_text_at(framing, "single"));
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
           json_text_at(segments, "type"), json_text_at(segments, "bytes"),
           number_at(segments, "maximum"), json_text_at(segments, "last"));
    if (json_object_get(segments, "stream"))
        printf("; streams by %s", json_text_at(segments, "stream"));
    print_fields_of("more:", json_object_get(segments, "more"));
    print_fields_of("next:", json_object_get(segments, "next"));
    puts(json_is_true(json_object_get(segments, "acknowledged")) ? "; acknowledged" : "");
}

static void print_key(const json_t *field, const char *key, const char *label)
{
    const char *text = json_text_at(field, key);

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
            printf(" %s=%lld", json_text_at(item, "label"), number_at(item, "value"));
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
            printf(" %s", json_text_at(item, "value"));
        else
            printf(" %lld", number_at(item, "value"));
        printf("%s%s", *json_text_at(item, "name") ? "=" : "",
               json_text_at(item, "name"));
    }
    putchar('\n');
}

static void print_cases(const json_t *field)
{
    const json_t *cases = json_object_get(field, "cases"), *item;
    size_t i;

    if (!cases)
        return;
    printf("%22sswitch-on: %s\n", "", json_text_at(field, "switch_on"));
    json_array_foreach(cases, i, item)
    {
        if (i == CASES_SHOWN) {
            printf("%24sand %zu more\n", "", json_array_size(cases) - i);
            break;
        }
        printf("%24s%s: %s\n", "", json_text_at(item, "case"),
               json_text_at(item, "type"));
    }
}

static void print_field(const json_t *field)
{
    const json_t *length = json_object_get(field, "length");
    const char *role = json_text_at(field, "role"),
               *broken = json_text_at(field, "broken");
    const char *clause = json_text_at(field, "doc_ref");

    printf("  %-19s %s%s", json_text_at(field, "name"), json_text_at(field, "type"),
           strcmp(json_text_at(field, "kind"), "array") == 0 ? "[]" : "");
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
    print_key(field, "separator", "declared by");
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
    const char *role = json_text_at(relation, "role"), *of = json_text_at(relation, "of");
    const char *by = json_text_at(relation, "expression");

    if (strcmp(role, "switch") == 0)
        printf("  %s is chosen by: %s\n", of, by);
    else if (strcmp(role, "derived") == 0)
        printf("  %s is: %s\n", json_text_at(relation, "field"), by);
    else if (strcmp(role, "sequence") == 0)
        printf("  %s numbers the message; the reply repeats it\n",
               json_text_at(relation, "field"));
    else
        printf("  %s is the %s of %s%s%s\n", json_text_at(relation, "field"), role, of,
               *by ? ": " : "", by);
}

void model_text_print(const json_t *json)
{
    const json_t *type, *item;
    size_t i, k;

    printf("%s: %s\nhash       %s\n", json_text_at(json, "id"),
           json_text_at(json, "title"), json_text_at(json, "hash"));
    print_framing(json_object_get(json, "framing"));
    print_segments(json_object_get(json, "segments"));
    printf("direction  %s\n", json_is_true(json_object_get(json, "direction"))
                                  ? "requests and replies differ (is_reply)"
                                  : "requests and replies are the same");
    json_array_foreach(json_object_get(json, "context"), i, item)
    {
        char *fallback = json_dumps(json_object_get(item, "default"), JSON_ENCODE_ANY);

        printf("context    %s: %s, %s unless a session knows better\n",
               json_text_at(item, "name"), json_text_at(item, "type"),
               fallback ? fallback : "");
        free(fallback);
    }
    json_array_foreach(json_object_get(json, "types"), i, type)
    {
        const char *clause = json_text_at(type, "doc_ref");

        printf("\ntype %s%s%s\n", json_text_at(type, "name"), *clause ? "; " : "",
               clause);
        json_array_foreach(json_object_get(type, "fields"), k, item) print_field(item);
    }
    printf("\nwhat follows from what\n");
    json_array_foreach(json_object_get(json, "relations"), i, item) print_relation(item);
    printf("\nnot run backwards\n");
    json_array_foreach(json_object_get(json, "not_inverted"), i, item)
    {
        const char *by = json_text_at(item, "expression");

        printf("  %s, %s%s%s: %s\n", json_text_at(item, "field"),
               json_text_at(item, "key"), *by ? ": " : "", by, json_text_at(item, "why"));
    }
}
