/* ${name} in the scalars of a document. */
#include "core/yaml_document.h"

#include <string.h>

struct substitution {
    struct yaml_document *document;
    const char *(*lookup)(const char *name, size_t length, const void *context);
    const void *context;
    struct error *error;
};

/* Copies `text` with every ${name} replaced into `out`. */
static int expand(const struct substitution *substitution, const struct yaml *node,
                  struct buffer *out)
{
    const char *text = node->text, *open;

    while ((open = strstr(text, "${"))) {
        const char *close = strchr(open, '}');
        const char *value =
            close ? substitution->lookup(open + 2, (size_t)(close - open - 2),
                                         substitution->context)
                  : NULL;

        if (!value)
            return yaml_complain(node, substitution->error,
                                 "a name that is known here inside ${…}");
        if (buffer_append(
                out, (struct view){(const uint8_t *)text, (size_t)(open - text)}) < 0 ||
            buffer_append(out, view_text(value)) < 0)
            return error_set(substitution->error, "memory is short");
        text = close + 1;
    }
    if (buffer_append(out, view_text(text)) < 0 || buffer_append_byte(out, '\0') < 0)
        return error_set(substitution->error, "memory is short");
    return 0;
}

static int substitute_node(const struct substitution *substitution, struct yaml *node)
{
    struct buffer out = buffer_make(1 << 16);
    int status = 0;

    for (struct yaml *child = node->child; child && status == 0; child = child->next)
        status = substitute_node(substitution, child);
    if (status < 0 || !node->text || !strstr(node->text, "${"))
        return status;
    status = expand(substitution, node, &out);
    if (status == 0) {
        node->exact = false;
        node->text = arena_text(&substitution->document->arena, (const char *)out.data);
        if (!node->text)
            status = error_set(substitution->error, "memory is short");
    }
    buffer_free(&out);
    return status;
}

int yaml_substitute(struct yaml_document *document,
                    const char *(*lookup)(const char *name, size_t length,
                                          const void *context),
                    const void *context, struct error *error)
{
    struct substitution substitution = {document, lookup, context, error};

    return substitute_node(&substitution, document->root);
}
