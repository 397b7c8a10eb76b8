/* Bytes, texts and groups: what a field takes from its stream, what of it is the content,
 * and the streams of sized and processed types. */
#include "model/parser.h"

#include <string.h>

unsigned parser_group_outcomes(const struct parser *parser, uint32_t field, uint32_t type)
{
    if (!(parser->model->rules[field].flags & RULE_OWN_OUTCOMES) &&
        parser->model->types[type].has_outcomes)
        return parser->model->types[type].outcomes;
    return parser->model->fields[field].on_invalid;
}

static struct view slice(const struct stream *stream, size_t length)
{
    struct view bytes = {stream->data, stream->end};

    return view_slice(bytes, stream->position, length);
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

    if (!reserve(parser, span->whole))
        return UNDECODABLE;
    whole = slice(stream, span->whole);
    if (!rule_process_key(rule, parser_look(frame, stream), &key) ||
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
        parser_violate(parser, VIOLATION_ENCODING, index, node->field, frame->depth,
                       parser->model->fields[node->field].on_invalid);
}

/* Notes what stands behind the content, so that emission can repeat it. */
static void note_ending(struct node *node, const struct rule *rule,
                        const struct span *span, struct view rest)
{
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

/* The bytes stay beside the value: emission repeats them while the value is theirs. Bytes
 * that say no value are beyond what expressions count in. */
static void read_number(const struct codec *codec, struct node *node)
{
    if (codec_read(codec, node->bytes, &node->integer) < 0)
        node->integer = UINT64_MAX;
}

void parser_bytes(struct parser *parser, struct frame *frame, struct place *place,
                  uint32_t id, enum field_kind kind, const struct span *span)
{
    struct stream *stream = frame->stream;
    const struct rule *rule = &parser->model->rules[id];
    struct view bytes = slice(stream, span->content), whole;
    enum decoding decoding = PLAIN;
    uint32_t index;
    struct node *node;

    if (rule->flags & RULE_PROCESSED)
        decoding = decode(parser, frame, id, span, &bytes);
    whole = slice(stream, span->whole);
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
    if (rule->flags & RULE_ENDS)
        note_ending(node, rule, span, view_slice(whole, span->content, SIZE_MAX));
    if (rule->flags & RULE_CODEC)
        read_number(rule->codec, node);
    if (rule->flags & RULE_SEPARATOR)
        node->declared = rule_contents_fit(parser->tree, index);
    stream->position += span->whole;
    if (decoding == UNDECODABLE)
        keep_raw(parser, frame, index, whole);
    else if ((rule->flags & RULE_CHECKED) && !stream->cut)
        parser_judge(parser, frame, index);
}

/* Parses the type from `inner`, which is part of the outer stream or was decoded from it.
 */
static void parse_limited(struct parser *parser, const struct frame *frame, uint32_t id,
                          uint32_t index, const struct span *span, struct stream *inner)
{
    struct stream *outer = frame->stream;
    const struct rule *rule = &parser->model->rules[id];
    struct node *node;

    parser->innermost = inner;
    /* Expressions inside may ask how much there is. */
    node = &parser->tree->nodes[index];
    node->length = (uint32_t)span->whole;
    node->content = (uint32_t)(inner->end - inner->start);
    parser_type(parser, index, inner, inner->depth);
    parser->innermost = outer;
    parser_align(inner);
    if (inner->looked_to)
        parser_keep_rest(parser, inner);
    node = &parser->tree->nodes[index];
    if (inner->position < inner->end && !inner->cut && parser->status == 0)
        parser_violate(parser, VIOLATION_SURPLUS, index, id, inner->depth,
                       parser_group_outcomes(parser, id, (uint32_t)node->integer));
    if (rule->flags & RULE_ENDS)
        note_ending(node, rule, span,
                    view_slice(slice(outer, span->whole), span->content, SIZE_MAX));
    outer->position += span->whole;
}

static void parse_processed(struct parser *parser, struct frame *frame,
                            struct place *place, uint32_t id,
                            const struct variant *variant, const struct span *span)
{
    struct stream *stream = frame->stream;
    struct view content;
    enum decoding decoding = decode(parser, frame, id, span, &content);
    uint32_t index = parser_add_group(parser, frame, place, id, variant);
    struct stream inner = {.depth = (uint16_t)(frame->depth + 1),
                           .decoded = true,
                           .owner = index,
                           .outer = stream};

    if (index == TREE_NONE)
        return;
    if (decoding == UNDECODABLE) {
        parser->tree->nodes[index].kind = FIELD_BYTES;
        keep_raw(parser, frame, index, slice(stream, span->whole));
        stream->position += span->whole;
        return;
    }
    inner.data = content.data;
    inner.end = content.length;
    inner.own_offset = (size_t)(content.data - parser->tree->own.data);
    parse_limited(parser, frame, id, index, span, &inner);
    for (size_t i = index; i < parser->tree->count; i++)
        parser->tree->nodes[i].encoded = true;
}

void parser_group(struct parser *parser, struct frame *frame, struct place *place,
                  uint32_t id, const struct variant *variant, const struct span *span)
{
    struct stream *stream = frame->stream, inner;
    uint32_t index;

    if (parser->model->rules[id].flags & RULE_PROCESSED) {
        parse_processed(parser, frame, place, id, variant, span);
        return;
    }
    index = parser_add_group(parser, frame, place, id, variant);
    if (index == TREE_NONE)
        return;
    inner = (struct stream){.data = stream->data,
                            .start = stream->position,
                            .position = stream->position,
                            .end = stream->position + span->content,
                            .owner = index,
                            .depth = (uint16_t)(frame->depth + 1),
                            .decoded = stream->decoded,
                            .own_offset = stream->own_offset,
                            .outer = stream};
    parse_limited(parser, frame, id, index, span, &inner);
}

bool parser_measure(struct parser *parser, struct frame *frame, uint32_t id,
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
        size = program_run(rule->size, parser_look(frame, stream));
        if (size.kind != VALUE_INTEGER || size.integer < 0) {
            parser_cut(parser, stream, id);
            *length = 0;
            return true;
        }
        *length =
            (uint64_t)size.integer > SIZE_MAX / 2 ? SIZE_MAX / 2 : (size_t)size.integer;
        break;
    default: return false;
    }
    if (*length > left) {
        parser_cut(parser, stream, id);
        *length = left;
    }
    return true;
}

void parser_find_end(struct parser *parser, struct frame *frame, uint32_t id,
                     struct span *span)
{
    const struct rule *rule = &parser->model->rules[id];
    struct stream *stream = frame->stream;
    size_t left = stream->end - stream->position;
    struct view bytes = slice(stream, span->limited ? span->whole : left);
    const uint8_t *end;

    span->whole = span->content = bytes.length;
    if (span->limited) {
        span->content = ending_content(&rule->ending, bytes);
        return;
    }
    span->limited = true;
    end = left ? memchr(bytes.data,
                        tree_separator(parser->tree, frame->scope.group, TREE_NONE,
                                       &rule->ending),
                        left)
               : NULL;
    span->open = !end;
    if (end) {
        span->content = (size_t)(end - bytes.data) + rule->ending.include;
        span->whole = (size_t)(end - bytes.data) + rule->ending.consume;
    } else if (rule->ending.eos_error) {
        parser_cut(parser, stream, id);
    }
}
