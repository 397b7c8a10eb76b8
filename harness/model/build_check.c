/* Whether what was named got into the message: paths that it does not have, and values
 * that emission changes. */
#include "core/suggest.h"
#include "model/builder.h"
#include "model/real.h"

#include <stdio.h>
#include <string.h>

/* For the first part of the path that no field is called. */
static int suggest_field(const struct builder *builder, const char *path)
{
    const struct model *model = builder->model;
    size_t length = strcspn(path, ".[");
    struct suggestion suggestion;

    while (path[length] && model_name(model, path, length) != NONE) {
        path += length + strcspn(path + length, ".");
        path += *path == '.';
        length = strcspn(path, ".[");
    }
    suggestion = suggest_for(path, length);
    for (size_t i = 0; i < model->field_count; i++)
        suggest_offer(&suggestion, model->fields[i].name);
    return suggest_append(&suggestion, builder->error);
}

int builder_check_used(const struct builder *builder)
{
    size_t position = 0;

    for (const struct yaml *item = builder->values->child; item;
         item = item->next, position++) {
        if (!builder->used[position]) {
            yaml_refuse(item, builder->error,
                        "key '%.80s': expected the path of a field that this message has",
                        item->key);
            return suggest_field(builder, item->key);
        }
    }
    return 0;
}

static int complain_of_change(const struct builder *builder, const struct yaml *item,
                              const struct node *node)
{
    const struct field *field = &builder->model->fields[node->field];
    char text[40];

    if (field->is_real)
        real_text(field->bits, node->integer, text, sizeof text);
    else
        snprintf(text, sizeof text, "%lld", (long long)node->integer);
    return yaml_refuse(item, builder->error,
                       "key '%.80s': the content makes it %s: leave it out or change the "
                       "content",
                       item->key, text);
}

/* A value that emission would overwrite was named: the author believes something untrue.
 */
int builder_check_kept(const struct builder *builder)
{
    struct tree *tree = builder->tree;

    for (const struct yaml *item = builder->values->child; item; item = item->next) {
        uint32_t node = tree_find(tree, item->key);
        int64_t wanted;

        if (node == TREE_NONE || tree->nodes[node].kind != FIELD_INTEGER ||
            builder_given_integer(builder, tree->nodes[node].field, item, &wanted) < 0)
            continue;
        if ((int64_t)tree->nodes[node].integer != wanted)
            return complain_of_change(builder, item, &tree->nodes[node]);
    }
    return 0;
}
