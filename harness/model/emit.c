#include "model/nodes.h"

#include <string.h>

/* Where lengths change lengths: an inner checksum may decide how long its escapes are, a
 * length that grows may itself take more bytes. */
enum { SETTLE_PASSES = 8 };

struct writer {
    struct tree *tree;
    struct buffer *out;
    size_t base;   /* where the message, or the processed stream, begins in `out` */
    bool encoded;  /* in a processed stream */
    unsigned bits; /* bits of `partial` that are filled: from the top, or from below */
    bool little;
    uint8_t partial;
    uint8_t filler; /* what the message had in the bits of `partial` that are free */
};

static int write_node(struct writer *writer, uint32_t index);
static int write_bytes(struct writer *writer, uint32_t index, struct view bytes);

static size_t position(const struct writer *writer)
{
    return writer->out->length - writer->base;
}

static int flush_bits(struct writer *writer)
{
    uint8_t byte = writer->partial | writer->filler;

    if (writer->bits == 0)
        return 0;
    writer->bits = 0;
    writer->partial = writer->filler = 0;
    return buffer_append_byte(writer->out, byte);
}

static uint64_t said(const struct node *node)
{
    return node->lies ? node->content : node->integer;
}

static int write_bits(struct writer *writer, struct node *node, unsigned count)
{
    uint64_t value = said(node);
    bool little = !writer->tree->model->fields[node->field].big_endian;

    if (little != writer->little && flush_bits(writer) < 0)
        return -1;
    writer->little = little;
    writer->filler = 0;
    node->offset = (uint32_t)position(writer);
    node->length = (writer->bits + count + 7) / 8;
    for (unsigned i = 0; i < count; i++) {
        uint8_t bit = (uint8_t)(value >> (little ? i : count - 1 - i) & 1);

        writer->partial |= (uint8_t)(bit << (little ? writer->bits : 7 - writer->bits));
        if (++writer->bits == 8 && flush_bits(writer) < 0)
            return -1;
    }
    writer->filler = writer->bits ? node->filler : 0;
    return 0;
}

/* A number that nobody changed since it was parsed keeps the form it had. */
static int write_number(struct writer *writer, uint32_t index)
{
    const struct node *node = &writer->tree->nodes[index];
    const struct codec *codec = writer->tree->model->rules[node->field].codec;
    uint8_t bytes[CODEC_BYTES];

    if (node->bytes.data)
        return write_bytes(writer, index, node->bytes);
    return write_bytes(writer, index,
                       (struct view){bytes, codec_write(codec, node->integer, bytes)});
}

static int write_integer(struct writer *writer, uint32_t index)
{
    struct node *node = &writer->tree->nodes[index];
    const struct field *field = &writer->tree->model->fields[node->field];
    unsigned flags = writer->tree->model->rules[node->field].flags;
    struct buffer *out = writer->out;
    size_t width = field->bits / 8;
    bool big_endian = field->big_endian;

    if (flags & RULE_ORDER)
        big_endian = tree_is_big_endian(writer->tree, node->parent, node->field);
    else if (flags & (RULE_BITS | RULE_CODEC))
        return flags & RULE_BITS ? write_bits(writer, node, field->bits)
                                 : write_number(writer, index);
    if (flush_bits(writer) < 0 || buffer_reserve(out, width) < 0)
        return -1;
    node->offset = (uint32_t)position(writer);
    node->length = (uint32_t)width;
    if (big_endian)
        bytes_write_be(out->data + out->length, width, said(node));
    else
        bytes_write_le(out->data + out->length, width, said(node));
    out->length += width;
    return 0;
}

/* The bytes a sized field should fill; -1 when its content decides. */
static int64_t wanted_size(const struct writer *writer, uint32_t index)
{
    const struct tree *tree = writer->tree;
    const struct rule *rule = &tree->model->rules[tree->nodes[index].field];
    struct scope scope = {.tree = tree, .index = -1};
    struct value size;

    if (rule->extent == EXTENT_FIXED)
        return (int64_t)tree->model->fields[tree->nodes[index].field].length;
    if (rule->extent != EXTENT_EXPRESSION || (rule->flags & RULE_INVERTS_SIZE))
        return -1;
    scope.group = tree_group_of(tree, index);
    size = program_run(rule->size, &scope);
    return size.kind == VALUE_INTEGER && size.integer <= OWN_MAXIMUM ? size.integer : -1;
}

/* Ends a sized field as its keys say: the terminator where there is room, then padding.
 */
static int pad(const struct writer *writer, const struct ending *ending, size_t start,
               int64_t size)
{
    struct buffer *out = writer->out;
    bool full = size >= 0 && out->length - start >= (uint64_t)size;

    if (ending->terminated && !ending->include && !full &&
        buffer_append_byte(out, ending->terminator) < 0)
        return -1;
    while (size > 0 && out->length - start < (uint64_t)size) {
        if (buffer_append_byte(out, ending->pad) < 0)
            return -1;
    }
    return 0;
}

static struct view kept_ending(const struct node *node)
{
    if (node->kind == FIELD_GROUP)
        return node->bytes;
    return (struct view){node->bytes.data ? node->bytes.data + node->bytes.length : NULL,
                         (size_t)node->integer};
}

static int write_terminator(const struct writer *writer, uint32_t index)
{
    const struct node *node = &writer->tree->nodes[index];
    const struct ending *ending = &writer->tree->model->rules[node->field].ending;
    bool open = node->ending == ENDING_OPEN;

    if (!ending->consume || (ending->include && !open) ||
        (open && !tree_goes_on(writer->tree, index)))
        return 0;
    return buffer_append_byte(
        writer->out,
        tree_separator(writer->tree, tree_group_of(writer->tree, index), index, ending));
}

/* What stands behind the content that was written from `start` on. */
static int write_ending(const struct writer *writer, uint32_t index, size_t start)
{
    const struct node *node = &writer->tree->nodes[index];
    const struct rule *rule = &writer->tree->model->rules[node->field];
    int64_t size;

    if (!(rule->flags & RULE_ENDS) || node->ending == ENDING_RAW)
        return 0;
    if (rule->extent == EXTENT_TERMINATED)
        return write_terminator(writer, index);
    size = wanted_size(writer, index);
    if (node->ending == ENDING_KEPT) {
        struct view kept = kept_ending(node);

        if (size < 0 || writer->out->length - start + kept.length == (uint64_t)size)
            return buffer_append(writer->out, kept);
    }
    return pad(writer, &rule->ending, start, size);
}

static void write_sum_digits(const struct writer *writer, struct node *node, uint64_t sum)
{
    const struct codec *codec = writer->tree->model->rules[node->field].codec;
    uint8_t *place = writer->out->data + writer->base + node->offset;
    uint8_t digits[CODEC_BYTES];
    size_t count;

    if (node->integer == sum)
        return;
    node->integer = sum;
    node->bytes = (struct view){0};
    count = codec_write(codec, sum, digits);
    if (node->length < count) /* parsed from bytes that ended too early */
        memcpy(place, digits + count - node->length, node->length);
    else
        memcpy(place, digits, count);
}

static void write_checksum(const struct writer *writer, uint32_t index)
{
    const struct tree *tree = writer->tree;
    struct node *node = &tree->nodes[index];
    uint8_t *stream = writer->out->data + writer->base;
    uint64_t sum = rule_checksum(
        tree, (struct view){stream, writer->out->length - writer->base}, index);

    if (tree->model->rules[node->field].flags & RULE_CODEC) {
        write_sum_digits(writer, node, sum);
        return;
    }
    node->integer = sum;
    if (tree_is_big_endian(tree, node->parent, node->field))
        bytes_write_be(stream + node->offset, node->length, node->integer);
    else
        bytes_write_le(stream + node->offset, node->length, node->integer);
}

static bool is_processed(const struct writer *writer, const struct node *node)
{
    return node->field != TREE_NONE && node->ending != ENDING_RAW &&
           node->kind != FIELD_ARRAY &&
           (writer->tree->model->rules[node->field].flags & RULE_PROCESSED);
}

/* A processed stream's checksums have to be right before it is encoded. */
static void write_inner_checksums(const struct writer *writer, uint32_t group)
{
    const struct tree *tree = writer->tree;
    uint32_t child = tree->nodes[group].first_child;

    for (; child != TREE_NONE; child = tree->nodes[child].next) {
        const struct node *node = &tree->nodes[child];

        if (node->looked_up)
            continue;
        if ((tree->model->rules[node->field].flags & RULE_CHECKSUM) && !node->pinned)
            write_checksum(writer, child);
        else if (node->kind == FIELD_ARRAY ||
                 (node->kind == FIELD_GROUP && !is_processed(writer, node)))
            write_inner_checksums(writer, child);
    }
}

/* Puts the encoded form in place of what was written from `start` on. */
static int encode(const struct writer *writer, uint32_t index, size_t start)
{
    struct tree *tree = writer->tree;
    const struct rule *rule = &tree->model->rules[tree->nodes[index].field];
    struct scope scope = {.tree = tree, .group = tree_group_of(tree, index)};
    struct buffer *out = writer->out, *encoded = &tree->encoded;
    struct process_key key;

    tree->nodes[index].encoded = true;
    scope.index = rule->process_key ? tree_position(tree, index) : -1;
    if (!rule_process_key(rule, &scope, &key))
        return 0;
    encoded->maximum = OWN_MAXIMUM;
    buffer_clear(encoded);
    if (process_encode(rule->process, &key,
                       (struct view){out->data + start, out->length - start},
                       encoded) < 0)
        return -1;
    out->length = start;
    return buffer_append(out, buffer_view(encoded));
}

/* Puts what the field's keys ask for around the content that was written from `start` on.
 */
static int finish_field(const struct writer *writer, uint32_t index, size_t start)
{
    const struct node *node = &writer->tree->nodes[index];

    if (is_processed(writer, node) && encode(writer, index, start) < 0)
        return -1;
    return write_ending(writer, index, start);
}

static int write_bytes(struct writer *writer, uint32_t index, struct view bytes)
{
    struct node *node = &writer->tree->nodes[index];
    unsigned flags = writer->tree->model->rules[node->field].flags;

    if (flush_bits(writer) < 0)
        return -1;
    node->offset = (uint32_t)position(writer);
    if (buffer_append(writer->out, bytes) < 0 ||
        ((flags & (RULE_ENDS | RULE_PROCESSED)) &&
         finish_field(writer, index, writer->base + node->offset) < 0))
        return -1;
    node->length = (uint32_t)(position(writer) - node->offset);
    return 0;
}

static bool is_aligned(const struct writer *writer, const struct node *node)
{
    return !(writer->tree->model->rules[node->field].flags & RULE_BITS);
}

static inline int write_content(struct writer *writer, const struct node *node)
{
    uint32_t child = node->first_child;

    for (; child != TREE_NONE; child = writer->tree->nodes[child].next) {
        if (writer->tree->nodes[child].looked_up)
            continue;
        if (node->kind == FIELD_GROUP &&
            is_aligned(writer, &writer->tree->nodes[child]) && flush_bits(writer) < 0)
            return -1;
        if (write_node(writer, child) < 0)
            return -1;
    }
    return 0;
}

/* A stream of its own, where offsets count from 0 and bits do not run on. */
static int write_processed(const struct writer *writer, uint32_t index)
{
    struct writer inner = *writer;

    inner.base = writer->out->length;
    inner.encoded = true;
    if (write_content(&inner, &writer->tree->nodes[index]) < 0 || flush_bits(&inner) < 0)
        return -1;
    write_inner_checksums(&inner, index);
    return 0;
}

static int write_group(struct writer *writer, uint32_t index)
{
    struct node *node = &writer->tree->nodes[index];
    const struct rule *rule = &writer->tree->model->rules[node->field];
    bool limited = rule->extent != EXTENT_NONE;

    if (limited && flush_bits(writer) < 0)
        return -1;
    node->offset = (uint32_t)position(writer);
    if (((rule->flags & RULE_PROCESSED) ? write_processed(writer, index)
                                        : write_content(writer, node)) < 0 ||
        (limited && flush_bits(writer) < 0))
        return -1;
    node->content = node->length = (uint32_t)(position(writer) - node->offset);
    if (!(rule->flags & (RULE_ENDS | RULE_PROCESSED)))
        return 0;
    if (finish_field(writer, index, writer->base + node->offset) < 0)
        return -1;
    node->length = (uint32_t)(position(writer) - node->offset);
    return 0;
}

static int write_children(struct writer *writer, uint32_t index)
{
    struct node *node = &writer->tree->nodes[index];

    if (node->field != TREE_NONE && node->kind == FIELD_GROUP)
        return write_group(writer, index);
    node->offset = (uint32_t)position(writer);
    if (write_content(writer, node) < 0)
        return -1;
    node->length = (uint32_t)(position(writer) - node->offset);
    return 0;
}

/* Contents that the message declares become what it declares now. */
static int follow_declaration(struct tree *tree, uint32_t index)
{
    const struct node *node = &tree->nodes[index];
    uint8_t byte = tree_separator(tree, tree_group_of(tree, index), index,
                                  &tree->model->rules[node->field].ending);

    if (view_equal(node->bytes, (struct view){&byte, 1}))
        return 0;
    return tree_keep(tree, (struct view){&byte, 1}, &tree->nodes[index].bytes);
}

static int write_node(struct writer *writer, uint32_t index)
{
    struct node *node = &writer->tree->nodes[index];

    if (writer->encoded)
        node->encoded = true;
    if (node->declared && follow_declaration(writer->tree, index) < 0)
        return -1;
    switch (node->kind) {
    case FIELD_INTEGER: return write_integer(writer, index);
    case FIELD_BYTES:
    case FIELD_TEXT: return write_bytes(writer, index, node->bytes);
    default: return write_children(writer, index);
    }
}

static int write_all(struct writer *writer)
{
    writer->out->length = writer->base;
    writer->bits = 0;
    writer->partial = 0;
    if (write_node(writer, 0) < 0 || flush_bits(writer) < 0)
        return -1;
    writer->tree->nodes[0].length = (uint32_t)position(writer);
    writer->tree->nodes[0].content = writer->tree->nodes[0].length;
    return 0;
}

int tree_emit(struct tree *tree, struct buffer *out)
{
    struct writer writer = {.tree = tree, .out = out, .base = out->length};
    unsigned passes;
    int status;

    if (tree->count == 0)
        return 0;
    passes = tree->model->has_processes || tree->model->widths_vary ? SETTLE_PASSES : 1;
    status = write_all(&writer);
    while (status == 0 && passes-- > 0 && tree_settle(tree))
        status = write_all(&writer);
    if (status < 0) {
        out->length = writer.base;
        return -1;
    }
    for (uint32_t i = 1; i < tree->count; i++) {
        const struct node *node = &tree->nodes[i];

        if ((tree->model->rules[node->field].flags & RULE_CHECKSUM) && !node->pinned &&
            !node->encoded && tree_is_written(tree, i))
            write_checksum(&writer, i);
    }
    return 0;
}

int tree_content(struct tree *tree, uint32_t node, struct buffer *out)
{
    struct writer writer = {.tree = tree, .out = out, .base = out->length};

    if (node >= tree->count || tree->nodes[node].kind != FIELD_GROUP)
        return -1;
    writer.encoded = tree->nodes[node].encoded;
    if (write_content(&writer, &tree->nodes[node]) < 0 || flush_bits(&writer) < 0) {
        out->length = writer.base;
        return -1;
    }
    return 0;
}
