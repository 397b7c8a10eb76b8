#include "model/parser.h"

#include <stdlib.h>

enum { EMPTY_ELEMENTS = 4096 }; /* an array of nothing ends there */

void parser_violate(struct parser *parser, enum violation_kind kind, uint32_t node,
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

void parser_cut(struct parser *parser, struct stream *stream, uint32_t field)
{
    if (!stream->cut)
        parser_violate(parser, VIOLATION_TRUNCATED, stream->owner, field, stream->depth,
                       cut_outcomes(parser, stream, field));
    stream->cut = true;
}

struct scope *parser_look(struct frame *frame, const struct stream *stream)
{
    frame->scope.io_size = (int64_t)(stream->end - stream->start);
    frame->scope.io_pos =
        (int64_t)(stream->position - stream->start) + (stream->bits > 0);
    return &frame->scope;
}

static void judge_checksum(struct parser *parser, struct frame *frame, uint32_t index)
{
    const struct node *node = &parser->tree->nodes[index];

    if (!rule_checksum_fits(
            parser->tree, (struct view){frame->stream->data, frame->stream->end}, index))
        parser_violate(parser, VIOLATION_CHECKSUM, index, node->field, frame->depth,
                       parser->model->fields[node->field].on_invalid);
}

/* The checksums that cover what stands behind them, too. */
static void judge_whole(struct parser *parser, struct frame *frame, uint32_t group)
{
    struct node *nodes = parser->tree->nodes;
    uint32_t length = nodes[group].length;

    /* Without a size the group's is not yet known. */
    if (!length)
        nodes[group].length = (uint32_t)frame->stream->position - nodes[group].offset;
    for (uint32_t child = nodes[group].first_child; child != TREE_NONE;
         child = nodes[child].next) {
        const struct rule *rule = &parser->model->rules[nodes[child].field];

        if ((rule->flags & RULE_CHECKSUM) && rule->checksum->kind == CHECKSUM_INTERNET)
            judge_checksum(parser, frame, child);
    }
    nodes[group].length = length;
}

void parser_judge(struct parser *parser, struct frame *frame, uint32_t index)
{
    const struct node *node = &parser->tree->nodes[index];
    const struct rule *rule = &parser->model->rules[node->field];

    if (!rule_holds(parser->tree, index, parser_look(frame, frame->stream)))
        parser_violate(parser, VIOLATION_RULE, index, node->field, frame->depth,
                       parser->model->fields[node->field].on_invalid);
    if ((rule->flags & RULE_CHECKSUM) && rule->checksum->kind != CHECKSUM_INTERNET)
        judge_checksum(parser, frame, index);
}

void parser_align(struct stream *stream)
{
    if (stream->bits) {
        stream->bits = 0;
        stream->position++;
    }
}

static uint64_t take_bits(struct stream *stream, unsigned count)
{
    uint64_t value = 0;

    for (unsigned i = 0; i < count; i++) {
        uint8_t byte = stream->data[stream->position];

        if (stream->little)
            value |= (uint64_t)(byte >> stream->bits & 1) << i;
        else
            value = value << 1 | (byte >> (7 - stream->bits) & 1);
        if (++stream->bits == 8)
            parser_align(stream);
    }
    return value;
}

/* The bits of the byte in hand that were not taken, in their places. */
static uint8_t bits_left(const struct stream *stream)
{
    unsigned mask = stream->little ? 0xffu << stream->bits : 0xffu >> stream->bits;

    return stream->bits ? stream->data[stream->position] & mask & 0xff : 0;
}

static void parse_bits(struct parser *parser, struct frame *frame, struct place *place,
                       uint32_t id)
{
    struct stream *stream = frame->stream;
    const struct field *field = &parser->model->fields[id];
    size_t start, left;
    uint32_t index;

    if (stream->little == field->big_endian)
        parser_align(stream); /* an inner type ended within a byte of the other order */
    stream->little = !field->big_endian;
    start = stream->position;
    left = (stream->end - start) * 8 - stream->bits;
    if (left < field->bits) {
        parser_cut(parser, stream, id);
        return;
    }
    index = tree_append(parser->tree, place, id, FIELD_INTEGER);
    if (index == TREE_NONE) {
        parser->status = -1;
        return;
    }
    parser->tree->nodes[index].integer = take_bits(stream, field->bits);
    parser->tree->nodes[index].offset = (uint32_t)start;
    parser->tree->nodes[index].length =
        (uint32_t)(stream->position - start + (stream->bits > 0));
    parser->tree->nodes[index].filler = bits_left(stream);
    if (parser->model->rules[id].flags & RULE_CHECKED)
        parser_judge(parser, frame, index);
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

    parser_align(stream);
    if (stream->end - stream->position < width) {
        parser_cut(parser, stream, id);
        return;
    }
    index = tree_append(parser->tree, place, id, FIELD_INTEGER);
    if (index == TREE_NONE) {
        parser->status = -1;
        return;
    }
    data = stream->data + stream->position;
    value = big_endian ? bytes_read_be(data, width) : bytes_read_le(data, width);
    node = &parser->tree->nodes[index];
    node->integer = field->is_signed ? field_fit(field, value) : value;
    node->offset = (uint32_t)stream->position;
    node->length = (uint32_t)width;
    stream->position += width;
    if (parser->model->rules[id].flags & RULE_CHECKED)
        parser_judge(parser, frame, index);
}

static void parse_groups(struct parser *parser, struct frame *frame, struct place *place,
                         uint32_t id)
{
    struct stream *stream = frame->stream;
    size_t length = codec_length(
        parser->model->rules[id].codec,
        (struct view){stream->data + stream->position, stream->end - stream->position});
    struct span span = {.content = length, .whole = length};

    if (length == 0)
        parser_cut(parser, stream, id);
    else
        parser_bytes(parser, frame, place, id, FIELD_INTEGER, &span);
}

static void find_end(struct parser *parser, struct frame *frame, uint32_t id,
                     struct span *span)
{
    if (parser->model->rules[id].flags & RULE_ENDS)
        parser_find_end(parser, frame, id, span);
    else
        span->content = span->whole =
            span->limited ? span->whole : frame->stream->end - frame->stream->position;
}

static void parse_leaf(struct parser *parser, struct frame *frame, struct place *place,
                       uint32_t id, struct span *span)
{
    const struct field *field = &parser->model->fields[id];
    const struct rule *rule = &parser->model->rules[id];

    if (rule->flags & RULE_BITS) {
        parse_bits(parser, frame, place, id);
    } else if (field->element == FIELD_INTEGER && !rule->codec) {
        parse_integer(parser, frame, place, id,
                      tree_is_big_endian(parser->tree, frame->scope.group, id));
    } else if (rule->codec && rule->codec->kind != CODEC_DIGITS) {
        parse_groups(parser, frame, place, id);
    } else {
        find_end(parser, frame, id, span);
        parser_bytes(parser, frame, place, id, field->element, span);
    }
}

uint32_t parser_add_group(struct parser *parser, const struct frame *frame,
                          struct place *place, uint32_t id, const struct variant *variant)
{
    uint32_t index = tree_append(parser->tree, place, id, FIELD_GROUP);
    size_t which = (size_t)(variant - parser->model->rules[id].variants);
    struct node *node;

    if (index == TREE_NONE || parser->status < 0) {
        parser->status = -1;
        return TREE_NONE;
    }
    node = &parser->tree->nodes[index];
    node->integer = group_shape(variant->type, (uint32_t)which);
    node->offset = (uint32_t)frame->stream->position;
    if (parser->nesting < DEPTH_LIMIT)
        return index;
    /* Instances may lead in circles: the message is read without them. */
    if (parser->looking)
        parser_cut(parser, frame->stream, id);
    else
        parser->status = -1;
    return TREE_NONE;
}

/* A user type without a size: it goes on in the same stream. */
static void parse_inline(struct parser *parser, struct frame *frame, struct place *place,
                         uint32_t id, const struct variant *variant)
{
    struct stream *stream = frame->stream;
    uint32_t index = parser_add_group(parser, frame, place, id, variant);
    struct node *node;

    if (index == TREE_NONE)
        return;
    parser_type(parser, index, stream, (uint16_t)(frame->depth + 1));
    node = &parser->tree->nodes[index];
    node->length = node->content = (uint32_t)(stream->position - node->offset);
}

/* One value of the field: the element of an array, or the whole of it. */
static void parse_value(struct parser *parser, struct frame *frame, struct place *place,
                        uint32_t id)
{
    const struct rule *rule = &parser->model->rules[id];
    struct stream *stream = frame->stream;
    struct span span = {.whole = 0};
    const struct variant *variant;

    if (!(rule->flags & RULE_BITS) && (!rule->variants || rule->extent != EXTENT_NONE))
        parser_align(stream);
    if (rule->extent != EXTENT_NONE)
        span.limited = parser_measure(parser, frame, id, &span.whole);
    if (span.limited && stream->cut && span.whole == 0 &&
        rule->extent == EXTENT_EXPRESSION)
        return;
    if (!rule->variants) {
        parse_leaf(parser, frame, place, id, &span);
        return;
    }
    variant = tree_variant(rule, parser_look(frame, stream));
    if (variant && variant->field != NONE) {
        parse_leaf(parser, frame, place, variant->field, &span);
        return;
    }
    if (variant && rule->extent == EXTENT_NONE) {
        parse_inline(parser, frame, place, id, variant);
        return;
    }
    find_end(parser, frame, id, &span);
    if (variant) {
        parser_group(parser, frame, place, id, variant, &span);
        return;
    }
    parser_bytes(parser, frame, place, id, FIELD_BYTES, &span);
    if (parser->status == 0)
        parser_violate(parser, VIOLATION_NO_CASE, place->last, id, frame->depth,
                       parser->model->fields[id].on_invalid);
}

/* Whether the element just parsed ends a `repeat: until`. */
static bool is_last(const struct parser *parser, struct frame *frame, uint32_t id,
                    uint32_t element)
{
    const struct rule *rule = &parser->model->rules[id];
    struct value self;
    bool last;

    if (rule->repetition != REPEAT_UNTIL || element == TREE_NONE || parser->status < 0)
        return false;
    self = value_of_node(parser->tree, element);
    frame->scope.self = &self;
    last = value_is_true(program_run(rule->until, parser_look(frame, frame->stream)));
    frame->scope.self = NULL;
    return last;
}

static bool more_elements(const struct stream *stream, const struct rule *rule,
                          int64_t count, int64_t done)
{
    if (stream->cut)
        return false;
    switch (rule->repetition) {
    case REPEAT_REST: return stream->position < stream->end;
    case REPEAT_UNTIL: return true;
    default: return done < count;
    }
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
        count = program_run(rule->count, parser_look(frame, stream));
    if (count.kind != VALUE_INTEGER || count.integer < 0)
        parser_cut(parser, stream, id);
    for (; parser->status == 0 && more_elements(stream, rule, count.integer, done);
         done++) {
        size_t before = stream->position;
        unsigned bits = stream->bits;

        frame->scope.index = done;
        parse_value(parser, frame, &place, id);
        if (stream->position == before && stream->bits == bits && done >= EMPTY_ELEMENTS)
            parser_cut(parser, stream, id);
        if (is_last(parser, frame, id, place.last))
            break;
    }
    frame->scope.index = -1;
    parser->tree->nodes[array].length =
        (uint32_t)(stream->position - parser->tree->nodes[array].offset);
}

static inline void parse_field(struct parser *parser, struct frame *frame, uint32_t id)
{
    const struct rule *rule = &parser->model->rules[id];

    if (rule->flags & RULE_SIMPLE) {
        parse_integer(parser, frame, &frame->place, id,
                      parser->model->fields[id].big_endian);
        return;
    }
    if (rule->condition &&
        !value_is_true(program_run(rule->condition, parser_look(frame, frame->stream))))
        return;
    if (!(rule->flags & RULE_BITS))
        parser_align(frame->stream);
    if (rule->repetition != REPEAT_NONE)
        parse_array(parser, frame, id);
    else
        parse_value(parser, frame, &frame->place, id);
}

void parser_field(struct parser *parser, struct frame *frame, uint32_t id)
{
    parse_field(parser, frame, id);
}

static void decide_order(struct parser *parser, struct frame *frame)
{
    uint32_t group = frame->place.parent, field = parser->tree->nodes[group].field;
    uint32_t type = (uint32_t)parser->tree->nodes[group].integer;
    const struct type *facts = &parser->model->types[type];
    unsigned outcomes = facts->has_outcomes ? facts->outcomes : (unsigned)OUTCOME_REJECT;

    if (field != TREE_NONE)
        outcomes = parser_group_outcomes(parser, field, type);
    if (!tree_decide_order(parser->tree, group, parser_look(frame, frame->stream)))
        parser_violate(parser, VIOLATION_NO_CASE, group, field, frame->depth, outcomes);
}

void parser_type(struct parser *parser, uint32_t group, struct stream *stream,
                 uint16_t depth)
{
    const struct type *type =
        &parser->model->types[(uint32_t)parser->tree->nodes[group].integer];
    struct frame frame = {
        .outer = parser->frame,
        .place = {group, TREE_NONE},
        .stream = stream,
        .depth = depth,
        .scope = {.tree = parser->tree, .group = group, .has_io = true, .index = -1}};

    parser->nesting++;
    parser->frame = &frame;
    if (type->order)
        decide_order(parser, &frame);
    for (size_t i = 0; i < type->count && !stream->cut && parser->status == 0; i++)
        parse_field(parser, &frame, type->sequence[i]);
    if (type->parsed_count && !stream->cut && parser->status == 0)
        parser_instances(parser, &frame, type);
    if (type->sums_whole && !stream->cut && parser->status == 0)
        judge_whole(parser, &frame, group);
    parser->frame = frame.outer;
    parser->nesting--;
}

int tree_parse(struct tree *tree, struct view bytes, bool reply)
{
    struct stream stream = {.data = bytes.data, .end = bytes.length, .depth = 1};
    struct parser parser = {.tree = tree, .model = tree->model, .innermost = &stream};
    const struct type *root = &tree->model->types[0];

    if (bytes.length > INT32_MAX || tree_begin(tree, tree->model, reply) < 0)
        return -1;
    tree->nodes[0].length = tree->nodes[0].content = (uint32_t)bytes.length;
    parser_type(&parser, 0, &stream, 1);
    parser_align(&stream);
    if (stream.looked_to)
        parser_keep_rest(&parser, &stream);
    if (stream.position < stream.end && !stream.cut && parser.status == 0)
        parser_violate(&parser, VIOLATION_SURPLUS, 0, TREE_NONE, 1,
                       root->has_outcomes ? root->outcomes : (unsigned)OUTCOME_REJECT);
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
