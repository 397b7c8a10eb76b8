/* The keys that make an integer of something else: `-percuss-number` on a text,
 * `-percuss-codec` on a type. */
#include "model/loader.h"

#include <string.h>

static unsigned bits_of(uint64_t largest)
{
    return largest ? 64 - (unsigned)__builtin_clzll(largest) : 1;
}

void loader_set_codec(struct model *model, uint32_t field, const struct codec *codec)
{
    uint64_t largest = codec_largest(codec);
    struct field *facts = &model->fields[field];

    facts->kind = FIELD_INTEGER;
    facts->bits = bits_of(largest);
    if (largest & (largest + 1))
        facts->largest = largest;
    model->rules[field].codec = codec;
    model->rules[field].flags |= RULE_CODEC | RULE_CHECKED;
}

static int read_digit_count(struct loader *loader, uint32_t field,
                            const struct yaml *node, struct codec *codec)
{
    const struct field *facts = &loader->model->fields[field];
    int64_t digits = 1;

    if (loader->model->rules[field].extent != EXTENT_FIXED) {
        if (yaml_read_integer(node, "digits", 1, CODEC_BYTES, &digits, loader->error) < 0)
            return -1;
        codec->minimum = (size_t)digits;
        codec->maximum = CODEC_BYTES;
        loader->model->widths_vary = true;
        return 0;
    }
    if (facts->length < 1 || facts->length > CODEC_BYTES)
        return yaml_complain(node, loader->error, "a size from 1 to %d digits",
                             CODEC_BYTES);
    digits = (int64_t)facts->length;
    codec->minimum = codec->maximum = facts->length;
    return yaml_read_integer(node, "digits", digits, digits, &digits, loader->error);
}

int loader_read_number(struct loader *loader, uint32_t field)
{
    static const char *const keys[] = {"base", "digits", NULL};
    static const char *const bases[] = {"8", "10", "16", NULL};
    static const unsigned base_of[] = {8, 10, 16};
    const struct rule *rule = &loader->model->rules[field];
    const struct yaml *node = yaml_get(rule->yaml, "-percuss-number");
    struct codec *codec;
    int base = 0;

    if (!node)
        return 0;
    if (loader->model->fields[field].kind != FIELD_TEXT)
        return yaml_complain(node, loader->error, "a str or strz field under it");
    if (rule->flags & RULE_WIDE)
        return yaml_complain(node, loader->error, "a text of one byte a character");
    if ((rule->flags & RULE_PROCESSED) ||
        ((rule->flags & RULE_ENDS) && rule->extent != EXTENT_TERMINATED))
        return yaml_complain(node, loader->error,
                             "digits that are there as they are: no process, no size "
                             "beside terminator or pad-right");
    codec = arena_allocate(&loader->model->arena, sizeof *codec);
    if (!codec)
        return loader_short_of_memory(loader);
    if (loader_check_keys(loader, node, keys) < 0 ||
        !yaml_need(node, "base", YAML_SCALAR, loader->error) ||
        yaml_read_choice(node, "base", bases, &base, loader->error) < 0 ||
        read_digit_count(loader, field, node, codec) < 0)
        return -1;
    codec->kind = CODEC_DIGITS;
    codec->base = base_of[base];
    loader_set_codec(loader->model, field, codec);
    return 0;
}

/* Other tools find the number in an instance `value` of the type. */
static int check_plain_type(struct loader *loader, const struct yaml *map)
{
    const struct yaml *instances = yaml_get(map, "instances");

    if (!instances || instances->kind != YAML_MAP || !yaml_get(instances, "value"))
        return yaml_complain(yaml_get(map, "-percuss-codec"), loader->error,
                             "an instance named value in the type, for other tools");
    if (yaml_get(map, "params"))
        return yaml_complain(yaml_get(map, "params"), loader->error,
                             "no params beside -percuss-codec");
    return 0;
}

int loader_read_codec(struct loader *loader, const struct yaml *map, struct type *type)
{
    static const char *const keys[] = {"name", "maximum", NULL};
    static const char *const names[] = {"base128-le", "base128-be", NULL};
    const struct yaml *node = yaml_get(map, "-percuss-codec");
    int64_t maximum = 0;
    struct codec *codec;
    uint32_t value;
    int name = 0;

    if (!node)
        return 0;
    if (loader_check_keys(loader, node, keys) < 0 ||
        !yaml_need(node, "name", YAML_SCALAR, loader->error) ||
        !yaml_need(node, "maximum", YAML_SCALAR, loader->error) ||
        yaml_read_choice(node, "name", names, &name, loader->error) < 0 ||
        yaml_read_integer(node, "maximum", 1, 10, &maximum, loader->error) < 0 ||
        check_plain_type(loader, map) < 0 || loader_name(loader, "value", &value) < 0)
        return -1;
    codec = arena_allocate(&loader->model->arena, sizeof *codec);
    if (!codec)
        return loader_short_of_memory(loader);
    codec->kind = name == 0 ? CODEC_GROUPS_LE : CODEC_GROUPS_BE;
    codec->maximum = (size_t)maximum;
    type->codec = codec;
    loader->model->widths_vary = true;
    return 0;
}
