#include "model/nodes.h"

#include <stdlib.h>
#include <string.h>

enum { EMPTY_ELEMENTS = 4096 }; /* an array of nothing ends there */

/* A run of bytes that one sized type, or the whole message, is parsed from. */
struct stream {
    size_t start, position, end;
    unsigned bits;  /* bits taken from the byte at `position` */
    bool little;    /* its bits are taken from the lowest up */
    bool cut;       /* the bytes ended inside a field */
    uint32_t owner; /* the group that holds it */
    uint16_t depth; /* of the fields directly in it */
};

struct parser {
    struct tree *tree;
    const struct model *model;
    struct view bytes;
    unsigned nesting;
    int status; /* -1: memory or nesting exceeded */
};

/* One type being parsed: its node, its children so far, its stream. */
struct frame {
    struct place place;
    struct stream *stream;
    struct scope scope;
    uint16_t depth;
};

static void parse_type(struct parser *parser, uint32_t group, struct stream *stream,
                       uint16_t depth);

static void violate(struct parser *parser, enum violation_kind kind, uint32_t node,
                    uint32_t field, uint16_t depth, unsigned outcomes)
{
    struct tree *tree = parser->tree;

    if (tree->violation_count == tree->violation_capacity) {
        size_t capacity = tree->violation_capacity ? tree->violation_capacity * 2 : 16;
        struct violation *grown = realloc(tree->violations, capacity * sizeof *grown);

        if (!grown) {
            parser->status = -1;
            return;
        }
        tree->violations = grown;
        tree->violation_capacity = capacity;
    }
    tree->violations[tree->violation_count++] = (struct violation){.node = node,
                                                                   .field = field,
                                                                   .depth = depth,
                                                                   .kind = (uint8_t)kind,
                                                                   .outcomes = outcomes};
}

/* Who speaks when bytes are missing: the sized field that holds them if it has a word of
 * its own (its size may be what is wrong), else the field they end in. */
static unsigned cut_outcomes(const struct parser *parser, const struct stream *stream,
                             uint32_t field)
{
    uint32_t owner = parser->tree->nodes[stream->owner].field;

    if (owner != TREE_NONE && (parser->model->rules[owner].flags & RULE_OWN_OUTCOMES))
        field = owner;
    return parser->model->fields[field].on_invalid;
}

/* Likewise for bytes left over: the sized field's own word, its type's, or what it
 * inherits. */
static unsigned surplus_outcomes(const struct parser *parser, uint32_t field,
                                 uint32_t type)
{
    if (!(parser->model->rules[field].flags & RULE_OWN_OUTCOMES) &&
        parser->model->types[type].has_outcomes)
        return parser->model->types[type].outcomes;
    return parser->model->fields[field].on_invalid;
}

/* The bytes end inside `field`: the rest of the stream's types is not there. */
static void cut(struct parser *parser, struct stream *stream, uint32_t field)
{
    if (!stream->cut)
        violate(parser, VIOLATION_TRUNCATED, stream->owner, field, stream->depth,
                cut_outcomes(parser, stream, field));
    stream->cut = true;
}

static struct scope *look(struct frame *frame, const struct stream *stream)
{
    frame->scope.io_size = (int64_t)(stream->end - stream->start);
    frame->scope.io_pos =
        (int64_t)(stream->position - stream->start) + (stream->bits > 0);
    return &frame->scope;
}

static void judge(struct parser *parser, struct frame *frame, uint32_t index)
{
    const struct node *node = &parser->tree->nodes[index];
    const struct rule *rule = &parser->model->rules[node->field];

    if (!rule_holds(parser->tree, index, look(frame, frame->stream)))
        violate(parser, VIOLATION_RULE, index, node->field, frame->depth,
                parser->model->fields[node->field].on_invalid);
    if ((rule->flags & RULE_CHECKSUM) &&
        !rule_checksum_fits(parser->tree, parser->bytes, index))
        violate(parser, VIOLATION_CHECKSUM, index, node->field, frame->depth,
                parser->model->fields[node->field].on_invalid);
}

static void align(struct stream *stream)
{
    if (stream->bits) {
        stream->bits = 0;
        stream->position++;
    }
}

static uint64_t take_bits(const struct parser *parser, struct stream *stream,
                          unsigned count)
{
    uint64_t value = 0;

    for (unsigned i = 0; i < count; i++) {
        uint8_t byte = parser->bytes.data[stream->position];

        if (stream->little)
            value |= (uint64_t)(byte >> stream->bits & 1) << i;
        else
            value = value << 1 | (byte >> (7 - stream->bits) & 1);
        if (++stream->bits == 8)
            align(stream);
    }
    return value;
}

static void parse_bits(struct parser *parser, struct frame *frame, struct place *place,
                       uint32_t id)
{
    struct stream *stream = frame->stream;
    const struct field *field = &parser->model->fields[id];
    size_t start, left;
    uint32_t index;

    if (stream->little == field->big_endian)
        align(stream); /* an inner type ended within a byte of the other order */
    stream->little = !field->big_endian;
    start = stream->position;
    left = (stream->end - start) * 8 - stream->bits;
    if (left < field->bits) {
        cut(parser, stream, id);
        return;
    }
    index = tree_append(parser->tree, place, id, FIELD_INTEGER);
    if (index == TREE_NONE) {
        parser->status = -1;
        return;
    }
    parser->tree->nodes[index].integer = take_bits(parser, stream, field->bits);
    parser->tree->nodes[index].offset = (uint32_t)start;
    parser->tree->nodes[index].length =
        (uint32_t)(stream->position - start + (stream->bits > 0));
    if (parser->model->rules[id].flags & RULE_CHECKED)
        judge(parser, frame, index);
}

static void parse_integer(struct parser *parser, struct frame *frame, struct place *place,
                          uint32_t id, bool big_endian)
{
    struct stream *stream = frame->stream;
    const struct field *field = &parser->model->fields[id];
    size_t width = field->bits / 8;
    const uint8_t *data;
    struct node *node;
    uint64_t value;
    uint32_t index;

    align(stream);
    if (stream->end - stream->position < width) {
        cut(parser, stream, id);
        return;
    }
    index = tree_append(parser->tree, place, id, FIELD_INTEGER);
    if (index == TREE_NONE) {
        parser->status = -1;
        return;
    }
    data = parser->bytes.data + stream->position;
    value = big_endian ? bytes_read_be(data, width) : bytes_read_le(data, width);
    node = &parser->tree->nodes[index];
    node->integer = field->is_signed ? field_fit(field, value) : value;
    node->offset = (uint32_t)stream->position;
    node->length = (uint32_t)width;
    stream->position += width;
    if (parser->model->rules[id].flags & RULE_CHECKED)
        judge(parser, frame, index);
}

/* The bytes stay beside the value: emission repeats them while the value is theirs. Bytes
 * that say no value are beyond what expressions count in. */
static void read_number(const struct codec *codec, struct node *node)
{
    node->kind = FIELD_INTEGER;
    if (codec_read(codec, node->bytes, &node->integer) < 0)
        node->integer = UINT64_MAX;
}

static void parse_bytes(struct parser *parser, struct frame *frame, struct place *place,
                        uint32_t id, enum field_kind kind, size_t length)
{
    struct stream *stream = frame->stream;
    uint32_t index = tree_append(parser->tree, place, id, kind);
    struct node *node;

    if (index == TREE_NONE) {
        parser->status = -1;
        return;
    }
    node = &parser->tree->nodes[index];
    node->offset = (uint32_t)stream->position;
    node->length = (uint32_t)length;
    node->bytes = view_slice(parser->bytes, stream->position, length);
    stream->position += length;
    if (parser->model->rules[id].flags & RULE_CODEC)
        read_number(parser->model->rules[id].codec, node);
    if ((parser->model->rules[id].flags & RULE_CHECKED) && !stream->cut)
        judge(parser, frame, index);
}

static void parse_groups(struct parser *parser, struct frame *frame, struct place *place,
                         uint32_t id)
{
    struct stream *stream = frame->stream;
    size_t length = codec_length(
        parser->model->rules[id].codec,
        view_slice(parser->bytes, stream->position, stream->end - stream->position));

    if (length == 0)
        cut(parser, stream, id);
    else
        parse_bytes(parser, frame, place, id, FIELD_INTEGER, length);
}

static void parse_terminated(struct parser *parser, struct frame *frame,
                             struct place *place, uint32_t id)
{
    struct stream *stream = frame->stream;
    size_t left = stream->end - stream->position;
    const uint8_t *start = view_slice(parser->bytes, stream->position, left).data;
    const uint8_t *end = left ? memchr(start, 0, left) : NULL;

    if (!end)
        cut(parser, stream, id);
    parse_bytes(parser, frame, place, id, FIELD_TEXT, end ? (size_t)(end - start) : left);
    if (end) {
        stream->position++;
        if (parser->status == 0)
            parser->tree->nodes[place->last].length++;
    }
}

static void parse_group(struct parser *parser, struct frame *frame, struct place *place,
                        uint32_t id, const struct variant *variant, const size_t *length)
{
    struct stream *outer = frame->stream, inner;
    uint32_t index = tree_append(parser->tree, place, id, FIELD_GROUP);
    const struct rule *rule = &parser->model->rules[id];
    uint32_t type = variant->type;

    if (index == TREE_NONE || parser->nesting >= DEPTH_LIMIT) {
        parser->status = -1;
        return;
    }
    parser->tree->nodes[index].integer =
        group_shape(type, (uint32_t)(variant - rule->variants));
    parser->tree->nodes[index].offset = (uint32_t)outer->position;
    if (!length) {
        parse_type(parser, index, outer, (uint16_t)(frame->depth + 1));
        parser->tree->nodes[index].length =
            (uint32_t)(outer->position - parser->tree->nodes[index].offset);
        return;
    }
    inner = (struct stream){.start = outer->position,
                            .position = outer->position,
                            .end = outer->position + *length,
                            .owner = index,
                            .depth = (uint16_t)(frame->depth + 1)};
    parse_type(parser, index, &inner, inner.depth);
    align(&inner);
    if (inner.position < inner.end && !inner.cut && parser->status == 0)
        violate(parser, VIOLATION_SURPLUS, index, id, inner.depth,
                surplus_outcomes(parser, id, type));
    parser->tree->nodes[index].length = (uint32_t)*length;
    outer->position = inner.end;
}

/* How many bytes the field's own keys give it; false when nothing limits it. */
static bool measure(struct parser *parser, struct frame *frame, uint32_t id,
                    size_t *length)
{
    const struct rule *rule = &parser->model->rules[id];
    struct stream *stream = frame->stream;
    size_t left = stream->end - stream->position;
    struct value size;

    switch (rule->extent) {
    case EXTENT_REST: *length = left; return true;
    case EXTENT_FIXED: *length = parser->model->fields[id].length; break;
    case EXTENT_EXPRESSION:
        size = program_run(rule->size, look(frame, stream));
        if (size.kind != VALUE_INTEGER || size.integer < 0) {
            cut(parser, stream, id);
            *length = 0;
            return true;
        }
        *length =
            (uint64_t)size.integer > SIZE_MAX / 2 ? SIZE_MAX / 2 : (size_t)size.integer;
        break;
    default: return false;
    }
    if (*length > left) {
        cut(parser, stream, id);
        *length = left;
    }
    return true;
}

static void parse_leaf(struct parser *parser, struct frame *frame, struct place *place,
                       uint32_t id, const size_t *length)
{
    const struct rule *rule = &parser->model->rules[id];
    const struct field *field = &parser->model->fields[id];

    if (rule->flags & RULE_BITS)
        parse_bits(parser, frame, place, id);
    else if (field->element == FIELD_INTEGER && !rule->codec)
        parse_integer(parser, frame, place, id,
                      tree_is_big_endian(parser->tree, frame->scope.group, id));
    else if (rule->codec && rule->codec->kind != CODEC_DIGITS)
        parse_groups(parser, frame, place, id);
    else if (rule->flags & RULE_TERMINATED)
        parse_terminated(parser, frame, place, id);
    else
        parse_bytes(parser, frame, place, id, field->element,
                    length ? *length : frame->stream->end - frame->stream->position);
}

/* One value of the field: the element of an array, or the whole of it. */
static void parse_value(struct parser *parser, struct frame *frame, struct place *place,
                        uint32_t id)
{
    const struct rule *rule = &parser->model->rules[id];
    struct stream *stream = frame->stream;
    const struct variant *variant;
    size_t length;
    bool limited;

    if (!(rule->flags & RULE_BITS) && (!rule->variants || rule->extent != EXTENT_NONE))
        align(stream);
    limited = measure(parser, frame, id, &length);
    if (limited && stream->cut && length == 0 && rule->extent == EXTENT_EXPRESSION)
        return;
    if (!rule->variants) {
        parse_leaf(parser, frame, place, id, limited ? &length : NULL);
        return;
    }
    variant = tree_variant(rule, look(frame, stream));
    if (!variant) {
        parse_bytes(parser, frame, place, id, FIELD_BYTES,
                    limited ? length : stream->end - stream->position);
        if (parser->status == 0)
            violate(parser, VIOLATION_NO_CASE, place->last, id, frame->depth,
                    parser->model->fields[id].on_invalid);
    } else if (variant->field != NONE) {
        parse_leaf(parser, frame, place, variant->field, limited ? &length : NULL);
    } else {
        parse_group(parser, frame, place, id, variant, limited ? &length : NULL);
    }
}

static bool more_elements(const struct stream *stream, const struct rule *rule,
                          int64_t count, int64_t done)
{
    if (stream->cut)
        return false;
    return rule->repetition == REPEAT_REST ? stream->position < stream->end
                                           : done < count;
}

static void parse_array(struct parser *parser, struct frame *frame, uint32_t id)
{
    const struct rule *rule = &parser->model->rules[id];
    struct stream *stream = frame->stream;
    uint32_t array = tree_append(parser->tree, &frame->place, id, FIELD_ARRAY);
    struct place place = {array, TREE_NONE};
    struct value count = {.kind = VALUE_INTEGER};
    int64_t done = 0;

    if (array == TREE_NONE) {
        parser->status = -1;
        return;
    }
    parser->tree->nodes[array].offset = (uint32_t)stream->position;
    if (rule->repetition == REPEAT_COUNT)
        count = program_run(rule->count, look(frame, stream));
    if (count.kind != VALUE_INTEGER || count.integer < 0)
        cut(parser, stream, id);
    for (; parser->status == 0 && more_elements(stream, rule, count.integer, done);
         done++) {
        size_t before = stream->position;
        unsigned bits = stream->bits;

        frame->scope.index = done;
        parse_value(parser, frame, &place, id);
        if (stream->position == before && stream->bits == bits && done >= EMPTY_ELEMENTS)
            cut(parser, stream, id);
    }
    frame->scope.index = -1;
    parser->tree->nodes[array].length =
        (uint32_t)(stream->position - parser->tree->nodes[array].offset);
}

static void parse_field(struct parser *parser, struct frame *frame, uint32_t id)
{
    const struct rule *rule = &parser->model->rules[id];

    if (rule->flags & RULE_SIMPLE) {
        parse_integer(parser, frame, &frame->place, id,
                      parser->model->fields[id].big_endian);
        return;
    }
    if (rule->condition &&
        !value_is_true(program_run(rule->condition, look(frame, frame->stream))))
        return;
    if (!(rule->flags & RULE_BITS))
        align(frame->stream);
    if (rule->repetition != REPEAT_NONE)
        parse_array(parser, frame, id);
    else
        parse_value(parser, frame, &frame->place, id);
}

static void decide_order(struct parser *parser, struct frame *frame)
{
    uint32_t group = frame->place.parent, field = parser->tree->nodes[group].field;
    uint32_t type = (uint32_t)parser->tree->nodes[group].integer;
    const struct type *facts = &parser->model->types[type];
    unsigned outcomes = facts->has_outcomes ? facts->outcomes : (unsigned)OUTCOME_REJECT;

    if (field != TREE_NONE)
        outcomes = surplus_outcomes(parser, field, type);
    if (!tree_decide_order(parser->tree, group, look(frame, frame->stream)))
        violate(parser, VIOLATION_NO_CASE, group, field, frame->depth, outcomes);
}

static void parse_type(struct parser *parser, uint32_t group, struct stream *stream,
                       uint16_t depth)
{
    const struct type *type =
        &parser->model->types[(uint32_t)parser->tree->nodes[group].integer];
    struct frame frame = {
        .place = {group, TREE_NONE},
        .stream = stream,
        .depth = depth,
        .scope = {.tree = parser->tree, .group = group, .has_io = true, .index = -1}};

    parser->nesting++;
    if (type->order)
        decide_order(parser, &frame);
    for (size_t i = 0; i < type->count && !stream->cut && parser->status == 0; i++)
        parse_field(parser, &frame, type->sequence[i]);
    parser->nesting--;
}

int tree_parse(struct tree *tree, struct view bytes, bool reply)
{
    struct parser parser = {.tree = tree, .model = tree->model, .bytes = bytes};
    struct stream stream = {.end = bytes.length, .depth = 1};
    const struct type *root = &tree->model->types[0];

    if (bytes.length > INT32_MAX || tree_begin(tree, tree->model, reply) < 0)
        return -1;
    parse_type(&parser, 0, &stream, 1);
    align(&stream);
    if (stream.position < stream.end && !stream.cut && parser.status == 0)
        violate(&parser, VIOLATION_SURPLUS, 0, TREE_NONE, 1,
                root->has_outcomes ? root->outcomes : (unsigned)OUTCOME_REJECT);
    tree->nodes[0].length = (uint32_t)bytes.length;
    return parser.status;
}

const struct violation *tree_worst(const struct tree *tree)
{
    const struct violation *worst = NULL;

    for (size_t i = 0; i < tree->violation_count; i++) {
        if (!worst || tree->violations[i].depth < worst->depth)
            worst = &tree->violations[i];
    }
    return worst;
}

unsigned tree_outcomes(const struct tree *tree)
{
    const struct violation *worst = tree_worst(tree);
    unsigned outcomes = 0;

    if (!worst)
        return OUTCOME_ACCEPT;
    for (size_t i = 0; i < tree->violation_count; i++) {
        if (tree->violations[i].depth == worst->depth)
            outcomes |= tree->violations[i].outcomes;
    }
    return outcomes;
}
