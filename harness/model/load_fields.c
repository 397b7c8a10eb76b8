/* Phase 2 of loading: how each field is encoded, repeated, conditioned and judged. */
#include "model/loader.h"

#include <stdio.h>
#include <string.h>

bool loader_constant(const struct expression *expression, struct value *value)
{
    struct scope scope = {.index = -1};

    for (uint32_t i = 0; i < expression->count; i++) {
        switch (expression->code[i].opcode) {
        case OP_INTEGER:
        case OP_REAL:
        case OP_BOOL:
        case OP_TEXT:
        case OP_UNARY:
        case OP_BINARY:
        case OP_JUMP:
        case OP_JUMP_UNLESS:
        case OP_DECIDES:
        case OP_TRUTH: break;
        default: return false;
        }
    }
    *value = program_run(expression, &scope);
    return value->kind != VALUE_ABSENT;
}

/* The key's scalar compiled as an expression; NULL without complaint when the key is
 * absent. */
static int compile_key(struct loader *loader, uint32_t field, const char *key,
                       struct expression **expression)
{
    const struct rule *rule = &loader->model->rules[field];
    const struct yaml *node = yaml_get(rule->yaml, key);

    *expression = NULL;
    if (!node)
        return 0;
    if (node->kind != YAML_SCALAR)
        return yaml_complain(node, loader->error, "an expression");
    *expression = loader_compile(loader, node, node->text, rule->type);
    return *expression ? 0 : -1;
}

static int read_condition(struct loader *loader, uint32_t field)
{
    return compile_key(loader, field, "if", &loader->model->rules[field].condition);
}

static int read_repetition(struct loader *loader, uint32_t field)
{
    static const char *const kinds[] = {"eos", "expr", "until", NULL};
    static const enum repetition repetitions[] = {REPEAT_REST, REPEAT_COUNT,
                                                  REPEAT_UNTIL};
    struct rule *rule = &loader->model->rules[field];
    int kind = -1;

    if (yaml_read_choice(rule->yaml, "repeat", kinds, &kind, loader->error) < 0 ||
        compile_key(loader, field, "repeat-expr", &rule->count) < 0 ||
        compile_key(loader, field, "repeat-until", &rule->until) < 0)
        return -1;
    if (kind == 1 && !rule->count)
        return yaml_complain(yaml_get(rule->yaml, "repeat"), loader->error,
                             "a key repeat-expr beside repeat: expr");
    if (kind == 2 && !rule->until)
        return yaml_complain(yaml_get(rule->yaml, "repeat"), loader->error,
                             "a key repeat-until beside repeat: until");
    if (kind != 1 && rule->count)
        return yaml_complain(yaml_get(rule->yaml, "repeat-expr"), loader->error,
                             "repeat: expr beside repeat-expr");
    if (kind != 2 && rule->until)
        return yaml_complain(yaml_get(rule->yaml, "repeat-until"), loader->error,
                             "repeat: until beside repeat-until");
    rule->repetition = kind < 0 ? REPEAT_NONE : repetitions[kind];
    return 0;
}

static int read_extent(struct loader *loader, uint32_t field)
{
    struct rule *rule = &loader->model->rules[field];
    struct field *facts = &loader->model->fields[field];
    const struct yaml *size = yaml_get(rule->yaml, "size");
    struct value value;
    bool rest = false;

    if (yaml_read_bool(rule->yaml, "size-eos", &rest, loader->error) < 0 ||
        compile_key(loader, field, "size", &rule->size) < 0)
        return -1;
    if (rest && size)
        return yaml_complain(size, loader->error, "either size or size-eos");
    if (rest)
        rule->extent = EXTENT_REST;
    if (!rule->size)
        return 0;
    rule->extent = EXTENT_EXPRESSION;
    if (!loader_constant(rule->size, &value))
        return 0;
    if (value.kind != VALUE_INTEGER || value.integer < 0 || value.integer > INT32_MAX)
        return yaml_complain(size, loader->error, "a size from 0 to 2147483647");
    rule->extent = EXTENT_FIXED;
    facts->fixed_length = true;
    facts->length = (size_t)value.integer;
    return 0;
}

static int append_contents(struct loader *loader, const struct yaml *item, uint8_t *bytes,
                           size_t *length)
{
    int64_t byte;

    if (item->kind != YAML_SCALAR)
        return yaml_complain(item, loader->error, "a text or a byte");
    if (yaml_is_integer(item, &byte) && !item->key) {
        if (byte < 0 || byte > 255)
            return yaml_complain(item, loader->error, "a byte from 0 to 255");
        bytes[(*length)++] = (uint8_t)byte;
        return 0;
    }
    memcpy(bytes + *length, item->text, strlen(item->text));
    *length += strlen(item->text);
    return 0;
}

static int read_contents(struct loader *loader, uint32_t field)
{
    struct rule *rule = &loader->model->rules[field];
    struct field *facts = &loader->model->fields[field];
    const struct yaml *node = yaml_get(rule->yaml, "contents");
    size_t room = 1, length = 0;
    uint8_t *bytes;

    if (!node)
        return 0;
    if (rule->extent != EXTENT_NONE || yaml_get(rule->yaml, "type"))
        return yaml_complain(node, loader->error, "no type or size beside contents");
    for (const struct yaml *item = node->child; item; item = item->next)
        room += item->kind == YAML_SCALAR ? strlen(item->text) + 1 : 0;
    room += node->kind == YAML_SCALAR ? strlen(node->text) : 0;
    bytes = arena_allocate(&loader->model->arena, room);
    if (!bytes)
        return loader_short_of_memory(loader);
    if (node->kind == YAML_MAP)
        return yaml_complain(node, loader->error, "a text or a list of bytes and texts");
    if (node->kind == YAML_SCALAR && append_contents(loader, node, bytes, &length) < 0)
        return -1;
    for (const struct yaml *item = node->child; item; item = item->next) {
        if (append_contents(loader, item, bytes, &length) < 0)
            return -1;
    }
    rule->contents = (struct view){bytes, length};
    rule->extent = EXTENT_FIXED;
    rule->flags |= RULE_CHECKED;
    facts->kind = FIELD_BYTES;
    facts->always_same = true;
    facts->fixed_length = true;
    facts->length = length;
    return 0;
}

static int read_enumeration(struct loader *loader, uint32_t field)
{
    struct model *model = loader->model;
    struct rule *rule = &model->rules[field];
    struct field *facts = &model->fields[field];
    const struct yaml *node = yaml_get(rule->yaml, "enum");
    const struct yaml *names = yaml_get(rule->yaml, "-percuss-enum");
    const struct enumeration *enumeration;

    if (node && names)
        return yaml_complain(names, loader->error, "either enum or -percuss-enum");
    node = node ? node : names;
    if (!node)
        return 0;
    if (node->kind == YAML_SCALAR)
        rule->enumeration =
            model_find_enumeration(model, rule->type, node->text, strlen(node->text));
    if (rule->enumeration == NONE) {
        yaml_complain(node, loader->error, "the name of an enum");
        return loader_suggest_enum(loader, node);
    }
    if (facts->kind != FIELD_INTEGER || facts->is_real)
        return yaml_complain(node, loader->error, "an integer field under an enum");
    enumeration = &model->enumerations[rule->enumeration];
    facts->choices = enumeration->values;
    facts->choice_count = enumeration->count;
    return 0;
}

static bool type_outcomes(const struct model *model, uint32_t type, unsigned *outcomes)
{
    for (; type != NONE; type = model->types[type].parent) {
        if (!model->types[type].has_outcomes)
            continue;
        *outcomes = model->types[type].outcomes;
        return true;
    }
    return false;
}

/* What a device does when the field is wrong: its own word, its type's, the root's,
 * reject. */
static int read_outcomes(struct loader *loader, uint32_t field)
{
    struct model *model = loader->model;
    unsigned outcomes = OUTCOME_REJECT;
    bool own;

    if (loader_read_outcomes(loader, model->rules[field].yaml, &own, &outcomes) < 0)
        return -1;
    if (!own && !type_outcomes(model, model->rules[field].type, &outcomes) &&
        model->types[0].has_outcomes)
        outcomes = model->types[0].outcomes;
    model->rules[field].flags |= own ? RULE_OWN_OUTCOMES : 0;
    model->fields[field].on_invalid = outcomes;
    return 0;
}

static int read_sequence_key(struct loader *loader, uint32_t field)
{
    struct field *facts = &loader->model->fields[field];
    const struct yaml *map = loader->model->rules[field].yaml;
    bool sequence = false;

    if (yaml_read_bool(map, "-percuss-sequence", &sequence, loader->error) < 0)
        return -1;
    if (sequence && (facts->kind != FIELD_INTEGER || facts->is_real))
        return yaml_complain(yaml_get(map, "-percuss-sequence"), loader->error,
                             "an integer field to number messages with");
    if (sequence)
        facts->role = ROLE_SEQUENCE;
    return 0;
}

static int read_field_docs(struct loader *loader, uint32_t field)
{
    struct field *facts = &loader->model->fields[field];
    const struct rule *rule = &loader->model->rules[field];

    if (loader_read_docs(loader, rule->yaml, &facts->doc, &facts->doc_ref) < 0)
        return -1;
    if (!*facts->doc_ref)
        facts->doc_ref = loader->model->types[rule->type].doc_ref;
    return 0;
}

/* Everything a plain integer does not have is what makes parsing it slower. */
static void note_shape(struct model *model, uint32_t field)
{
    struct field *facts = &model->fields[field];
    struct rule *rule = &model->rules[field];

    facts->element = facts->kind;
    if (facts->kind == FIELD_INTEGER &&
        !(rule->flags & (RULE_BITS | RULE_CODEC | RULE_ORDER)) && !rule->condition &&
        rule->repetition == REPEAT_NONE && !rule->variants)
        rule->flags |= RULE_SIMPLE;
    if (rule->repetition != REPEAT_NONE)
        facts->kind = FIELD_ARRAY;
}

/* Leaf cases of a switch behave like the field they stand for. */
static void share_with_variants(struct model *model, uint32_t field)
{
    const struct rule *rule = &model->rules[field];

    for (size_t i = 0; i < rule->variant_count; i++) {
        uint32_t leaf = rule->variants[i].field;

        if (leaf == NONE)
            continue;
        model->fields[leaf].doc = model->fields[field].doc;
        model->fields[leaf].doc_ref = model->fields[field].doc_ref;
        model->fields[leaf].on_invalid = model->fields[field].on_invalid;
        model->fields[leaf].fixed_length = model->fields[field].fixed_length;
        model->fields[leaf].length = model->fields[field].length;
        model->fields[leaf].element = model->fields[leaf].kind;
        if (model->fields[leaf].kind == FIELD_INTEGER)
            model->rules[leaf].extent = rule->extent;
        else
            loader_share_ending(rule, &model->rules[leaf]);
    }
}

static int read_field(struct loader *loader, uint32_t field)
{
    static const char *const keys[] = {"id",
                                       "type",
                                       "doc",
                                       "doc-ref",
                                       "contents",
                                       "size",
                                       "size-eos",
                                       "terminator",
                                       "include",
                                       "consume",
                                       "eos-error",
                                       "pad-right",
                                       "process",
                                       "pos",
                                       "io",
                                       "enum",
                                       "if",
                                       "repeat",
                                       "repeat-expr",
                                       "repeat-until",
                                       "valid",
                                       "encoding",
                                       "-percuss-checksum",
                                       "-percuss-invalid",
                                       "-percuss-sequence",
                                       "-percuss-emit",
                                       "-percuss-enum",
                                       "-percuss-number",
                                       "-percuss-separator",
                                       NULL};

    if (loader_check_keys(loader, loader->model->rules[field].yaml, keys) < 0 ||
        loader_read_position(loader, field) < 0 || read_field_docs(loader, field) < 0 ||
        read_condition(loader, field) < 0 || read_repetition(loader, field) < 0 ||
        read_extent(loader, field) < 0 || loader_read_ending(loader, field) < 0 ||
        read_contents(loader, field) < 0 || loader_read_separator(loader, field) < 0 ||
        loader_read_type_key(loader, field) < 0 ||
        loader_read_process(loader, field) < 0 || loader_read_number(loader, field) < 0 ||
        read_enumeration(loader, field) < 0 || loader_read_valid(loader, field) < 0 ||
        loader_read_checksum(loader, field) < 0 || read_sequence_key(loader, field) < 0 ||
        read_outcomes(loader, field) < 0)
        return -1;
    share_with_variants(loader->model, field);
    note_shape(loader->model, field);
    return 0;
}

static int read_instance(struct loader *loader, uint32_t type, struct instance *instance)
{
    const struct yaml *value = yaml_get(instance->yaml, "value");
    const struct yaml *enumeration = yaml_get(instance->yaml, "enum");
    const struct yaml *condition = yaml_get(instance->yaml, "if");

    if (enumeration && (enumeration->kind != YAML_SCALAR ||
                        model_find_enumeration(loader->model, type, enumeration->text,
                                               strlen(enumeration->text)) == NONE)) {
        yaml_complain(enumeration, loader->error, "the name of an enum");
        return loader_suggest_enum(loader, enumeration);
    }
    instance->value = loader_compile(loader, value, value->text, type);
    if (!instance->value || !condition)
        return instance->value ? 0 : -1;
    if (condition->kind != YAML_SCALAR)
        return yaml_complain(condition, loader->error, "an expression");
    instance->condition = loader_compile(loader, condition, condition->text, type);
    return instance->condition ? 0 : -1;
}

int loader_read_fields(struct loader *loader, uint32_t type)
{
    struct type *facts = &loader->model->types[type];

    for (size_t i = 0; i < facts->instance_count; i++) {
        if (read_instance(loader, type, &facts->instances[i]) < 0)
            return -1;
    }
    if (loader_read_order(loader, type) < 0)
        return -1;
    for (size_t i = 0; i < facts->count; i++) {
        if (read_field(loader, facts->sequence[i]) < 0)
            return -1;
    }
    for (size_t i = 0; i < loader->model->types[type].parsed_count; i++) {
        if (read_field(loader, loader->model->types[type].parsed[i]) < 0)
            return -1;
    }
    return loader_check_bits(loader, type) < 0 ? -1 : loader_check_order(loader, type);
}
