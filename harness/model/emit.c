#include "model/nodes.h"

#include <string.h>

enum { SETTLE_PASSES = 8 };

struct writer {
    struct tree *tree;
    struct buffer *out;
    size_t base;
    unsigned bits; /* bits of `partial` that are filled: from the top, or from below */
    bool little;
    uint8_t partial;
};

static int write_node(struct writer *writer, uint32_t index);
static int write_bytes(struct writer *writer, struct node *node);

static size_t position(const struct writer *writer)
{
    return writer->out->length - writer->base;
}

static int flush_bits(struct writer *writer)
{
    uint8_t byte = writer->partial;

    if (writer->bits == 0)
        return 0;
    writer->bits = 0;
    writer->partial = 0;
    return buffer_append_byte(writer->out, byte);
}

static int write_bits(struct writer *writer, struct node *node, unsigned count)
{
    bool little = !writer->tree->model->fields[node->field].big_endian;

    if (little != writer->little && flush_bits(writer) < 0)
        return -1;
    writer->little = little;
    node->offset = (uint32_t)position(writer);
    node->length = (writer->bits + count + 7) / 8;
    for (unsigned i = 0; i < count; i++) {
        uint8_t bit = (uint8_t)(node->integer >> (little ? i : count - 1 - i) & 1);

        writer->partial |= (uint8_t)(bit << (little ? writer->bits : 7 - writer->bits));
        if (++writer->bits == 8 && flush_bits(writer) < 0)
            return -1;
    }
    return 0;
}

/* A number that nobody changed since it was parsed keeps the form it had. */
static int write_number(struct writer *writer, struct node *node)
{
    const struct codec *codec = writer->tree->model->rules[node->field].codec;
    struct node written = *node;
    uint8_t bytes[CODEC_BYTES];
    int status;

    written.kind = FIELD_TEXT;
    if (!written.bytes.data)
        written.bytes = (struct view){bytes, codec_write(codec, node->integer, bytes)};
    status = write_bytes(writer, &written);
    node->offset = written.offset;
    node->length = written.length;
    return status;
}

static int write_integer(struct writer *writer, struct node *node)
{
    const struct field *field = &writer->tree->model->fields[node->field];
    unsigned flags = writer->tree->model->rules[node->field].flags;
    struct buffer *out = writer->out;
    size_t width = field->bits / 8;
    bool big_endian = field->big_endian;

    if (flags & RULE_ORDER)
        big_endian = tree_is_big_endian(writer->tree, node->parent, node->field);
    else if (flags & (RULE_BITS | RULE_CODEC))
        return flags & RULE_BITS ? write_bits(writer, node, field->bits)
                                 : write_number(writer, node);
    if (flush_bits(writer) < 0 || buffer_reserve(out, width) < 0)
        return -1;
    node->offset = (uint32_t)position(writer);
    node->length = (uint32_t)width;
    if (big_endian)
        bytes_write_be(out->data + out->length, width, node->integer);
    else
        bytes_write_le(out->data + out->length, width, node->integer);
    out->length += width;
    return 0;
}

static int write_bytes(struct writer *writer, struct node *node)
{
    if (flush_bits(writer) < 0)
        return -1;
    node->offset = (uint32_t)position(writer);
    if (buffer_append(writer->out, node->bytes) < 0)
        return -1;
    if (node->kind == FIELD_TEXT &&
        (writer->tree->model->rules[node->field].flags & RULE_TERMINATED) &&
        buffer_append_byte(writer->out, 0) < 0)
        return -1;
    node->length = (uint32_t)(position(writer) - node->offset);
    return 0;
}

static bool is_aligned(const struct writer *writer, const struct node *node)
{
    return !(writer->tree->model->rules[node->field].flags & RULE_BITS);
}

static int write_children(struct writer *writer, struct node *node)
{
    bool sized = node->field != TREE_NONE && node->kind == FIELD_GROUP &&
                 writer->tree->model->rules[node->field].extent != EXTENT_NONE;
    uint32_t child;

    if (sized && flush_bits(writer) < 0)
        return -1;
    node->offset = (uint32_t)position(writer);
    for (child = node->first_child; child != TREE_NONE;
         child = writer->tree->nodes[child].next) {
        if (node->kind == FIELD_GROUP &&
            is_aligned(writer, &writer->tree->nodes[child]) && flush_bits(writer) < 0)
            return -1;
        if (write_node(writer, child) < 0)
            return -1;
    }
    if (sized && flush_bits(writer) < 0)
        return -1;
    node->length = (uint32_t)(position(writer) - node->offset);
    return 0;
}

static int write_node(struct writer *writer, uint32_t index)
{
    struct node *node = &writer->tree->nodes[index];

    switch (node->kind) {
    case FIELD_INTEGER: return write_integer(writer, node);
    case FIELD_BYTES:
    case FIELD_TEXT: return write_bytes(writer, node);
    default: return write_children(writer, node);
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
    return 0;
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

static void write_checksum(const struct writer *writer, struct node *node)
{
    const struct tree *tree = writer->tree;
    const struct checksum *checksum = tree->model->rules[node->field].checksum;
    const struct field *field = &tree->model->fields[node->field];
    uint8_t *message = writer->out->data + writer->base;
    uint32_t from = node->parent;
    size_t start = 0;
    uint64_t sum;

    if (checksum->from == FROM_FIELD)
        from = tree_child(tree, node->parent, checksum->from_name);
    if (checksum->from != FROM_MESSAGE)
        start = from == TREE_NONE ? node->offset : tree->nodes[from].offset;
    sum = checksum_of(checksum, (struct view){message + start, node->offset - start});
    if (tree->model->rules[node->field].flags & RULE_CODEC) {
        write_sum_digits(writer, node, field_fit(field, sum));
        return;
    }
    node->integer = sum;
    if (tree_is_big_endian(tree, node->parent, node->field))
        bytes_write_be(message + node->offset, node->length, node->integer);
    else
        bytes_write_le(message + node->offset, node->length, node->integer);
}

/* A length that grows may itself take more bytes, so that the next one grows too. */
static int write_settled(struct writer *writer)
{
    int passes = writer->tree->model->widths_vary ? SETTLE_PASSES : 1;

    if (write_all(writer) < 0)
        return -1;
    while (passes-- > 0 && tree_settle(writer->tree)) {
        if (write_all(writer) < 0)
            return -1;
    }
    return 0;
}

int tree_emit(struct tree *tree, struct buffer *out)
{
    struct writer writer = {.tree = tree, .out = out, .base = out->length};

    if (tree->count == 0)
        return 0;
    if (write_settled(&writer) < 0) {
        out->length = writer.base;
        return -1;
    }
    for (uint32_t i = 1; i < tree->count; i++) {
        struct node *node = &tree->nodes[i];

        if ((tree->model->rules[node->field].flags & RULE_CHECKSUM) && !node->pinned &&
            tree_is_live(tree, i))
            write_checksum(&writer, node);
    }
    return 0;
}
