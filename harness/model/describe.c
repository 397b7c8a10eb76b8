/* Names and texts for people: paths of nodes, violations, and a message on one line. */
#include "model/nodes.h"
#include "model/real.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct text {
    char *data;
    size_t used, size;
};

static void put(struct text *text, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void put(struct text *text, const char *format, ...)
{
    va_list arguments;
    int length;

    if (text->used + 1 >= text->size)
        return;
    va_start(arguments, format);
    length =
        vsnprintf(text->data + text->used, text->size - text->used, format, arguments);
    va_end(arguments);
    if (length > 0)
        text->used += (size_t)length;
    if (text->used >= text->size)
        text->used = text->size - 1;
}

static struct text text_in(char *data, size_t size)
{
    if (size)
        data[0] = '\0';
    return (struct text){data, 0, size};
}

static size_t index_in_array(const struct tree *tree, uint32_t node)
{
    uint32_t child = tree->nodes[tree->nodes[node].parent].first_child;
    size_t index = 0;

    for (; child != node && child != TREE_NONE; child = tree->nodes[child].next)
        index++;
    return index;
}

static void put_path(struct text *text, const struct tree *tree, uint32_t node)
{
    uint32_t parent = tree->nodes[node].parent;

    if (node == 0 || parent == TREE_NONE)
        return;
    put_path(text, tree, parent);
    if (tree->nodes[parent].kind == FIELD_ARRAY)
        put(text, "[%zu]", index_in_array(tree, node));
    else
        put(text, "%s%s", text->used ? "." : "",
            tree->model->fields[tree->nodes[node].field].name);
}

const char *tree_path(const struct tree *tree, uint32_t node, char *text, size_t size)
{
    struct text out = text_in(text, size);

    put_path(&out, tree, node);
    return text;
}

/* "name[2]" → the child, then its element. */
static uint32_t find_segment(const struct tree *tree, uint32_t group, const char *segment,
                             size_t length)
{
    const char *bracket = memchr(segment, '[', length);
    size_t name_length = bracket ? (size_t)(bracket - segment) : length;
    uint32_t name = model_name(tree->model, segment, name_length), node;
    unsigned long index;
    char *end;

    if (name == NONE || tree->nodes[group].kind != FIELD_GROUP)
        return TREE_NONE;
    node = tree_child(tree, group, name);
    if (!bracket || node == TREE_NONE)
        return node;
    index = strtoul(bracket + 1, &end, 10);
    if (!isdigit((unsigned char)bracket[1]) || end != segment + length - 1 ||
        *end != ']' || tree->nodes[node].kind != FIELD_ARRAY)
        return TREE_NONE;
    for (node = tree->nodes[node].first_child; index > 0 && node != TREE_NONE; index--)
        node = tree->nodes[node].next;
    return node;
}

uint32_t tree_find(const struct tree *tree, const char *path)
{
    uint32_t node = 0;

    if (tree->count == 0 || !*path)
        return TREE_NONE;
    for (;;) {
        size_t length = strcspn(path, ".");

        node = find_segment(tree, node, path, length);
        if (node == TREE_NONE || !path[length])
            return node;
        path += length + 1;
    }
}

bool tree_says_number(const struct tree *tree, uint32_t index)
{
    const struct node *node = &tree->nodes[index];
    const struct codec *codec = tree->model->rules[node->field].codec;
    uint64_t value;

    return !codec || !node->bytes.data || codec_read(codec, node->bytes, &value) == 0;
}

static void put_bytes(struct text *text, const struct node *node)
{
    enum { SHOWN = 32 };
    size_t length = node->bytes.length < SHOWN ? node->bytes.length : SHOWN;

    put(text, "%s", node->kind == FIELD_TEXT ? "\"" : "hex:");
    for (size_t i = 0; i < length; i++) {
        uint8_t byte = node->bytes.data[i];

        if (node->kind != FIELD_TEXT)
            put(text, "%02x", byte);
        else if (isprint(byte) && byte < 128 && byte != '"' && byte != '\\')
            put(text, "%c", byte);
        else
            put(text, "\\x%02x", byte);
    }
    put(text, "%s", length < node->bytes.length ? "…" : "");
    put(text, "%s", node->kind == FIELD_TEXT ? "\"" : "");
}

/* Digits or groups that say no number are shown as they are. */
static void put_unreadable(struct text *text, const struct tree *tree,
                           const struct node *node)
{
    const struct codec *codec = tree->model->rules[node->field].codec;
    struct node raw = *node;

    raw.kind = codec->kind == CODEC_DIGITS ? FIELD_TEXT : FIELD_BYTES;
    put_bytes(text, &raw);
}

static void put_number(struct text *text, const struct tree *tree, uint32_t index)
{
    const struct node *node = &tree->nodes[index];
    const struct field *field = &tree->model->fields[node->field];
    char real[40];

    if (!tree_says_number(tree, index))
        put_unreadable(text, tree, node);
    else if (field->is_real)
        put(text, "%s", real_text(field->bits, node->integer, real, sizeof real));
    else if (field->is_signed)
        put(text, "%" PRId64, (int64_t)node->integer);
    else
        put(text, "%" PRIu64, node->integer);
}

const char *tree_integer_text(const struct tree *tree, uint32_t node, char *text,
                              size_t size)
{
    struct text out = text_in(text, size);

    put_number(&out, tree, node);
    return text;
}

static void put_integer(struct text *text, const struct tree *tree, uint32_t index)
{
    const struct node *node = &tree->nodes[index];
    const char *name =
        tree_says_number(tree, index)
            ? model_enum_name(tree->model, node->field, (int64_t)node->integer)
            : NULL;

    if (name)
        put(text, "%s(", name);
    put_number(text, tree, index);
    put(text, "%s", name ? ")" : "");
}

static void put_values(struct text *text, const struct tree *tree, uint32_t array)
{
    uint32_t child = tree->nodes[array].first_child;

    put(text, "[");
    for (; child != TREE_NONE; child = tree->nodes[child].next) {
        if (tree->nodes[child].kind == FIELD_INTEGER)
            put_integer(text, tree, child);
        else
            put_bytes(text, &tree->nodes[child]);
        put(text, "%s", tree->nodes[child].next == TREE_NONE ? "" : ",");
    }
    put(text, "]");
}

static bool holds_leaves(const struct tree *tree, const struct node *node)
{
    return node->kind == FIELD_ARRAY &&
           (node->first_child == TREE_NONE ||
            tree->nodes[node->first_child].kind < FIELD_GROUP);
}

static void put_leaves(struct text *text, const struct tree *tree, uint32_t index)
{
    const struct node *node = &tree->nodes[index];
    uint32_t child = node->first_child;

    if (node->kind >= FIELD_GROUP && !holds_leaves(tree, node)) {
        for (; child != TREE_NONE; child = tree->nodes[child].next)
            put_leaves(text, tree, child);
        return;
    }
    if (text->used + 1 >= text->size)
        return;
    put(text, "%s", text->used ? " " : "");
    {
        char path[256];

        put(text, "%s=", tree_path(tree, index, path, sizeof path));
    }
    if (node->kind == FIELD_INTEGER)
        put_integer(text, tree, index);
    else if (node->kind == FIELD_ARRAY)
        put_values(text, tree, index);
    else
        put_bytes(text, node);
}

const char *tree_describe(const struct tree *tree, char *text, size_t size)
{
    struct text out = text_in(text, size);

    if (tree->count)
        put_leaves(&out, tree, 0);
    return text;
}

const char *tree_type(const struct tree *tree, uint32_t node)
{
    if (tree->nodes[node].kind != FIELD_GROUP)
        return "";
    return tree->model->types[(uint32_t)tree->nodes[node].integer].name;
}

static void put_violation(struct text *text, const struct tree *tree,
                          const struct violation *violation)
{
    const struct node *node = &tree->nodes[violation->node];
    const char *name =
        violation->field == TREE_NONE ? "" : tree->model->fields[violation->field].name;

    switch (violation->kind) {
    case VIOLATION_RULE: put(text, "rule broken (value "); break;
    case VIOLATION_CHECKSUM: put(text, "wrong checksum (value "); break;
    case VIOLATION_TRUNCATED: put(text, "the bytes end in %s", name); return;
    case VIOLATION_SURPLUS: put(text, "surplus bytes at the end"); return;
    case VIOLATION_ENCODING: put(text, "the bytes cannot be decoded"); return;
    default: put(text, "no case of the switch fits"); return;
    }
    if (node->kind == FIELD_INTEGER)
        put_integer(text, tree, violation->node);
    else
        put_bytes(text, node);
    put(text, ")");
}

bool violation_is_looked_up(const struct tree *tree, const struct violation *violation)
{
    return (violation->node != TREE_NONE && tree->nodes[violation->node].looked_up) ||
           (violation->field != TREE_NONE &&
            tree->model->rules[violation->field].flags & RULE_INSTANCE);
}

const char *violation_text(const struct tree *tree, const struct violation *violation,
                           char *text, size_t size)
{
    struct text out = text_in(text, size);

    if (violation->node >= tree->count)
        return text;
    if (violation->node == 0)
        put(&out, "message");
    put_path(&out, tree, violation->node);
    put(&out, ": ");
    put_violation(&out, tree, violation);
    return text;
}

const char *violation_reason(const struct tree *tree, const struct violation *violation,
                             char *text, size_t size)
{
    struct text out = text_in(text, size);

    if (violation->node < tree->count)
        put_violation(&out, tree, violation);
    return text;
}

/* --- names of kinds ----------------------------------------------------------------- */

static const char *name_in(const char *const *names, size_t count, unsigned at)
{
    return at < count ? names[at] : "";
}

const char *violation_kind_name(unsigned kind)
{
    static const char *const names[] = {
        [VIOLATION_RULE] = "rule",           [VIOLATION_CHECKSUM] = "checksum",
        [VIOLATION_TRUNCATED] = "truncated", [VIOLATION_SURPLUS] = "surplus",
        [VIOLATION_NO_CASE] = "no-case",     [VIOLATION_ENCODING] = "encoding"};

    return name_in(names, sizeof names / sizeof *names, kind);
}

const char *field_kind_name(unsigned kind)
{
    static const char *const names[] = {[FIELD_INTEGER] = "integer",
                                        [FIELD_BYTES] = "bytes",
                                        [FIELD_TEXT] = "text",
                                        [FIELD_GROUP] = "group",
                                        [FIELD_ARRAY] = "array"};

    return name_in(names, sizeof names / sizeof *names, kind);
}

const char *field_role_name(unsigned role)
{
    static const char *const names[] = {
        [ROLE_PLAIN] = "plain",       [ROLE_LENGTH] = "length",
        [ROLE_COUNT] = "count",       [ROLE_CHECKSUM] = "checksum",
        [ROLE_DERIVED] = "derived",   [ROLE_SWITCH] = "switch",
        [ROLE_SEQUENCE] = "sequence", [ROLE_SEPARATOR] = "separator"};

    return name_in(names, sizeof names / sizeof *names, role);
}
