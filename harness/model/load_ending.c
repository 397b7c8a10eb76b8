/* The keys that say where a field's bytes end: `terminator` and what goes with it,
 * `-percuss-separator`, `pad-right`. */
#include "model/loader.h"

#include <string.h>

static bool is_strz(const struct yaml *map)
{
    const struct yaml *type = yaml_get(map, "type");

    return type && type->kind == YAML_SCALAR && strcmp(type->text, "strz") == 0;
}

/* A key that would have no effect beside the others: nothing is ignored. */
static int check_ending(const struct loader *loader, const struct rule *rule)
{
    static const char *const details[] = {"include", "consume", "eos-error"};
    const struct yaml *pad = yaml_get(rule->yaml, "pad-right");

    for (size_t i = 0; i < sizeof details / sizeof *details; i++) {
        const struct yaml *node = yaml_get(rule->yaml, details[i]);

        if (node && !rule->ending.terminated)
            return yaml_complain(node, loader->error, "terminator or strz beside it");
        if (node && i > 0 && rule->extent != EXTENT_NONE)
            return yaml_complain(
                node, loader->error,
                "no size or size-eos beside it (it has no effect there)");
    }
    if (pad && rule->extent == EXTENT_NONE)
        return yaml_complain(pad, loader->error, "size or size-eos beside pad-right");
    if (rule->ending.include && !rule->ending.consume)
        return yaml_complain(yaml_get(rule->yaml, "consume"), loader->error,
                             "true beside include: true (else two fields hold the "
                             "terminator)");
    return 0;
}

int loader_read_ending(struct loader *loader, uint32_t field)
{
    struct rule *rule = &loader->model->rules[field];
    const struct yaml *map = rule->yaml;
    struct ending *ending = &rule->ending;
    int64_t terminator = 0, pad = 0;

    *ending = (struct ending){.terminated = is_strz(map) || yaml_get(map, "terminator"),
                              .consume = true,
                              .eos_error = true,
                              .padded = yaml_get(map, "pad-right") != NULL};
    if (yaml_read_integer(map, "terminator", 0, 255, &terminator, loader->error) < 0 ||
        yaml_read_integer(map, "pad-right", 0, 255, &pad, loader->error) < 0 ||
        yaml_read_bool(map, "include", &ending->include, loader->error) < 0 ||
        yaml_read_bool(map, "consume", &ending->consume, loader->error) < 0 ||
        yaml_read_bool(map, "eos-error", &ending->eos_error, loader->error) < 0 ||
        check_ending(loader, rule) < 0)
        return -1;
    ending->terminator = (uint8_t)terminator;
    ending->pad = (uint8_t)pad;
    if (ending->terminated || ending->padded)
        rule->flags |= RULE_ENDS;
    if (ending->terminated && rule->extent == EXTENT_NONE)
        rule->extent = EXTENT_TERMINATED;
    return 0;
}

static int check_separator(const struct loader *loader, const struct rule *rule,
                           const struct yaml *node)
{
    bool one_byte = rule->contents.data && rule->contents.length == 1;

    if (node->kind != YAML_SCALAR)
        return yaml_complain(node, loader->error, "the place of a field");
    if (!rule->ending.terminated && !one_byte)
        return yaml_complain(node, loader->error,
                             "terminator, strz or contents of one byte beside it: what "
                             "holds where the message declares nothing");
    if (rule->ending.terminated && rule->extent != EXTENT_TERMINATED)
        return yaml_complain(node, loader->error, "no size or size-eos beside it");
    if (rule->ending.include)
        return yaml_complain(node, loader->error,
                             "no include: true beside it (a value would hold what "
                             "emission changes)");
    return 0;
}

int loader_read_separator(struct loader *loader, uint32_t field)
{
    struct rule *rule = &loader->model->rules[field];
    const struct yaml *node = yaml_get(rule->yaml, "-percuss-separator");

    if (!node)
        return 0;
    if (check_separator(loader, rule, node) < 0)
        return -1;
    if (!rule->ending.terminated) {
        rule->ending.terminator = rule->contents.data[0];
        rule->flags |= RULE_SEPARATOR;
    }
    rule->separator = loader_compile(loader, node, node->text, rule->type);
    return rule->separator ? 0 : -1;
}

void loader_share_ending(const struct rule *rule, struct rule *leaf)
{
    bool own = leaf->ending.terminated && !rule->ending.terminated;

    if (!own) {
        leaf->ending = rule->ending;
        leaf->flags |= rule->flags & RULE_ENDS;
    } else if (rule->ending.padded) {
        leaf->ending.padded = true;
        leaf->ending.pad = rule->ending.pad;
    }
    if (!own || rule->extent != EXTENT_NONE)
        leaf->extent = rule->extent;
    leaf->process = rule->process;
    leaf->process_key = rule->process_key;
    leaf->flags |= rule->flags & RULE_PROCESSED;
}
