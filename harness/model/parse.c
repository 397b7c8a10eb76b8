#include "model/nodes.h"

#include <stdlib.h>
#include <string.h>

enum { EMPTY_ELEMENTS = 4096 }; /* an array of nothing ends there */

/* A run of bytes that one sized type, or the whole message, is parsed from. */
struct stream {
    const uint8_t *data; /* of the message, or of what was decoded */
    size_t start, position, end;
    unsigned bits;  /* bits taken from the byte at `position` */
    bool cut;       /* the bytes ended inside a field */
    uint32_t owner; /* the group that holds it */
    uint16_t depth; /* of the fields directly in it */
    bool decoded;   /* `data` is in the tree's own bytes, at: */
    size_t own_offset;
    struct stream *outer;
};

/* What one value takes from its stream, from the present position. */
struct span {
    bool limited;   /* it has a stream of its own */
    bool open;      /* its terminator is not there */
    size_t content; /* what its type sees */
    size_t whole;   /* with terminator and padding */
};

struct parser {
    struct tree *tree;
    const struct model *model;
    struct stream *innermost;
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

static struct view slice(const struct stream *stream, size_t length)
{
    struct view bytes = {stream->data, stream->end};

    return view_slice(bytes, stream->position, length);
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
        !rule_checksum_fits(
            parser->tree, (struct view){frame->stream->data, frame->stream->end}, index))
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

static uint64_t take_bits(struct stream *stream, unsigned count)
{
    uint64_t value = 0;

    while (count-- > 0) {
        uint8_t byte = stream->data[stream->position];

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
    size_t start = stream->position, left = (stream->end - start) * 8 - stream->bits;
    uint32_t index;

    if (left < field->bits) {
        cut(parser, stream, id);
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
    if (parser->model->rules[id].flags & RULE_CHECKED)
        judge(parser, frame, index);
}

static void parse_integer(struct parser *parser, struct frame *frame, struct place *place,
                          uint32_t id)
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
    data = stream->data + stream->position;
    value = field->big_endian ? bytes_read_be(data, width) : bytes_read_le(data, width);
    node = &parser->tree->nodes[index];
    node->integer = field->is_signed ? field_fit(field, value) : value;
    node->offset = (uint32_t)stream->position;
    node->length = (uint32_t)width;
    stream->position += width;
    if (parser->model->rules[id].flags & RULE_CHECKED)
        judge(parser, frame, index);
}

enum decoding { PLAIN, DECODED, UNDECODABLE };

/* Room for what is decoded; the streams that were decoded before follow when it moves. */
static bool reserve(struct parser *parser, size_t length)
{
    struct stream *stream = parser->innermost;

    if (tree_reserve(parser->tree, length + 1) < 0) {
        parser->status = -1;
        return false;
    }
    for (; stream; stream = stream->outer) {
        if (stream->decoded)
            stream->data = parser->tree->own.data + stream->own_offset;
    }
    return true;
}

/* The content as the field's type sees it; decoded bytes, and the ending after them, go
 * into the tree's own. */
static enum decoding decode(struct parser *parser, struct frame *frame, uint32_t id,
                            const struct span *span, struct view *content)
{
    const struct rule *rule = &parser->model->rules[id];
    struct stream *stream = frame->stream;
    struct buffer *own = &parser->tree->own;
    struct process_key key;
    struct view whole;
    size_t length;

    *content = slice(stream, span->content);
    if (!(rule->flags & RULE_PROCESSED))
        return PLAIN;
    if (!reserve(parser, span->whole))
        return UNDECODABLE;
    whole = slice(stream, span->whole);
    if (!rule_process_key(rule, look(frame, stream), &key) ||
        process_decode(rule->process, &key, view_slice(whole, 0, span->content),
                       own->data + own->length, &length) < 0)
        return UNDECODABLE;
    *content = (struct view){own->data + own->length, length};
    own->length += length;
    if (span->whole > span->content)
        memcpy(own->data + own->length, whole.data + span->content,
               span->whole - span->content);
    own->length += span->whole - span->content;
    return DECODED;
}

/* Bytes that are not what the field's process writes stay as they are. */
static void keep_raw(struct parser *parser, const struct frame *frame, uint32_t index,
                     struct view bytes)
{
    struct node *node = &parser->tree->nodes[index];

    node->bytes = bytes;
    node->length = (uint32_t)bytes.length;
    node->integer = 0;
    node->ending = ENDING_RAW;
    node->encoded = true;
    if (!frame->stream->cut && parser->status == 0)
        violate(parser, VIOLATION_ENCODING, index, node->field, frame->depth,
                parser->model->fields[node->field].on_invalid);
}

/* Notes what stands behind the content, so that emission can repeat it. */
static void note_ending(struct node *node, const struct rule *rule,
                        const struct span *span, struct view rest)
{
    if (!(rule->flags & RULE_ENDS))
        return;
    if (span->open && !rule->ending.eos_error)
        node->ending = ENDING_OPEN;
    if (rule->extent == EXTENT_TERMINATED)
        return;
    node->ending = ENDING_KEPT;
    if (node->kind == FIELD_GROUP)
        node->bytes = rest;
    else
        node->integer = rest.length;
}

static void parse_bytes(struct parser *parser, struct frame *frame, struct place *place,
                        uint32_t id, enum field_kind kind, const struct span *span)
{
    struct stream *stream = frame->stream;
    const struct rule *rule = &parser->model->rules[id];
    struct view bytes;
    enum decoding decoding = decode(parser, frame, id, span, &bytes);
    struct view whole = slice(stream, span->whole);
    uint32_t index;
    struct node *node;

    if (decoding == UNDECODABLE)
        kind = FIELD_BYTES;
    index = tree_append(parser->tree, place, id, kind);
    if (index == TREE_NONE || parser->status < 0) {
        parser->status = -1;
        return;
    }
    node = &parser->tree->nodes[index];
    node->offset = (uint32_t)stream->position;
    node->length = (uint32_t)span->whole;
    node->encoded = stream->decoded || decoding != PLAIN;
    node->bytes = bytes;
    note_ending(node, rule, span, view_slice(whole, span->content, SIZE_MAX));
    stream->position += span->whole;
    if (decoding == UNDECODABLE)
        keep_raw(parser, frame, index, whole);
    else if ((rule->flags & RULE_CHECKED) && !stream->cut)
        judge(parser, frame, index);
}

/* The type's own stream: `content` is part of the outer one, or was decoded from it. */
static void parse_limited(struct parser *parser, const struct frame *frame, uint32_t id,
                          uint32_t index, const struct span *span, struct view content)
{
    struct stream *outer = frame->stream, inner = *outer;
    struct node *node;

    inner.end = inner.position + content.length;
    if (parser->model->rules[id].flags & RULE_PROCESSED) {
        inner.data = content.data;
        inner.own_offset = (size_t)(content.data - parser->tree->own.data);
        inner.position = 0;
        inner.end = content.length;
        inner.decoded = true;
    }
    inner.start = inner.position;
    inner.bits = 0;
    inner.cut = false;
    inner.owner = index;
    inner.depth = (uint16_t)(frame->depth + 1);
    inner.outer = outer;
    parser->innermost = &inner;
    parse_type(parser, index, &inner, inner.depth);
    parser->innermost = outer;
    align(&inner);
    node = &parser->tree->nodes[index];
    if (inner.position < inner.end && !inner.cut && parser->status == 0)
        violate(parser, VIOLATION_SURPLUS, index, id, inner.depth,
                surplus_outcomes(parser, id, (uint32_t)node->integer));
    node->length = (uint32_t)span->whole;
    node->content = (uint32_t)content.length;
    note_ending(node, &parser->model->rules[id], span,
                view_slice(slice(outer, span->whole), span->content, SIZE_MAX));
    for (size_t i = index; inner.decoded && i < parser->tree->count; i++)
        parser->tree->nodes[i].encoded = true;
    outer->position += span->whole;
}

static void parse_group(struct parser *parser, struct frame *frame, struct place *place,
                        uint32_t id, const struct variant *variant,
                        const struct span *span)
{
    struct stream *stream = frame->stream;
    const struct rule *rule = &parser->model->rules[id];
    struct view content;
    enum decoding decoding = decode(parser, frame, id, span, &content);
    struct node *node;
    uint32_t index;

    index = tree_append(parser->tree, place, id,
                        decoding == UNDECODABLE ? FIELD_BYTES : FIELD_GROUP);
    if (index == TREE_NONE || parser->nesting >= DEPTH_LIMIT || parser->status < 0) {
        parser->status = -1;
        return;
    }
    node = &parser->tree->nodes[index];
    node->offset = (uint32_t)stream->position;
    if (decoding == UNDECODABLE) {
        keep_raw(parser, frame, index, slice(stream, span->whole));
        stream->position += span->whole;
        return;
    }
    node->integer = group_shape(variant->type, (uint32_t)(variant - rule->variants));
    if (span->limited) {
        parse_limited(parser, frame, id, index, span, content);
        return;
    }
    parse_type(parser, index, stream, (uint16_t)(frame->depth + 1));
    node = &parser->tree->nodes[index];
    node->length = node->content = (uint32_t)(stream->position - node->offset);
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

/* Where the content ends: at the terminator, before the padding, or with the bytes. */
static void find_end(struct parser *parser, struct frame *frame, uint32_t id,
                     struct span *span)
{
    const struct rule *rule = &parser->model->rules[id];
    struct stream *stream = frame->stream;
    size_t left = stream->end - stream->position;
    struct view bytes = slice(stream, span->limited ? span->whole : left);
    const uint8_t *end;

    span->whole = span->content = bytes.length;
    if (!(rule->flags & RULE_ENDS))
        return;
    if (span->limited) {
        span->content = ending_content(&rule->ending, bytes);
        return;
    }
    span->limited = true;
    end = left ? memchr(bytes.data, rule->ending.terminator, left) : NULL;
    span->open = !end;
    if (end) {
        span->content = (size_t)(end - bytes.data) + rule->ending.include;
        span->whole = (size_t)(end - bytes.data) + rule->ending.consume;
    } else if (rule->ending.eos_error) {
        cut(parser, stream, id);
    }
}

static void parse_leaf(struct parser *parser, struct frame *frame, struct place *place,
                       uint32_t id, struct span *span)
{
    const struct field *field = &parser->model->fields[id];

    if (parser->model->rules[id].flags & RULE_BITS) {
        parse_bits(parser, frame, place, id);
    } else if (field->element == FIELD_INTEGER) {
        parse_integer(parser, frame, place, id);
    } else {
        find_end(parser, frame, id, span);
        parse_bytes(parser, frame, place, id, field->element, span);
    }
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
        align(stream);
    span.limited = measure(parser, frame, id, &span.whole);
    if (span.limited && stream->cut && span.whole == 0 &&
        rule->extent == EXTENT_EXPRESSION)
        return;
    if (!rule->variants) {
        parse_leaf(parser, frame, place, id, &span);
        return;
    }
    variant = tree_variant(rule, look(frame, stream));
    if (variant && variant->field != NONE) {
        parse_leaf(parser, frame, place, variant->field, &span);
        return;
    }
    find_end(parser, frame, id, &span);
    if (variant) {
        parse_group(parser, frame, place, id, variant, &span);
        return;
    }
    parse_bytes(parser, frame, place, id, FIELD_BYTES, &span);
    if (parser->status == 0)
        violate(parser, VIOLATION_NO_CASE, place->last, id, frame->depth,
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
    last = value_is_true(program_run(rule->until, look(frame, frame->stream)));
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
        if (is_last(parser, frame, id, place.last))
            break;
    }
    frame->scope.index = -1;
    parser->tree->nodes[array].length =
        (uint32_t)(stream->position - parser->tree->nodes[array].offset);
}

static void parse_field(struct parser *parser, struct frame *frame, uint32_t id)
{
    const struct rule *rule = &parser->model->rules[id];

    if (rule->flags & RULE_SIMPLE) {
        parse_integer(parser, frame, &frame->place, id);
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
    for (size_t i = 0; i < type->count && !stream->cut && parser->status == 0; i++)
        parse_field(parser, &frame, type->sequence[i]);
    parser->nesting--;
}

int tree_parse(struct tree *tree, struct view bytes, bool reply)
{
    struct stream stream = {.data = bytes.data, .end = bytes.length, .depth = 1};
    struct parser parser = {.tree = tree, .model = tree->model, .innermost = &stream};
    const struct type *root = &tree->model->types[0];

    if (bytes.length > INT32_MAX || tree_begin(tree, tree->model, reply) < 0)
        return -1;
    parse_type(&parser, 0, &stream, 1);
    align(&stream);
    if (stream.position < stream.end && !stream.cut && parser.status == 0)
        violate(&parser, VIOLATION_SURPLUS, 0, TREE_NONE, 1,
                root->has_outcomes ? root->outcomes : (unsigned)OUTCOME_REJECT);
    tree->nodes[0].length = tree->nodes[0].content = (uint32_t)bytes.length;
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
