/* The methods of expressions: of lists, bytes, texts and numbers. What has to be made
 * lies in the evaluation's scratch; the rest are views. */
#include "model/program.h"

#include "core/yaml.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

void *scratch_take(struct scratch *scratch, size_t length)
{
    size_t whole =
        (length + sizeof(struct value) - 1) / sizeof(struct value) * sizeof(struct value);
    void *room;

    if (!scratch || length > SCRATCH_BYTES || whole > SCRATCH_BYTES - scratch->used)
        return NULL;
    room = scratch->bytes + scratch->used;
    scratch->used += (uint32_t)whole;
    return room;
}

/* --- lists and bytes --------------------------------------------------------------- */

struct value value_element(struct value list, int64_t index)
{
    const struct node *node;
    uint32_t child;

    if (index < 0)
        return value_absent();
    if (list.kind == VALUE_BYTES)
        return (uint64_t)index < list.bytes.length ? value_integer(list.bytes.data[index])
                                                   : value_absent();
    if (list.kind == VALUE_LIST)
        return (uint64_t)index < list.count ? list.items[index] : value_absent();
    if (list.kind != VALUE_NODE)
        return value_absent();
    node = &list.tree->nodes[list.node];
    if (node->kind != FIELD_ARRAY || index >= node->child_count)
        return value_absent();
    for (child = node->first_child; index > 0 && child != TREE_NONE; index--)
        child = list.tree->nodes[child].next;
    return child == TREE_NONE ? value_absent() : value_of_node(list.tree, child);
}

static int64_t size_of(struct value value)
{
    if (value.kind == VALUE_BYTES)
        return (int64_t)value.bytes.length;
    if (value.kind == VALUE_LIST)
        return (int64_t)value.count;
    if (value.kind == VALUE_NODE && value.tree->nodes[value.node].kind == FIELD_ARRAY)
        return value.tree->nodes[value.node].child_count;
    return -1;
}

/* The better of two, wanted is -1 for the smaller; absent when they have no order. */
static struct value better(struct value best, struct value value, int wanted)
{
    int order = value_compare(value, best);

    if (order == 2)
        return value_absent();
    return order == wanted ? value : best;
}

static struct value extreme(struct value list, int wanted)
{
    int64_t size = size_of(list);
    struct value best;

    if (size <= 0)
        return value_absent();
    best = value_element(list, 0);
    if (list.kind == VALUE_NODE) {
        uint32_t child = list.tree->nodes[list.node].first_child;

        for (; child != TREE_NONE; child = list.tree->nodes[child].next)
            best = better(best, value_of_node(list.tree, child), wanted);
        return best;
    }
    for (int64_t i = 0; i < size; i++)
        best = better(best, value_element(list, i), wanted);
    return best;
}

/* --- texts ------------------------------------------------------------------------- */

/* Bytes that hold `count` characters from the start; the whole when there are fewer. */
static size_t bytes_of_characters(struct view bytes, int64_t count)
{
    size_t at = 0;

    for (; at < bytes.length; at++) {
        bool begins = (bytes.data[at] & 0xc0) != 0x80;

        if (begins && count-- <= 0)
            break;
    }
    return at;
}

struct value value_substring(struct value value, struct value from, struct value to)
{
    size_t start, end;

    if (value.kind != VALUE_BYTES || !value.is_text || from.kind != VALUE_INTEGER ||
        to.kind != VALUE_INTEGER || from.integer < 0 || to.integer < 0)
        return value_absent();
    if (from.integer >= to.integer)
        return value_text((const uint8_t *)"", 0);
    start = bytes_of_characters(value.bytes, from.integer);
    end = bytes_of_characters(value.bytes, to.integer);
    value.bytes = view_slice(value.bytes, start, end - start);
    return value;
}

static struct value reversed(struct value value, struct scratch *scratch)
{
    size_t length = value.bytes.length, end = length;
    uint8_t *out;

    if (value.kind != VALUE_BYTES || !value.is_text || length == 0)
        return value.kind == VALUE_BYTES && value.is_text ? value : value_absent();
    out = scratch_take(scratch, length);
    if (!out)
        return value_absent();
    for (uint8_t *at = out; end > 0;) {
        size_t start = end - 1;

        while (start > 0 && (value.bytes.data[start] & 0xc0) == 0x80)
            start--;
        memcpy(at, value.bytes.data + start, end - start);
        at += end - start;
        end = start;
    }
    return value_text(out, length);
}

struct value value_join(struct value a, struct value b, struct scratch *scratch)
{
    size_t length = a.bytes.length + b.bytes.length;
    uint8_t *out;

    if (!a.is_text || !b.is_text)
        return value_absent();
    if (length == 0)
        return a;
    out = scratch_take(scratch, length);
    if (!out)
        return value_absent();
    if (a.bytes.length)
        memcpy(out, a.bytes.data, a.bytes.length);
    if (b.bytes.length)
        memcpy(out + a.bytes.length, b.bytes.data, b.bytes.length);
    return value_text(out, length);
}

/* Length of the UTF-8 character at the start, 0 when there is none (RFC 3629). */
static size_t character(struct view bytes)
{
    uint8_t first = bytes.data[0], least = 0x80, most = 0xbf;
    size_t length = first < 0x80   ? 1
                    : first < 0xc2 ? 0
                    : first < 0xe0 ? 2
                    : first < 0xf0 ? 3
                    : first < 0xf5 ? 4
                                   : 0;

    if (length == 0 || length > bytes.length)
        return 0;
    least = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : least;
    most = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : most;
    for (size_t i = 1; i < length; i++) {
        if (bytes.data[i] < least || bytes.data[i] > most)
            return 0;
        least = 0x80;
        most = 0xbf;
    }
    return length;
}

static bool is_encoded(struct view bytes, enum encoding encoding)
{
    for (size_t at = 0, length = 0; at < bytes.length; at += length) {
        length = character(view_slice(bytes, at, bytes.length - at));
        if (length == 0 || (encoding == ENCODING_ASCII && length > 1))
            return false;
    }
    return true;
}

static size_t put_utf8(uint8_t *out, uint32_t code)
{
    if (code < 0x80) {
        out[0] = (uint8_t)code;
        return 1;
    }
    if (code < 0x800) {
        out[0] = (uint8_t)(0xc0 | code >> 6);
        out[1] = (uint8_t)(0x80 | (code & 0x3f));
        return 2;
    }
    if (code < 0x10000) {
        out[0] = (uint8_t)(0xe0 | code >> 12);
        out[1] = (uint8_t)(0x80 | (code >> 6 & 0x3f));
        out[2] = (uint8_t)(0x80 | (code & 0x3f));
        return 3;
    }
    out[0] = (uint8_t)(0xf0 | code >> 18);
    out[1] = (uint8_t)(0x80 | (code >> 12 & 0x3f));
    out[2] = (uint8_t)(0x80 | (code >> 6 & 0x3f));
    out[3] = (uint8_t)(0x80 | (code & 0x3f));
    return 4;
}

/* The next character; its length in bytes, 0 when it is none. */
static size_t next_code(struct view bytes, enum encoding encoding, uint32_t *code)
{
    bool little = encoding == ENCODING_UTF_16_LE;
    uint32_t low;

    *code = bytes.data[0];
    if (encoding == ENCODING_LATIN_1)
        return 1;
    if (bytes.length < 2)
        return 0;
    *code =
        (uint32_t)(little ? bytes_read_le(bytes.data, 2) : bytes_read_be(bytes.data, 2));
    if (*code < 0xd800 || *code > 0xdfff)
        return 2;
    if (*code > 0xdbff || bytes.length < 4)
        return 0;
    low = (uint32_t)(little ? bytes_read_le(bytes.data + 2, 2)
                            : bytes_read_be(bytes.data + 2, 2));
    if (low < 0xdc00 || low > 0xdfff)
        return 0;
    *code = 0x10000 + ((*code - 0xd800) << 10) + (low - 0xdc00);
    return 4;
}

static struct value decoded(struct value value, enum encoding encoding,
                            struct scratch *scratch)
{
    struct view bytes = value.bytes;
    size_t used = 0;
    uint8_t *out;

    if (value.kind != VALUE_BYTES)
        return value_absent();
    if (value.is_text || bytes.length == 0)
        return value_text(bytes.data, bytes.length);
    if (encoding == ENCODING_ASCII || encoding == ENCODING_UTF_8)
        return is_encoded(bytes, encoding) ? value_text(bytes.data, bytes.length)
                                           : value_absent();
    if (bytes.length > SCRATCH_BYTES)
        return value_absent();
    out = scratch_take(scratch, bytes.length * 2); /* no character grows by more */
    if (!out)
        return value_absent();
    for (size_t at = 0; at < bytes.length;) {
        uint32_t code;
        size_t length =
            next_code(view_slice(bytes, at, bytes.length - at), encoding, &code);

        if (length == 0)
            return value_absent();
        used += put_utf8(out + used, code);
        at += length;
    }
    return value_text(out, used);
}

/* --- numbers ----------------------------------------------------------------------- */

/* As Python's int(): white space around, a sign, digits of the radix. */
struct value value_to_integer(struct value value, int64_t radix)
{
    struct view bytes = value.bytes;
    size_t at = 0, end = bytes.length;
    bool negative = false;
    uint64_t number = 0;

    if (value_is_whole(value)) /* digits that are a number already */
        return value_integer(value.integer);
    if (value.kind != VALUE_BYTES || radix < 2 || radix > 36)
        return value_absent();
    while (at < end && memchr(" \t\n\r\v\f", bytes.data[at], 6))
        at++;
    while (end > at && memchr(" \t\n\r\v\f", bytes.data[end - 1], 6))
        end--;
    if (at < end && (bytes.data[at] == '-' || bytes.data[at] == '+'))
        negative = bytes.data[at++] == '-';
    if (at == end)
        return value_absent();
    for (; at < end; at++) {
        unsigned letter = bytes.data[at] | 0x20u;
        unsigned digit = bytes.data[at] >= '0' && bytes.data[at] <= '9'
                             ? bytes.data[at] - (unsigned)'0'
                         : letter >= 'a' && letter <= 'z' ? letter - 'a' + 10
                                                          : 36;

        if (digit >= (unsigned)radix ||
            __builtin_mul_overflow(number, (uint64_t)radix, &number) ||
            __builtin_add_overflow(number, digit, &number))
            return value_absent();
    }
    if (number > (uint64_t)INT64_MAX + negative)
        return value_absent();
    return value_integer((int64_t)(negative ? 0 - number : number));
}

static struct value to_integer(struct value value)
{
    if (value_is_whole(value))
        return value_integer(value.integer);
    if (value.kind == VALUE_REAL) /* towards zero; NaN fails both comparisons */
        return value.real >= -0x1p63 && value.real < 0x1p63
                   ? value_integer((int64_t)value.real)
                   : value_absent();
    return value_to_integer(value, 10);
}

static struct value to_text(struct value value, struct scratch *scratch)
{
    char digits[24];
    int length;
    uint8_t *out;

    if (value.kind == VALUE_BYTES && value.is_text)
        return value;
    if (value.kind != VALUE_INTEGER)
        return value_absent();
    length = snprintf(digits, sizeof digits, "%" PRId64, value.integer);
    out = scratch_take(scratch, (size_t)length);
    if (!out)
        return value_absent();
    memcpy(out, digits, (size_t)length);
    return value_text(out, (size_t)length);
}

struct value value_method(enum method method, uint32_t argument, struct value value,
                          struct scratch *scratch)
{
    int64_t size = size_of(value);

    switch (method) {
    case METHOD_LENGTH:
        if (value.kind == VALUE_BYTES && value.is_text)
            return value_integer((int64_t)text_characters((const char *)value.bytes.data,
                                                          value.bytes.length));
        return size < 0 ? value_absent() : value_integer(size);
    case METHOD_SIZE: return size < 0 ? value_absent() : value_integer(size);
    case METHOD_FIRST: return value_element(value, 0);
    case METHOD_LAST: return value_element(value, size - 1);
    case METHOD_MIN: return extreme(value, -1);
    case METHOD_MAX: return extreme(value, 1);
    case METHOD_REVERSE: return reversed(value, scratch);
    case METHOD_TO_I: return to_integer(value);
    case METHOD_VALUE: return value_is_whole(value) ? value : value_absent();
    case METHOD_TO_S: return to_text(value, scratch);
    case METHOD_DECODE: return decoded(value, (enum encoding)argument, scratch);
    default: return value_absent();
    }
}
