#include "generate/values.h"

#include <stdio.h>

uint64_t values_mask(const struct field *field)
{
    return field->bits >= 64 ? UINT64_MAX : (UINT64_C(1) << field->bits) - 1;
}

void values_add(struct values *values, uint64_t value, const char *label)
{
    value &= values->mask;
    if (values->largest && value > values->largest)
        value %= values->largest + 1;
    if (values->count >= values->most || value == values->original)
        return;
    for (size_t i = 0; i < values->count; i++)
        if (values->list[i] == value)
            return;
    values->labels[values->count] = label;
    values->list[values->count++] = value;
}

void values_add_boundary(struct values *values, int64_t value, const char *label)
{
    if (values->count >= values->most)
        return;
    values->labels[values->count] = label;
    values->list[values->count++] = (uint64_t)value & values->mask;
}

uint64_t values_swapped(uint64_t value, unsigned bits)
{
    uint8_t bytes[8];
    size_t width = bits / 8;

    bytes_write_be(bytes, width, value);
    return bytes_read_le(bytes, width);
}

void values_fill(const struct site *site, values_lister *list, size_t most,
                 struct values *values)
{
    const struct node *node = site_node(site);
    const struct field *field =
        node->field == TREE_NONE ? NULL : model_field(site->session->model, node->field);

    values->count = 0;
    values->most = most < VALUES ? most : VALUES;
    values->site = site;
    if (!field || node->kind != FIELD_INTEGER || field->bits == 0)
        return;
    values->mask = values_mask(field);
    values->largest = field->largest;
    values->original = node->integer & values->mask;
    list(field, values);
}

/* The k-th is the last that is needed. */
static size_t up_to(uint64_t k)
{
    return k < VALUES ? (size_t)k + 1 : VALUES;
}

int values_change(const struct site *site, values_lister *list, uint64_t k,
                  struct tree *tree)
{
    struct values values;

    values_fill(site, list, up_to(k), &values);
    if (k >= values.count || site->node >= tree->count)
        return -1;
    tree_set_integer(tree, site->node, values.list[k], true);
    return 0;
}

void values_label(const struct site *site, values_lister *list, uint64_t k, char *text,
                  size_t size)
{
    struct values values;

    values_fill(site, list, up_to(k), &values);
    if (k >= values.count)
        snprintf(text, size, "?");
    else if (values.labels[k])
        snprintf(text, size, "%s", values.labels[k]);
    else
        snprintf(text, size, "0x%llx", (unsigned long long)values.list[k]);
}
