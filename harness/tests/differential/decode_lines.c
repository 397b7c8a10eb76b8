/* decode-lines MODEL.ksy LINES [--reply]: parses each line of hex as one message and
 * prints what the tree holds as one JSON object a line, for differential.py:
 * {"fields":[{"path","kind","offset","length","value" or "hex" or both}…],
 *  "violations":[{"path","kind"}…],"other":OFFSET}. Fields are the leaves in the
 * message's order. `other`, where the message declares a separator that is not the
 * grammar's own
 * (-percuss-separator): the start of the first field that has it.
 * Names of fields are plain identifiers, so nothing needs escaping. */
#include "model/nodes.h"
#include "model/real.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MESSAGE_MAXIMUM = 1 << 20, PATH_SIZE = 1024 };

static const char *const kinds[] = {[FIELD_INTEGER] = "integer",
                                    [FIELD_BYTES] = "bytes",
                                    [FIELD_TEXT] = "text",
                                    [FIELD_GROUP] = "group",
                                    [FIELD_ARRAY] = "array"};
static const char *const violations[] = {
    [VIOLATION_RULE] = "rule",           [VIOLATION_CHECKSUM] = "checksum",
    [VIOLATION_TRUNCATED] = "truncated", [VIOLATION_SURPLUS] = "surplus",
    [VIOLATION_NO_CASE] = "no-case",     [VIOLATION_ENCODING] = "encoding"};

/* As Python's json reads them. */
static void print_real(double real)
{
    if (isfinite(real))
        printf(",\"value\":%.17g", real);
    else
        printf(",\"value\":%s", isnan(real) ? "NaN"
                                : real < 0  ? "-Infinity"
                                            : "Infinity");
}

static void print_leaf(const struct tree *tree, uint32_t index, const char *separator)
{
    const struct node *node = &tree->nodes[index];
    const struct field *field = tree_field(tree, index);
    char path[PATH_SIZE];

    printf("%s{\"path\":\"%s\",\"kind\":\"%s\",\"offset\":%u,\"length\":%u", separator,
           tree_path(tree, index, path, sizeof path), kinds[node->kind], node->offset,
           node->length);
    if (node->kind == FIELD_INTEGER && field->is_real)
        print_real(real_from_bits(field->bits, node->integer));
    else if (node->kind == FIELD_INTEGER && field->is_signed)
        printf(",\"value\":%" PRId64, (int64_t)node->integer);
    else if (node->kind == FIELD_INTEGER)
        printf(",\"value\":%" PRIu64, node->integer);
    if (node->kind == FIELD_BYTES || node->kind == FIELD_TEXT || node->bytes.data) {
        printf(",\"hex\":\"");
        for (size_t i = 0; i < node->bytes.length; i++)
            printf("%02x", node->bytes.data[i]);
        putchar('"');
    }
    putchar('}');
}

static bool has_other_separator(const struct tree *tree, uint32_t node)
{
    uint32_t field = tree->nodes[node].field;
    const struct ending *ending = &tree->model->rules[field].ending;

    return ending->declared && !tree->nodes[node].looked_up &&
           tree_separator(tree, tree_group_of(tree, node), node, ending) !=
               ending->terminator;
}

/* Nodes lie in the order of parsing, which is the message's. */
static void print_other(const struct tree *tree)
{
    for (uint32_t i = 1; i < tree->count; i++) {
        if (!has_other_separator(tree, i))
            continue;
        printf(",\"other\":%u", tree->nodes[i].offset);
        return;
    }
}

/* Nodes lie in the order of parsing, which is the message's. */
static void print_tree(const struct tree *tree)
{
    const char *separator = "";
    char path[PATH_SIZE];

    printf("{\"fields\":[");
    for (uint32_t i = 1; i < tree->count; i++) {
        if (tree->nodes[i].first_child != TREE_NONE || tree->nodes[i].looked_up)
            continue;
        print_leaf(tree, i, separator);
        separator = ",";
    }
    printf("],\"violations\":[");
    for (size_t i = 0; i < tree->violation_count; i++) {
        const struct violation *violation = &tree->violations[i];
        bool inside = violation->kind == VIOLATION_TRUNCATED;

        tree_path(tree, violation->node, path, sizeof path);
        printf("%s{\"path\":\"%s%s%s\",\"kind\":\"%s\"}", i ? "," : "", path,
               inside && *path ? "." : "",
               inside ? model_field(tree->model, violation->field)->name : "",
               violations[violation->kind]);
    }
    putchar(']');
    print_other(tree);
    puts("}");
}

static int decode(const struct model *model, FILE *lines, bool reply)
{
    struct buffer bytes = buffer_make(MESSAGE_MAXIMUM);
    struct tree tree;
    char *line = NULL;
    size_t size = 0;
    int status = 0;

    tree_init(&tree, model);
    while (status == 0 && getline(&line, &size, lines) >= 0) {
        line[strcspn(line, "\n")] = '\0';
        buffer_clear(&bytes);
        if (bytes_from_hex(&bytes, line) < 0 ||
            tree_parse(&tree, buffer_view(&bytes), reply) < 0)
            status = -1;
        else
            print_tree(&tree);
    }
    free(line);
    tree_free(&tree);
    buffer_free(&bytes);
    return status;
}

int main(int count, char **arguments)
{
    bool reply = count == 4 && strcmp(arguments[3], "--reply") == 0;
    struct error error = {""};
    struct model *model;
    FILE *lines;
    int status;

    if (count != 3 && !reply) {
        fputs("usage: decode-lines MODEL.ksy LINES [--reply]\n", stderr);
        return 2;
    }
    model = model_load(arguments[1], &error);
    lines = model ? fopen(arguments[2], "r") : NULL;
    if (!lines) {
        fprintf(stderr, "decode-lines: %s\n", model ? arguments[2] : error.text);
        model_free(model);
        return 2;
    }
    status = decode(model, lines, reply);
    if (status < 0)
        fputs("decode-lines: a line is no hex, or its message nests too deeply\n",
              stderr);
    fclose(lines);
    model_free(model);
    return status < 0 ? 1 : 0;
}
