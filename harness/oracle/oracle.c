#include "oracle/oracle.h"

#include "oracle/shape.h"

#include <stdio.h>
#include <string.h>

#define ORACLE(name) extern const struct oracle_ops oracle_##name;
#include "oracle/oracles.def"
#undef ORACLE

const struct oracle_ops *const oracle_kinds[] = {
#define ORACLE(name) &oracle_##name,
#include "oracle/oracles.def"
#undef ORACLE
    NULL,
};

int oracle_named(const char *name)
{
    for (int i = 0; oracle_kinds[i]; i++)
        if (strcmp(oracle_kinds[i]->name, name) == 0)
            return i;
    return ORACLE_NONE;
}

/* How many groups lie between a node and `group`; -1 when it is not inside. */
static int depth_inside(const struct tree *tree, uint32_t node, uint32_t group)
{
    int depth = 0;

    for (; node != group && node != TREE_NONE; node = tree->nodes[node].parent)
        depth++;
    return node == group ? depth : -1;
}

/* The type of the deepest, last field in a group: "write_registers_request". */
static const char *innermost_type(const struct tree *tree, uint32_t group)
{
    const struct field *field = NULL;
    int deepest = 0;

    for (uint32_t i = 0; i < tree->count; i++) {
        int depth = tree_field(tree, i) ? depth_inside(tree, i, group) : -1;

        /* Elements of an array are no deeper than the array. */
        if (depth > 0 && tree->nodes[i].field == tree->nodes[tree->nodes[i].parent].field)
            depth--;
        if (depth >= deepest) {
            deepest = depth;
            field = tree_field(tree, i);
        }
    }
    return field ? field->type_name : "message";
}

static const struct field *guilty_field(const struct tree *tree,
                                        const struct violation *worst)
{
    return worst && worst->field != TREE_NONE ? model_field(tree->model, worst->field)
                                              : NULL;
}

/* Fields of the outermost type have nothing to do with each other; those of a type inside
 * it are read by one piece of code. */
const char *guilty_part(const struct tree *tree, char *text, size_t size)
{
    const struct violation *worst = tree->violation_count ? tree_worst(tree) : NULL;
    const struct field *field = guilty_field(tree, worst);
    bool surplus = worst && worst->kind == VIOLATION_SURPLUS;
    bool length = surplus || (worst && worst->kind == VIOLATION_TRUNCATED);
    const char *type = field && !surplus
                           ? field->type_name
                           : innermost_type(tree, surplus ? worst->node : 0);

    if (!worst)
        snprintf(text, size, "valid %s", type);
    else if (strcmp(type, model_id(tree->model)) != 0)
        snprintf(text, size, "%s", type);
    else
        snprintf(text, size, "%s%s%s", type, length || !field ? " length" : ".",
                 length || !field ? "" : field->name);
    return text;
}

const char *shape_of(const struct tree *tree, char *text, size_t size)
{
    const struct violation *worst = tree->violation_count ? tree_worst(tree) : NULL;
    const struct field *field = guilty_field(tree, worst);

    if (worst && worst->kind == VIOLATION_TRUNCATED)
        snprintf(text, size, "%s cut short",
                 field ? field->type_name : innermost_type(tree, 0));
    else if (worst && worst->kind == VIOLATION_SURPLUS)
        snprintf(text, size, "%s with surplus bytes", innermost_type(tree, worst->node));
    else if (field)
        snprintf(text, size, "%s.%s", field->type_name, field->name);
    else
        snprintf(text, size, "%s", innermost_type(tree, 0));
    return text;
}

/* The first fault whose kind is in `kinds` (bits 1 << enum fault_kind), or NULL. */
static const struct fault *fault_of_kinds(const struct exchange *exchange, unsigned kinds)
{
    for (size_t i = 0; i < exchange->observation->fault_count; i++)
        if (kinds & (1u << exchange->observation->faults[i].kind))
            return &exchange->observation->faults[i];
    return NULL;
}

enum verdict judge_fault(const struct exchange *exchange, unsigned kinds,
                         const char *kind, struct judgement *judgement)
{
    const struct fault *fault = fault_of_kinds(exchange, kinds);

    if (!fault)
        return VERDICT_PASS;
    *judgement = (struct judgement){.kind = kind};
    snprintf(judgement->cause, sizeof judgement->cause, "%s", fault->cause);
    snprintf(judgement->place, sizeof judgement->place, "%s", fault->place);
    snprintf(judgement->title, sizeof judgement->title, "%s", fault->title);
    snprintf(judgement->detail, sizeof judgement->detail, "%.*s",
             (int)(fault->detail_length < sizeof judgement->detail - 1
                       ? fault->detail_length
                       : sizeof judgement->detail - 1),
             exchange->observation->text.data
                 ? (const char *)exchange->observation->text.data + fault->detail_offset
                 : "");
    return VERDICT_SUSPECT;
}

enum verdict judge_placeless_fault(const struct exchange *exchange, unsigned kinds,
                                   const char *kind, struct judgement *judgement)
{
    const struct fault *fault = fault_of_kinds(exchange, kinds);
    char shape[120];

    if (judge_fault(exchange, kinds, kind, judgement) == VERDICT_PASS)
        return VERDICT_PASS;
    judgement->place[0] = '\0';
    shape_of(exchange->request, shape, sizeof shape);
    snprintf(judgement->cause, sizeof judgement->cause, "%.70s after %s", fault->cause,
             shape);
    snprintf(judgement->title, sizeof judgement->title, "%.70s after %s", fault->title,
             shape);
    return VERDICT_SUSPECT;
}
