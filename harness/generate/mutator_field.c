/* Changes of one field: an integer by its type and rules, bytes by the engine's own
 * mutation, by length, or from elsewhere. */
#include "generate/mutator_parts.h"
#include "generate/values.h"

/* --- integers ----------------------------------------------------------------------- */

enum { NEAR = 16 };

struct place {
    const struct tree *tree;
    const struct node *node;
    const struct field *field;
    struct random *random;
    uint64_t top; /* the largest that its type holds, as bits */
};

static uint64_t near_value(const struct place *place)
{
    uint64_t step = 1 + random_next_below(place->random, NEAR);

    return once_in(place->random, 2) ? place->node->integer + step
                                     : place->node->integer - step;
}

static uint64_t limit_value(const struct place *place)
{
    struct limit limits[LIMITS];
    size_t count = field_limits(place->field, limits);

    return count ? (uint64_t)limits[pick(place->random, count)].value : near_value(place);
}

static uint64_t chosen_value(const struct place *place)
{
    const struct field *field = place->field;

    return field->choice_count
               ? (uint64_t)field->choices[pick(place->random, field->choice_count)]
               : limit_value(place);
}

static uint64_t boundary_value(const struct place *place)
{
    uint64_t half = place->top / 2;
    const uint64_t values[] = {0, 1, place->top, place->top - 1, half, half + 1};

    return values[pick(place->random, sizeof values / sizeof values[0])];
}

static uint64_t power_value(const struct place *place)
{
    uint64_t power = UINT64_C(1) << pick(place->random, place->field->bits);

    return power + random_next_below(place->random, 3) - 1;
}

static uint64_t flipped_value(const struct place *place)
{
    return place->node->integer ^ UINT64_C(1) << pick(place->random, place->field->bits);
}

static uint64_t swapped_value(const struct place *place)
{
    return place->field->bits % 8 == 0
               ? values_swapped(place->node->integer, place->field->bits)
               : flipped_value(place);
}

static uint64_t random_value(const struct place *place)
{
    return random_next(place->random);
}

/* One byte of it becomes any: comparisons look at bytes, and each of its 256 values is
 * worth a try, where those of a wider field are too many. */
static uint64_t byte_value(const struct place *place)
{
    unsigned shift = 8 * (unsigned)pick(place->random, (place->field->bits + 7) / 8);

    return (place->node->integer & ~(UINT64_C(0xff) << shift)) |
           random_next_below(place->random, 256) << shift;
}

/* What another field of the message says, and its neighbours. */
static uint64_t others_value(const struct place *place)
{
    uint32_t other = mutator_node(place->tree, place->random, 1u << FIELD_INTEGER);

    if (other == TREE_NONE)
        return random_value(place);
    return place->tree->nodes[other].integer + random_next_below(place->random, 3) - 1;
}

typedef uint64_t value_way(const struct place *place);
static value_way *const value_ways[] = {
    near_value,   near_value,    near_value,    near_value,     limit_value,
    limit_value,  chosen_value,  chosen_value,  boundary_value, boundary_value,
    power_value,  flipped_value, flipped_value, swapped_value,  random_value,
    others_value, byte_value,    byte_value,
};

/* A small field's values can all be tried, and are, unless the model names those that
 * mean something. */
static bool is_open(const struct field *field)
{
    return field->bits <= 8 && field->choice_count == 0;
}

static value_way *choose_value(const struct place *place)
{
    if (is_open(place->field) && once_in(place->random, 2))
        return byte_value;
    return value_ways[pick(place->random, sizeof value_ways / sizeof value_ways[0])];
}

/* What others depend on follows a field that says nothing about them; what says something
 * stands as it is set. A separator goes on being the message's, or lies. */
static void set_value(struct tree *tree, uint32_t node, const struct field *field,
                      uint64_t value, struct random *random)
{
    bool says = field->role == ROLE_LENGTH || field->role == ROLE_COUNT ||
                field->role == ROLE_DERIVED || field->role == ROLE_CHECKSUM;

    if (field->role == ROLE_SEPARATOR && once_in(random, 2))
        tree_lie(tree, node, (uint32_t)value);
    else
        tree_set_integer(tree, node, value, says);
}

/* What only numbers or checks the message, and what marks where it begins and ends, is
 * seldom worth a change. */
static bool is_worth_less(const struct tree *tree, uint32_t node)
{
    const struct field *field = node == TREE_NONE ? NULL : tree_field(tree, node);

    return field && (field->role == ROLE_CHECKSUM || field->role == ROLE_SEQUENCE ||
                     field->always_same);
}

static uint32_t find_field(const struct tree *tree, struct random *random, unsigned kinds)
{
    uint32_t node = mutator_node(tree, random, kinds);

    if (!is_worth_less(tree, node) || once_in(random, 4))
        return node;
    node = mutator_node(tree, random, kinds);
    return is_worth_less(tree, node) ? TREE_NONE : node;
}

bool mutator_integer(struct mutator *mutator, const struct source *source, size_t most)
{
    struct tree *tree = &mutator->tree;
    uint32_t node = find_field(tree, source->random, 1u << FIELD_INTEGER);
    struct place place = {.tree = tree, .random = source->random};

    (void)most;
    if (node == TREE_NONE)
        return false;
    place.node = &tree->nodes[node];
    place.field = tree_field(tree, node);
    if (!place.field || place.field->bits == 0)
        return false;
    place.top = place.field->largest ? place.field->largest : values_mask(place.field);
    set_value(tree, node, place.field, choose_value(&place)(&place), source->random);
    return true;
}

/* --- bytes and texts ---------------------------------------------------------------- */

enum { GROWTH = 64 };

/* Its own bytes again and again, up to a length that is near, or one that sizes go by. */
static int resize(struct buffer *room, const struct source *source, size_t most)
{
    static const size_t lengths[] = {0,  1,  2,   7,   8,   9,   15,  16,   31,   32,
                                     63, 64, 127, 128, 255, 256, 257, 1023, 1024, 4096};
    size_t before = room->length, length, which = pick(source->random, 4);

    if (which == 0)
        length = lengths[pick(source->random, sizeof lengths / sizeof lengths[0])];
    else if (which == 1)
        length = before * 2;
    else
        length = before + pick(source->random, 17) - (before < 8 ? before : 8);
    if (length > most)
        length = most;
    if (length > before && buffer_reserve(room, length - before) < 0)
        return -1;
    for (size_t i = before; i < length; i++)
        room->data[i] = before ? room->data[i % before] : 'A';
    room->length = length;
    return 0;
}

bool mutator_content(struct mutator *mutator, const struct source *source, size_t most)
{
    struct tree *tree = &mutator->tree;
    struct buffer *room = &mutator->room;
    uint32_t node =
        find_field(tree, source->random, 1u << FIELD_BYTES | 1u << FIELD_TEXT);
    size_t length;
    int status;

    if (node == TREE_NONE)
        return false;
    length = tree->nodes[node].bytes.length;
    buffer_clear(room);
    if (buffer_append(room, tree->nodes[node].bytes) < 0)
        return false;
    if (once_in(source->random, 3))
        status = resize(room, source, most);
    else
        status =
            mutator_raw(source, room, length + GROWTH < most ? length + GROWTH : most);
    return status == 0 && tree_set_bytes(tree, node, buffer_view(room)) == 0;
}
