/* The keys that judge a field: `valid` and `-percuss-checksum`. */
#include "model/loader.h"

#include <string.h>

static int64_t type_minimum(const struct field *field)
{
    return field->is_signed ? -(INT64_MAX >> (64 - field->bits)) - 1 : 0;
}

static int64_t type_maximum(const struct field *field)
{
    unsigned bits = field->bits - field->is_signed;

    if (field->largest && field->largest <= INT64_MAX)
        return (int64_t)field->largest;
    return bits >= 63 ? INT64_MAX : (INT64_C(1) << bits) - 1;
}

static int compile_valid(struct loader *loader, uint32_t field, const struct yaml *node,
                         struct expression **expression)
{
    if (node->kind != YAML_SCALAR)
        return yaml_complain(node, loader->error, "an expression");
    *expression =
        loader_compile(loader, node, node->text, loader->model->rules[field].type);
    return *expression ? 0 : -1;
}

static bool is_whole(const struct value *value)
{
    return value->kind == VALUE_INTEGER || value->kind == VALUE_BOOL;
}

/* Its rules can be tables of integers. */
static bool counts(const struct field *field)
{
    return field->kind == FIELD_INTEGER && !field->is_real;
}

static int read_equal(struct loader *loader, uint32_t field, const struct yaml *node)
{
    struct field *facts = &loader->model->fields[field];
    struct rule *rule = &loader->model->rules[field];
    struct value value;
    int64_t *choice;

    if (compile_valid(loader, field, node, &rule->equal) < 0)
        return -1;
    if (!loader_constant(rule->equal, &value)) {
        if (facts->kind == FIELD_INTEGER && !rule->equal->uses_io) {
            facts->role = ROLE_DERIVED;
            rule->flags |= RULE_DERIVES;
        }
        return 0;
    }
    if (!counts(facts) || !is_whole(&value))
        return 0;
    choice = arena_allocate(&loader->model->arena, sizeof *choice);
    if (!choice)
        return loader_short_of_memory(loader);
    *choice = value.integer;
    rule->equal = NULL;
    facts->choices = choice;
    facts->choice_count = 1;
    facts->choices_bind = true;
    return 0;
}

/* *constant becomes false when the limit has to be computed for every message. */
static int read_limit(struct loader *loader, uint32_t field, const struct yaml *node,
                      struct expression **expression, int64_t *limit, bool *constant)
{
    struct value value;

    if (!node)
        return 0;
    if (compile_valid(loader, field, node, expression) < 0)
        return -1;
    if (counts(&loader->model->fields[field]) && loader_constant(*expression, &value) &&
        is_whole(&value))
        *limit = value.integer;
    else
        *constant = false;
    return 0;
}

static int read_limits(struct loader *loader, uint32_t field, const struct yaml *valid)
{
    struct field *facts = &loader->model->fields[field];
    struct rule *rule = &loader->model->rules[field];
    bool integer = counts(facts), constant = integer;

    if (integer) {
        facts->minimum = type_minimum(facts);
        facts->maximum = type_maximum(facts);
    }
    if (read_limit(loader, field, yaml_get(valid, "min"), &rule->minimum, &facts->minimum,
                   &constant) < 0 ||
        read_limit(loader, field, yaml_get(valid, "max"), &rule->maximum, &facts->maximum,
                   &constant) < 0)
        return -1;
    facts->has_bounds = constant;
    if (!constant)
        return 0;
    rule->minimum = rule->maximum = NULL;
    if (facts->minimum > facts->maximum)
        return yaml_complain(valid, loader->error, "a min that is not above max");
    return 0;
}

/* All integers: a table of choices; anything else stays a list of expressions. */
static int read_any_of(struct loader *loader, uint32_t field, const struct yaml *list)
{
    struct field *facts = &loader->model->fields[field];
    struct rule *rule = &loader->model->rules[field];
    size_t whole = 0, count = 0;
    struct value value;
    int64_t *choices;

    if (list->kind != YAML_LIST || !list->count)
        return yaml_complain(list, loader->error, "a list of values");
    choices = arena_allocate(&loader->model->arena, list->count * sizeof *choices);
    rule->any_of =
        arena_allocate(&loader->model->arena, list->count * sizeof *rule->any_of);
    if (!choices || !rule->any_of)
        return loader_short_of_memory(loader);
    for (const struct yaml *item = list->child; item; item = item->next, count++) {
        if (compile_valid(loader, field, item, &rule->any_of[count]) < 0)
            return -1;
        if (loader_constant(rule->any_of[count], &value) && is_whole(&value))
            choices[whole++] = value.integer;
    }
    rule->any_of_count = count;
    if (whole != count || !counts(facts))
        return 0;
    rule->any_of_count = 0;
    facts->choices = choices;
    facts->choice_count = count;
    facts->choices_bind = true;
    return 0;
}

static int read_in_enum(struct loader *loader, uint32_t field, const struct yaml *valid)
{
    struct field *facts = &loader->model->fields[field];
    bool wanted = false;

    if (yaml_read_bool(valid, "in-enum", &wanted, loader->error) < 0)
        return -1;
    if (!wanted || loader->model->rules[field].enumeration == NONE)
        return yaml_complain(yaml_get(valid, "in-enum"), loader->error,
                             "true, on a field with an enum");
    facts->choices_bind = true; /* the choices are the members already */
    return 0;
}

static int read_valid_map(struct loader *loader, uint32_t field, const struct yaml *valid)
{
    static const char *const keys[] = {"eq",   "min",     "max", "any-of",
                                       "expr", "in-enum", NULL};
    struct rule *rule = &loader->model->rules[field];
    bool limits = yaml_get(valid, "min") || yaml_get(valid, "max");

    if (loader_check_keys(loader, valid, keys) < 0)
        return -1;
    if (!valid->count ||
        valid->count != (limits ? (yaml_get(valid, "min") != NULL) +
                                      (size_t)(yaml_get(valid, "max") != NULL)
                                : 1))
        return yaml_complain(valid, loader->error,
                             "one of eq, any-of, expr, in-enum, or min and max");
    if (limits)
        return read_limits(loader, field, valid);
    if (yaml_get(valid, "eq"))
        return read_equal(loader, field, yaml_get(valid, "eq"));
    if (yaml_get(valid, "any-of"))
        return read_any_of(loader, field, yaml_get(valid, "any-of"));
    if (yaml_get(valid, "expr"))
        return compile_valid(loader, field, yaml_get(valid, "expr"), &rule->test);
    return read_in_enum(loader, field, valid);
}

int loader_read_valid(struct loader *loader, uint32_t field)
{
    const struct rule *rule = &loader->model->rules[field];
    const struct yaml *valid = yaml_get(rule->yaml, "valid");

    if (!valid)
        return 0;
    if (loader->model->fields[field].kind == FIELD_GROUP)
        return yaml_complain(valid, loader->error,
                             "valid on integers, bytes and texts only");
    if (rule->flags & RULE_WIDE)
        return yaml_complain(
            valid, loader->error,
            "no valid on UTF-16 and UTF-32: texts are compared as bytes");
    loader->model->rules[field].flags |= RULE_CHECKED;
    if (valid->kind == YAML_MAP)
        return read_valid_map(loader, field, valid);
    return read_equal(loader, field, valid);
}

static int read_word(struct loader *loader, const struct yaml *map, const char *key,
                     uint32_t *value)
{
    int64_t number = *value;

    if (yaml_read_integer(map, key, 0, UINT32_MAX, &number, loader->error) < 0)
        return -1;
    *value = (uint32_t)number;
    return 0;
}

static int read_algorithm(struct loader *loader, const struct yaml *map,
                          struct checksum *checksum)
{
    const struct yaml *name = map->kind == YAML_MAP ? yaml_get(map, "algorithm") : map;
    int choice = 0;

    if (name && name->kind == YAML_SCALAR && checksum_named(name->text, checksum) == 0)
        return 0;
    if (name && map->kind == YAML_MAP)
        return yaml_read_choice(map, "algorithm", checksum_names, &choice, loader->error);
    if (name || !yaml_get(map, "polynomial")) {
        yaml_complain(map, loader->error,
                      "an algorithm, e.g. crc16-modbus, or a polynomial");
        return map->kind == YAML_SCALAR
                   ? loader_suggest(loader, map->text, strlen(map->text), checksum_names)
                   : -1;
    }
    *checksum = (struct checksum){.kind = CHECKSUM_CRC, .width = 16};
    return 0;
}

static int read_parameters(struct loader *loader, const struct yaml *map,
                           struct checksum *checksum)
{
    static const char *const keys[] = {"algorithm", "width",     "polynomial",
                                       "initial",   "final-xor", "reflected",
                                       "from",      "plus",      NULL};
    const char *from = checksum->from == FROM_TYPE ? "start-of-type" : "start-of-message";
    uint32_t width = checksum->width;

    if (loader_check_keys(loader, map, keys) < 0 ||
        read_word(loader, map, "width", &width) < 0 ||
        read_word(loader, map, "polynomial", &checksum->polynomial) < 0 ||
        read_word(loader, map, "initial", &checksum->initial) < 0 ||
        read_word(loader, map, "final-xor", &checksum->final_xor) < 0 ||
        yaml_read_bool(map, "reflected", &checksum->reflect, loader->error) < 0 ||
        yaml_read_text(map, "from", &from, loader->error) < 0)
        return -1;
    checksum->width = width;
    checksum->from = FROM_MESSAGE;
    if (strcmp(from, "start-of-message") == 0)
        return 0;
    checksum->from = FROM_TYPE;
    if (strcmp(from, "start-of-type") == 0)
        return 0;
    checksum->from = FROM_FIELD;
    checksum->from_name = model_name(loader->model, from, strlen(from));
    return 0;
}

static bool comes_before(const struct model *model, uint32_t field, uint32_t name)
{
    const struct type *type = &model->types[model->rules[field].type];

    for (size_t i = 0; i < type->count && type->sequence[i] != field; i++) {
        if (model->rules[type->sequence[i]].name == name)
            return true;
    }
    return false;
}

static bool holds_checksum(const struct field *field, const struct rule *rule,
                           unsigned width)
{
    if (rule->codec)
        return rule->codec->kind == CODEC_DIGITS && rule->extent == EXTENT_FIXED;
    return !field->is_signed && !(rule->flags & (RULE_BITS | RULE_REAL)) &&
           field->bits == width;
}

/* What an Internet checksum covers besides: the fields of a pseudo-header. */
static int read_plus(struct loader *loader, const struct rule *rule,
                     const struct yaml *map, struct checksum *checksum)
{
    const struct yaml *node = map->kind == YAML_MAP ? yaml_get(map, "plus") : NULL;

    if (checksum->kind == CHECKSUM_INTERNET)
        loader->model->types[rule->type].sums_whole = true;
    if (!node)
        return 0;
    if (checksum->kind != CHECKSUM_INTERNET || node->kind != YAML_SCALAR)
        return yaml_complain(node, loader->error, "an expression, of `internet` only");
    checksum->plus = loader_compile(loader, node, node->text, rule->type);
    return checksum->plus ? 0 : -1;
}

int loader_read_checksum(struct loader *loader, uint32_t field)
{
    struct field *facts = &loader->model->fields[field];
    struct rule *rule = &loader->model->rules[field];
    const struct yaml *node = yaml_get(rule->yaml, "-percuss-checksum");
    struct checksum checksum;

    if (!node)
        return 0;
    if (read_algorithm(loader, node, &checksum) < 0 ||
        (node->kind == YAML_MAP && read_parameters(loader, node, &checksum) < 0))
        return -1;
    if (facts->kind != FIELD_INTEGER || rule->repetition != REPEAT_NONE ||
        !holds_checksum(facts, rule, checksum.width) ||
        (checksum.width != 8 && checksum.width != 16 && checksum.width != 32))
        return yaml_complain(
            node, loader->error,
            "an unrepeated u1, u2 or u4 as wide as the checksum (%u bits), or digits of "
            "a fixed size",
            checksum.width);
    if (read_plus(loader, rule, node, &checksum) < 0)
        return -1;
    if (checksum.from == FROM_FIELD &&
        !comes_before(loader->model, field, checksum.from_name)) {
        yaml_complain(yaml_get(node, "from"), loader->error,
                      "start-of-message, start-of-type or an earlier field of the type");
        return loader_suggest_field(loader, rule->type, yaml_get(node, "from")->text);
    }
    checksum_prepare(&checksum);
    rule->checksum = arena_allocate(&loader->model->arena, sizeof checksum);
    if (!rule->checksum)
        return loader_short_of_memory(loader);
    *rule->checksum = checksum;
    rule->flags |= RULE_CHECKED | RULE_CHECKSUM;
    facts->role = ROLE_CHECKSUM;
    return 0;
}
