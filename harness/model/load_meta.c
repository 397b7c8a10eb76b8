/* `meta` of a type: byte order, bit order and encoding, for its fields and, unless they
 * say otherwise, for the types inside it. */
#include "model/loader.h"

#include <string.h>

static int read_case(struct loader *loader, uint32_t type, const struct yaml *item,
                     struct variant *variant)
{
    if (item->kind != YAML_SCALAR ||
        (strcmp(item->text, "be") != 0 && strcmp(item->text, "le") != 0))
        return yaml_complain(item, loader->error, "be or le");
    variant->big_endian = *item->text == 'b';
    return loader_read_case_key(loader, type, item, variant);
}

/* Phase 2, when names are known: `endian: {switch-on: …, cases: …}`. */
int loader_read_order(struct loader *loader, uint32_t type)
{
    static const char *const keys[] = {"switch-on", "cases", NULL};
    struct model *model = loader->model;
    const struct yaml *map =
        yaml_get(yaml_get(model->types[type].yaml, "meta"), "endian");
    const struct yaml *on, *cases;
    struct rule *order;

    if (model->types[type].defaults.order_from != type)
        return 0;
    if (loader_check_keys(loader, map, keys) < 0)
        return -1;
    on = yaml_need(map, "switch-on", YAML_SCALAR, loader->error);
    cases = yaml_need(map, "cases", YAML_MAP, loader->error);
    if (!on || !cases)
        return -1;
    order = arena_allocate(&model->arena, sizeof *order);
    if (order)
        order->variants =
            arena_allocate(&model->arena, (cases->count + 1) * sizeof *order->variants);
    if (!order || !order->variants)
        return loader_short_of_memory(loader);
    order->switch_on = loader_compile(loader, on, on->text, type);
    if (!order->switch_on)
        return -1;
    for (const struct yaml *item = cases->child; item; item = item->next) {
        if (read_case(loader, type, item, &order->variants[order->variant_count++]) < 0)
            return -1;
    }
    model->types[type].order = order;
    return 0;
}

static int read_endian(struct loader *loader, const struct yaml *meta, uint32_t type,
                       struct defaults *defaults)
{
    static const char *const orders[] = {"le", "be", NULL};
    const struct yaml *endian = yaml_get(meta, "endian");
    int order = 0;

    if (!endian)
        return 0;
    defaults->has_endian = true;
    defaults->order_from = NONE;
    if (endian->kind == YAML_MAP) {
        defaults->order_from = type;
        defaults->big_endian = true;
        return 0;
    }
    if (yaml_read_choice(meta, "endian", orders, &order, loader->error) < 0)
        return -1;
    defaults->big_endian = order == 1;
    return 0;
}

int loader_read_defaults(struct loader *loader, const struct yaml *meta, uint32_t type,
                         struct defaults *defaults)
{
    static const char *const orders[] = {"le", "be", NULL};
    int bit_order = defaults->little_bits ? 0 : 1;

    if (!meta)
        return 0;
    if (read_endian(loader, meta, type, defaults) < 0 ||
        yaml_read_choice(meta, "bit-endian", orders, &bit_order, loader->error) < 0 ||
        yaml_read_text(meta, "encoding", &defaults->encoding, loader->error) < 0)
        return -1;
    defaults->little_bits = bit_order == 0;
    return 0;
}

/* Bits of one byte have one order: the other needs a byte boundary before it. */
int loader_check_bits(struct loader *loader, uint32_t type)
{
    const struct model *model = loader->model;
    const struct type *facts = &model->types[type];
    bool big_endian = true;
    unsigned used = 0;

    for (size_t i = 0; i < facts->count; i++) {
        const struct field *field = &model->fields[facts->sequence[i]];
        const struct rule *rule = &model->rules[facts->sequence[i]];

        if (!(rule->flags & RULE_BITS)) {
            used = 0;
            continue;
        }
        if (used % 8 != 0 && field->big_endian != big_endian)
            return yaml_complain(yaml_get(rule->yaml, "type"), loader->error,
                                 "a byte boundary between bits of different order");
        big_endian = field->big_endian;
        used =
            rule->condition || rule->repetition != REPEAT_NONE ? 1 : used + field->bits;
    }
    return 0;
}
