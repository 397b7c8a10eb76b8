/* An expression, after a line with the hex of the message it looks at, of the model
 * --model=FILE.ksy: compiled and run as a session does, and as each group of the message
 * would. */
#include "fuzz.h"

#include "model/program.h"

#include <stdlib.h>
#include <string.h>

enum { TEXT_MAXIMUM = 2048 };

static const char *const names[] = {"request", "reply", "value", NULL};
static struct model *model;

int LLVMFuzzerInitialize(int *count, char ***arguments)
{
    model = fuzz_load_model(fuzz_option(*count, *arguments, "model"));
    return 0;
}

static void run_in_session(const char *text, const struct tree *request,
                           const struct tree *reply)
{
    const struct binding bindings[] = {
        {.name = "request", .tree = request},
        {.name = "reply", .tree = reply},
        {.name = "value", .value = {.kind = VALUE_INTEGER, .integer = 125}}};
    struct error error = {""};
    struct expression *expression = expression_compile(text, model, names, &error);

    if (expression) {
        expression_evaluate(expression, bindings);
        expression_true(expression, bindings);
    } else if (!*error.text) {
        abort();
    }
    expression_free(expression);
}

static void run_in_groups(const char *text, const struct tree *tree)
{
    struct error error = {""};

    for (uint32_t i = 0; i < tree->count; i++) {
        struct value self = value_of_node(tree, i);
        struct scope scope = {.tree = tree,
                              .group = i,
                              .has_io = true,
                              .io_size = 16,
                              .io_pos = 4,
                              .self = &self,
                              .index = 1};
        struct expression *expression;

        if (tree->nodes[i].kind != FIELD_GROUP)
            continue;
        expression =
            program_compile(text, model, (uint32_t)tree->nodes[i].integer, NULL, &error);
        if (expression)
            program_run(expression, &scope);
        expression_free(expression);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buffer message = buffer_make(TEXT_MAXIMUM);
    struct tree request, reply;
    char text[TEXT_MAXIMUM], *line;

    if (size >= sizeof text)
        return 0;
    memcpy(text, data, size);
    text[size] = '\0';
    line = strchr(text, '\n');
    if (line)
        *line++ = '\0';
    tree_init(&request, model);
    tree_init(&reply, model);
    if (line && bytes_from_hex(&message, text) == 0 &&
        tree_parse(&request, buffer_view(&message), false) == 0 &&
        tree_parse(&reply, buffer_view(&message), true) == 0) {
        run_in_session(line, &request, &reply);
        run_in_groups(line, &request);
        run_in_groups(line, &reply);
    }
    tree_free(&request);
    tree_free(&reply);
    buffer_free(&message);
    return 0;
}
