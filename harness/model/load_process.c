/* The `process` key: xor(key), rol(n), ror(n), and percuss's own codecs. */
#include "model/loader.h"

#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
    enum process_kind kind;
    bool takes_key;
} codecs[] = {{"xor", PROCESS_XOR, true},
              {"rol", PROCESS_ROTATE_LEFT, true},
              {"ror", PROCESS_ROTATE_RIGHT, true},
              {"percuss_hex", PROCESS_HEX, false},
              {"percuss_slip", PROCESS_SLIP, false}};

static int wrong(const struct loader *loader, const struct yaml *node)
{
    return yaml_complain(node, loader->error,
                         "xor(key), rol(n), ror(n), percuss_hex or percuss_slip");
}

/* The text between the parentheses; an empty one when there are none. -1: not closed. */
static int read_argument(const char *text, char *argument, size_t size)
{
    size_t length = strlen(text);

    *argument = '\0';
    if (!length)
        return 0;
    if (text[0] != '(' || text[length - 1] != ')' || length - 2 >= size)
        return -1;
    snprintf(argument, size, "%.*s", (int)(length - 2), text + 1);
    return 0;
}

static int read_codec(struct loader *loader, const struct yaml *node, struct rule *rule)
{
    size_t name = strcspn(node->text, "("), i = 0;
    const size_t count = sizeof codecs / sizeof *codecs;
    char argument[256];

    while (i < count && (strlen(codecs[i].name) != name ||
                         memcmp(codecs[i].name, node->text, name) != 0))
        i++;
    if (i == count || read_argument(node->text + name, argument, sizeof argument) < 0 ||
        codecs[i].takes_key != (*argument != '\0'))
        return wrong(loader, node);
    rule->process = codecs[i].kind;
    if (!codecs[i].takes_key)
        return 0;
    rule->process_key = loader_compile(loader, node, argument, rule->type);
    if (!rule->process_key)
        return -1;
    if (rule->process_key->uses_io)
        return yaml_complain(node, loader->error,
                             "a key that emission knows too: without _io");
    return 0;
}

int loader_read_process(struct loader *loader, uint32_t field)
{
    struct rule *rule = &loader->model->rules[field];
    const struct yaml *node = yaml_get(rule->yaml, "process");

    if (!node)
        return 0;
    if (node->kind != YAML_SCALAR)
        return wrong(loader, node);
    if (rule->extent == EXTENT_NONE || rule->contents.data)
        return yaml_complain(node, loader->error,
                             "size, size-eos or terminator beside process");
    rule->flags |= RULE_PROCESSED;
    loader->model->has_processes = true;
    return read_codec(loader, node, rule);
}
