#include "cli/message.h"

#include "model/real.h"

#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { PATH_MAXIMUM = 1 << 16, BYTES_SHOWN = 8, NAME_WIDTH = 30, BYTES_WIDTH = 26 };

/* A walk through the nodes in the order of the message. A node's number grows on this
 * way, so violations sorted by node are met in step. */
struct walk {
    const struct tree *tree;
    struct violation *violations;
    size_t at;
    struct buffer path;
    unsigned depth;
    FILE *out;
    json_t *fields, *broken;
    int (*visit)(struct walk *walk, uint32_t node);
};

static int by_node(const void *a, const void *b)
{
    const struct violation *x = a, *y = b;

    if (x->node != y->node)
        return x->node < y->node ? -1 : 1;
    return (x->depth > y->depth) - (x->depth < y->depth);
}

static const struct violation *next_violation(struct walk *walk, uint32_t node)
{
    if (walk->at == walk->tree->violation_count || walk->violations[walk->at].node > node)
        return NULL;
    return &walk->violations[walk->at++];
}

/* Appends ".name" or "[index]" of a child to the path. */
static int push(struct walk *walk, uint32_t node, size_t index)
{
    const struct node *nodes = walk->tree->nodes;
    const struct field *field = tree_field(walk->tree, node);
    char text[32];

    if (nodes[nodes[node].parent].kind == FIELD_ARRAY) {
        snprintf(text, sizeof text, "[%zu]", index);
        return buffer_append(&walk->path, view_text(text));
    }
    if (walk->path.length && buffer_append_byte(&walk->path, '.') < 0)
        return -1;
    return buffer_append(&walk->path, view_text(field->name));
}

static int walk_below(struct walk *walk, uint32_t group)
{
    const struct node *nodes = walk->tree->nodes;
    size_t length = walk->path.length, index = 0;
    uint32_t child = nodes[group].first_child;

    for (; child != TREE_NONE; child = nodes[child].next, index++) {
        if (push(walk, child, index) < 0 || walk->visit(walk, child) < 0)
            return -1;
        walk->depth++;
        if (nodes[child].kind >= FIELD_GROUP && walk_below(walk, child) < 0)
            return -1;
        walk->depth--;
        walk->path.length = length;
    }
    return 0;
}

static int walk_tree(struct walk *walk)
{
    size_t count = walk->tree->violation_count;
    int status = -1;

    walk->path = buffer_make(PATH_MAXIMUM);
    walk->violations = calloc(count + 1, sizeof *walk->violations);
    if (walk->violations) {
        if (count)
            memcpy(walk->violations, walk->tree->violations,
                   count * sizeof *walk->violations);
        qsort(walk->violations, count, sizeof *walk->violations, by_node);
        if (walk->tree->count)
            status = walk->visit(walk, 0) < 0 ? -1 : walk_below(walk, 0);
    }
    free(walk->violations);
    buffer_free(&walk->path);
    return status;
}

static const char *clause_of(const struct tree *tree, const struct violation *violation)
{
    return violation->field == TREE_NONE
               ? ""
               : model_field(tree->model, violation->field)->doc_ref;
}

static const char *frame_text(const struct tree *tree, struct view bytes, size_t joined)
{
    size_t length = 0;

    if (joined)
        return "joined";
    switch (framing_split(model_framing(tree->model), bytes, &length)) {
    case FRAME_WHOLE: return length == bytes.length ? "whole" : "surplus";
    case FRAME_PARTIAL: return "partial";
    default: return "invalid";
    }
}

/* --- JSON --------------------------------------------------------------------------- */

static json_t *path_json(const struct walk *walk)
{
    const char *path = (const char *)walk->path.data;

    return json_stringn(path ? path : "", walk->path.length);
}

/* Exact: above 2^63 - 1 a JSON integer of jansson ends, and text begins; JSON has no
 * number for what is not finite. */
static json_t *number_json(const struct tree *tree, uint32_t index)
{
    const struct field *field = tree_field(tree, index);
    uint64_t value = tree->nodes[index].integer;
    double real = field->is_real ? real_from_bits(field->bits, value) : 0;
    char text[48];

    if (field->is_real && isfinite(real))
        return json_real(real);
    if (!field->is_real && (field->is_signed || value <= INT64_MAX))
        return json_integer((json_int_t)value);
    return json_string(tree_integer_text(tree, index, text, sizeof text));
}

static json_t *hex_json(struct view bytes)
{
    size_t size = bytes.length * 2 + 2;
    char *text = malloc(size);
    json_t *json = NULL;

    if (text) {
        bytes_to_hex(bytes, text, size);
        json = json_string(text);
    }
    free(text);
    return json;
}

/* Digits and groups have bytes of their own, which say more than the number. */
static int set_integer(json_t *json, const struct walk *walk, uint32_t index)
{
    const struct node *node = &walk->tree->nodes[index];
    const char *name;

    if (node->bytes.data && json_object_set_new(json, "hex", hex_json(node->bytes)) < 0)
        return -1;
    if (!tree_says_number(walk->tree, index))
        return 0;
    name = model_enum_name(walk->tree->model, node->field, (int64_t)node->integer);
    if (name && json_object_set_new(json, "name", json_string(name)) < 0)
        return -1;
    return json_object_set_new(json, "value", number_json(walk->tree, index));
}

static int set_content(json_t *json, const struct walk *walk, uint32_t index)
{
    const struct node *node = &walk->tree->nodes[index];
    json_t *text;

    if (node->looked_up && json_object_set_new(json, "instance", json_true()) < 0)
        return -1;
    switch (node->kind) {
    case FIELD_INTEGER: return set_integer(json, walk, index);
    case FIELD_TEXT:
        text = json_stringn(node->bytes.length ? (const char *)node->bytes.data : "",
                            node->bytes.length);
        if (text && json_object_set_new(json, "text", text) < 0)
            return -1;
        return json_object_set_new(json, "hex", hex_json(node->bytes));
    case FIELD_BYTES: return json_object_set_new(json, "hex", hex_json(node->bytes));
    case FIELD_GROUP:
        return json_object_set_new(json, "type",
                                   json_string(tree_type(walk->tree, index)));
    default: return json_object_set_new(json, "count", json_integer(node->child_count));
    }
}

/* `path`: of the group or field that the violation is about. */
static json_t *violation_json(const struct walk *walk, const struct violation *violation)
{
    const struct model *model = walk->tree->model;
    char text[512], outcome[48];
    json_t *json = json_pack("{s:o, s:s, s:s, s:s, s:s}", "path", path_json(walk), "kind",
                             violation_kind_name(violation->kind), "text",
                             violation_reason(walk->tree, violation, text, sizeof text),
                             "clause", clause_of(walk->tree, violation), "allowed",
                             outcome_text(violation->outcomes, outcome, sizeof outcome));

    if (json && violation->kind == VIOLATION_TRUNCATED && violation->field != TREE_NONE)
        json_object_set_new(json, "field",
                            json_string(model_field(model, violation->field)->name));
    if (json && violation_is_looked_up(walk->tree, violation))
        json_object_set_new(json, "instance", json_true());
    return json;
}

static int visit_json(struct walk *walk, uint32_t index)
{
    const struct node *node = &walk->tree->nodes[index];
    const struct violation *violation;
    json_t *field;

    if (index) {
        field = json_pack("{s:o, s:s, s:I, s:I}", "path", path_json(walk), "kind",
                          field_kind_name(node->kind), "offset", (json_int_t)node->offset,
                          "length", (json_int_t)node->length);
        if (!field || set_content(field, walk, index) < 0) {
            json_decref(field);
            return -1;
        }
        if (json_array_append_new(walk->fields, field) < 0)
            return -1;
    }
    while ((violation = next_violation(walk, index)))
        if (json_array_append_new(walk->broken, violation_json(walk, violation)) < 0)
            return -1;
    return 0;
}

json_t *message_json(const struct tree *tree, struct view bytes, size_t joined)
{
    struct walk walk = {.tree = tree,
                        .visit = visit_json,
                        .fields = json_array(),
                        .broken = json_array()};
    int status = walk_tree(&walk);
    json_t *json = json_pack(
        "{s:b, s:b, s:s, s:I, s:o, s:o}", "valid", tree->violation_count == 0, "reply",
        (int)tree->reply, "frame", frame_text(tree, bytes, joined), "length",
        (json_int_t)bytes.length, "fields", walk.fields, "violations", walk.broken);

    if (json && tree_declared_from(tree) != SIZE_MAX)
        json_object_set_new(json, "declared_from",
                            json_integer((json_int_t)tree_declared_from(tree)));
    if (joined && json)
        status |= json_object_set_new(json, "joined", json_integer((json_int_t)joined));
    if (status == 0)
        return json;
    json_decref(json);
    return NULL;
}

/* --- text --------------------------------------------------------------------------- */

/* Width on a terminal: names are identifiers, one column a byte. */
static void print_name(struct walk *walk, uint32_t index)
{
    int indent = (int)walk->depth * 2;
    const char *path = (const char *)walk->path.data;
    size_t start = walk->path.length;

    while (start > 0 && path[start - 1] != '.' && path[start - 1] != '[')
        start--;
    if (start > 0 && path[start - 1] == '[')
        start--;
    fprintf(walk->out, "%6u %6u  %*s%-*.*s ", walk->tree->nodes[index].offset,
            walk->tree->nodes[index].length, indent, "",
            indent < NAME_WIDTH ? NAME_WIDTH - indent : 1,
            (int)(walk->path.length - start), path + start);
}

static void print_hex(FILE *out, struct view bytes, size_t most, int column)
{
    size_t shown = bytes.length < most ? bytes.length : most;
    int width = 0;

    for (size_t i = 0; i < shown; i++)
        width += fprintf(out, "%s%02x", i ? " " : "", bytes.data[i]);
    if (shown < bytes.length)
        width += fprintf(out, " ..");
    if (column)
        fprintf(out, "%*s", width < column ? column - width : 1, "");
}

static void print_text(FILE *out, struct view bytes)
{
    fputc('"', out);
    for (size_t i = 0; i < bytes.length; i++) {
        uint8_t byte = bytes.data[i];

        if (isprint(byte) && byte < 128 && byte != '"' && byte != '\\')
            fputc(byte, out);
        else
            fprintf(out, "\\x%02x", byte);
    }
    fputc('"', out);
}

static void print_integer(FILE *out, const struct tree *tree, uint32_t index)
{
    const struct node *node = &tree->nodes[index];
    const char *name = model_enum_name(tree->model, node->field, (int64_t)node->integer);

    char text[160];

    if (name && tree_says_number(tree, index))
        fprintf(out, "%s = ", name);
    fputs(tree_integer_text(tree, index, text, sizeof text), out);
}

static void print_value(struct walk *walk, uint32_t index, struct view wire)
{
    const struct node *node = &walk->tree->nodes[index];

    switch (node->kind) {
    case FIELD_GROUP: fprintf(walk->out, "(%s)", tree_type(walk->tree, index)); break;
    case FIELD_ARRAY: fprintf(walk->out, "[%u]", node->child_count); break;
    case FIELD_INTEGER:
        print_hex(walk->out, wire, BYTES_SHOWN, BYTES_WIDTH);
        print_integer(walk->out, walk->tree, index);
        break;
    case FIELD_TEXT:
        print_hex(walk->out, wire, BYTES_SHOWN, BYTES_WIDTH);
        print_text(walk->out, node->bytes);
        break;
    default: print_hex(walk->out, wire, wire.length, 0); break;
    }
    fputc('\n', walk->out);
}

/* The parsed bytes lie behind the nodes' offsets; visit_text finds them here. */
struct text_walk {
    struct walk walk;
    struct view bytes;
};

static int visit_text(struct walk *walk, uint32_t index)
{
    const struct text_walk *all = (const struct text_walk *)walk;
    const struct node *node = &walk->tree->nodes[index];
    const struct violation *violation;
    char text[512], outcome[48];

    if (index) {
        print_name(walk, index);
        print_value(walk, index, view_slice(all->bytes, node->offset, node->length));
    }
    while ((violation = next_violation(walk, index))) {
        const char *clause = clause_of(walk->tree, violation);

        fprintf(walk->out, "             %*s! %s; allowed: %s\n", (int)walk->depth * 2,
                "", violation_reason(walk->tree, violation, text, sizeof text),
                outcome_text(violation->outcomes, outcome, sizeof outcome));
        if (*clause)
            fprintf(walk->out, "             %*s  %s\n", (int)walk->depth * 2, "",
                    clause);
    }
    return 0;
}

int message_print(FILE *out, const struct tree *tree, struct view bytes, size_t joined)
{
    struct text_walk all = {.walk = {.tree = tree, .visit = visit_text, .out = out},
                            .bytes = bytes};
    char outcome[48];

    fprintf(out, "%s %s, %zu bytes, frame %s, ", model_id(tree->model),
            tree->reply ? "reply" : "request", bytes.length,
            frame_text(tree, bytes, joined));
    if (tree->violation_count)
        fprintf(out, "%zu violation%s: %s\n", tree->violation_count,
                tree->violation_count == 1 ? "" : "s",
                outcome_text(tree_outcomes(tree), outcome, sizeof outcome));
    else
        fputs("valid\n", out);
    fprintf(out, "offset length  %-*s %-25s value\n", NAME_WIDTH, "field", "bytes");
    return walk_tree(&all.walk);
}
