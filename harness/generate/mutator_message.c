/* One message as a tree: read, changed a few times, emitted. */
#include "generate/mutator_parts.h"

enum { CHANGES_MOST = 4, CHANGES_TOTAL = 32, NODE_TRIES = 8, LONGEST_READ = 2048 };

/* --- reading ------------------------------------------------------------------------ */

static int read_into(const struct mutator *mutator, struct tree *tree,
                     struct view message)
{
    for (size_t i = 0; mutator->context_count > 1 && i < mutator->context_count; i++) {
        tree->context = mutator->contexts[i];
        if (tree_parse(tree, message, false) == 0 && tree->violation_count == 0)
            return 0;
    }
    if (mutator->context_count > 1)
        tree->context = mutator->contexts[0];
    return tree_parse(tree, message, false);
}

/* What is far longer than any exemplar takes its time to read, and has little to say. */
int mutator_read(struct mutator *mutator, struct view message)
{
    if (message.length > LONGEST_READ && message.length > mutator->usual)
        return -1;
    return read_into(mutator, &mutator->tree, message);
}

const struct tree *mutator_donor(struct mutator *mutator, struct random *random)
{
    size_t exemplars = mutator->exemplars, which;

    if (mutator->from)
        return mutator->from;
    if (mutator->other.data) {
        if (mutator->other.length > KEPT_BYTES ||
            read_into(mutator, &mutator->donor, mutator->other) < 0)
            return NULL;
        return mutator->from = &mutator->donor;
    }
    which = pick(random, exemplars + mutator->kept_count);
    if (which < exemplars)
        return mutator->from = &mutator->around.messages[1 + which].tree;
    if (read_into(mutator, &mutator->donor,
                  buffer_view(&mutator->kept[which - exemplars])) < 0)
        return NULL;
    return mutator->from = &mutator->donor;
}

/* --- where -------------------------------------------------------------------------- */

/* On the wire, and not only looked up or cut off by an earlier change. */
static bool is_there(const struct tree *tree, uint32_t node)
{
    if (tree->nodes[node].rest)
        return false;
    while (node != 0 && node != TREE_NONE && !tree->nodes[node].looked_up)
        node = tree->nodes[node].parent;
    return node == 0;
}

uint32_t mutator_node(const struct tree *tree, struct random *random, unsigned kinds)
{
    for (int i = 0; i < NODE_TRIES && tree->count > 1; i++) {
        uint32_t node = 1 + (uint32_t)pick(random, tree->count - 1);

        if ((kinds >> tree->nodes[node].kind & 1) && is_there(tree, node))
            return node;
    }
    return TREE_NONE;
}

size_t mutator_place(const struct tree *tree, uint32_t child)
{
    uint32_t other = tree->nodes[tree->nodes[child].parent].first_child;
    size_t place = 0;

    for (; other != child && other != TREE_NONE; other = tree->nodes[other].next)
        place++;
    return place;
}

/* --- changing ----------------------------------------------------------------------- */

static const struct change {
    const char *name;
    unsigned share;
    bool (*change)(struct mutator *mutator, const struct source *source, size_t most);
} changes[] = {
    {"integer", 17, mutator_integer}, {"content", 5, mutator_content},
    {"order", 4, mutator_order},      {"splice", 4, mutator_splice},
    {"anomaly", 2, mutator_anomaly}, /* the shares make up CHANGES_TOTAL */
};
enum { CHANGES = sizeof changes / sizeof changes[0] };

static bool apply(struct mutator *mutator, const struct change *change,
                  const struct source *source, size_t most)
{
    if (!change->change(mutator, source, most))
        return false;
    mutator_note(mutator, change->name);
    return true;
}

/* What does not fit this message gives way to the first that does. */
static bool change_once(struct mutator *mutator, const struct source *source, size_t most)
{
    size_t at = pick(source->random, CHANGES_TOTAL), chosen = 0;
    bool done;

    while (at >= changes[chosen].share)
        at -= changes[chosen++].share;
    done = apply(mutator, &changes[chosen], source, most);
    for (size_t i = 0; i < CHANGES && !done; i++)
        done = i != chosen && apply(mutator, &changes[i], source, most);
    return done;
}

/* What says something about other fields goes on saying what it says now. A checksum
 * follows: else nothing behind its check would be reached. */
static void hold_relations(struct tree *tree)
{
    for (uint32_t i = 1; i < tree->count; i++) {
        const struct field *field = tree_field(tree, i);

        if (field && (field->role == ROLE_LENGTH || field->role == ROLE_COUNT ||
                      field->role == ROLE_DERIVED))
            tree->nodes[i].pinned = true;
    }
}

int mutator_message(struct mutator *mutator, const struct source *source,
                    struct view message, size_t most)
{
    struct random *random = source->random;

    /* What a receiver passes over before the frame would only be in the way of reading
     * it. */
    message = view_slice(message, framing_passed_over(mutator->framing, message),
                         message.length);
    /* The anomalies' place of it: filled when one is drawn. */
    mutator->around.messages[0].tree.count = 0;
    buffer_clear(&mutator->around.messages[0].bytes);
    if (mutator_read(mutator, message) < 0)
        return 0;
    if (buffer_append(&mutator->around.messages[0].bytes,
                      view_slice(message, 0, INPUT_MAXIMUM)) < 0)
        return -1;
    mutator->changed = false;
    if (once_in(random, 4))
        hold_relations(&mutator->tree);
    for (int i = 0; i < CHANGES_MOST && (i == 0 || once_in(random, 2)); i++)
        mutator->changed |= change_once(mutator, source, most);
    buffer_clear(&mutator->bytes);
    if (!mutator->changed || tree_emit(&mutator->tree, &mutator->bytes) < 0)
        return 0;
    return mutator->bytes.length > 0 && mutator->bytes.length <= most;
}
