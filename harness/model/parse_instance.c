/* Parse instances: read right after their type's seq, at a position in a stream. Their
 * nodes hang in the tree for expressions and people, and are never written. */
#include "model/parser.h"

/* More nodes than any message needs: instances that lead to each other stop there. */
enum { NODES_MAXIMUM = 1 << 16 };

static struct stream *stream_of(const struct frame *frame, enum stream_choice choice)
{
    if (choice == STREAM_ROOT) {
        while (frame->outer)
            frame = frame->outer;
    } else if (choice == STREAM_PARENT) {
        frame = frame->outer;
    }
    return frame ? frame->stream : NULL;
}

static bool is_there(const struct parser *parser, const struct stream *stream,
                     struct value position)
{
    return parser->nesting + 1 < DEPTH_LIMIT && parser->tree->count < NODES_MAXIMUM &&
           position.kind == VALUE_INTEGER && position.integer >= 0 &&
           (uint64_t)position.integer <= stream->end - stream->start;
}

/* Reads the instance from `window`, which begins where its stream does. */
static void read_at(struct parser *parser, struct frame *frame, uint32_t id,
                    struct stream *window, struct value position)
{
    struct stream *own = frame->stream, *innermost = parser->innermost;
    size_t first = parser->tree->count;

    if (!is_there(parser, window, position)) {
        parser_cut(parser, window, id);
        return;
    }
    window->position = window->start + (size_t)position.integer;
    window->outer = innermost;
    frame->stream = window;
    parser->innermost = window;
    parser->looking++;
    parser_field(parser, frame, id);
    parser->looking--;
    parser_align(window);
    parser->innermost = innermost;
    frame->stream = own;
    for (size_t i = first; i < parser->tree->count; i++)
        parser->tree->nodes[i].looked_up = true;
}

static void parse_instance(struct parser *parser, struct frame *frame, uint32_t id)
{
    const struct rule *rule = &parser->model->rules[id];
    struct stream *stream = stream_of(frame, rule->io), window;
    struct scope *scope = parser_look(frame, frame->stream);
    size_t end;

    if (rule->condition && !value_is_true(program_run(rule->condition, scope)))
        return;
    window = stream ? *stream : (struct stream){.end = 0};
    window.bits = 0;
    window.cut = false;
    window.owner = frame->place.parent;
    window.depth = frame->depth;
    window.looked_to = 0;
    read_at(parser, frame, id, &window, program_run(rule->position, scope));
    end = window.position > window.looked_to ? window.position : window.looked_to;
    if (stream && !window.cut && end > stream->looked_to)
        stream->looked_to = end;
}

void parser_instances(struct parser *parser, struct frame *frame, const struct type *type)
{
    for (size_t i = 0; i < type->parsed_count && parser->status == 0; i++)
        parse_instance(parser, frame, type->parsed[i]);
}

void parser_keep_rest(struct parser *parser, struct stream *stream)
{
    struct tree *tree = parser->tree;
    struct place place = {stream->owner, TREE_NONE};
    size_t end = stream->looked_to < stream->end ? stream->looked_to : stream->end;
    struct view bytes = {stream->data, end};
    uint32_t child, index;

    if (stream->position >= end || parser->status < 0)
        return;
    for (child = tree->nodes[stream->owner].first_child; child != TREE_NONE;
         child = tree->nodes[child].next)
        place.last = child;
    index = tree_append(tree, &place, parser->model->rest_field, FIELD_BYTES);
    if (index == TREE_NONE) {
        parser->status = -1;
        return;
    }
    tree->nodes[index].rest = true;
    tree->nodes[index].offset = (uint32_t)stream->position;
    tree->nodes[index].length = (uint32_t)(end - stream->position);
    tree->nodes[index].bytes = view_slice(bytes, stream->position, SIZE_MAX);
    stream->position = end;
}
