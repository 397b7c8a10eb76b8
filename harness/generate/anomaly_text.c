/* Anomalies of texts and of numbers written as digits: what conversions and calendars
 * stumble over, and texts that do not end. */
#include "generate/anomaly.h"

#include <stdio.h>
#include <string.h>

/* --- nasty -------------------------------------------------------------------------- */

/* `repeat` more than 1: so often, as far as there is room. */
static const struct nasty {
    const char *label, *text;
    unsigned repeat;
} nasties[] = {
    {"-0", "-0", 1},
    {"-1", "-1", 1},
    {"1e308", "1e308", 1},
    {"1e309", "1e309", 1},
    {"1e-400", "1e-400", 1},
    {"NaN", "NaN", 1},
    {"-Infinity", "-Infinity", 1},
    {"2^31", "2147483648", 1},
    {"2^32", "4294967296", 1},
    {"2^63", "9223372036854775808", 1},
    {"-2^63-1", "-9223372036854775809", 1},
    {"2^64", "18446744073709551616", 1},
    {"20 nines", "99999999999999999999", 1},
    {"400 nines", "9", 400},
    {"400 zeros", "0", 400},
    {"0.1 to many places", "0.1000000000000000055511151231257827", 1},
    {"decimal comma", "1,5", 1},
    {"two points", "1.2.3", 1},
    {"hexadecimal", "0x7fffffff", 1},
    {"space before", " 1", 1},
    {"space behind", "1 ", 1},
    {"plus", "+1", 1},
    {"date of zeros", "00000000", 1},
    {"30 February", "20240230", 1},
    {"29 February 1900", "19000229", 1},
    {"month 13", "20241301", 1},
    {"before 1970", "19691231235959", 1},
    {"behind 2038", "20380119031408", 1},
    {"year 9999", "99991231235959", 1},
    {"hour 24", "20240101240000", 1},
    {"second 60", "20161231235960", 1},
    {"zone +9999", "20240101000000+9999", 1},
    {"open brackets", "[", 1000},
    {"open braces", "{", 1000},
    {"open tags", "<a>", 1000},
    {"escapes", "\\", 1000},
    {"quotes", "\"", 1000},
};
enum { NASTIES = sizeof nasties / sizeof nasties[0] };

/* Of digits, which fill their field: cut to its width, or repeated. */
static const char *const digits[] = {"-",  "+",   " ",  ".",    "e9",   "0x",
                                     "zz", "NaN", "%n", "\xff", "\x80", "/:"};
enum { DIGITS = sizeof digits / sizeof digits[0] };

static bool is_text(const struct node *node)
{
    return node->field != TREE_NONE && node->kind == FIELD_TEXT;
}

static uint64_t nasty_count(const struct site *site)
{
    if (is_text(site_node(site)))
        return NASTIES;
    return site->node && tree_has_digits(site_tree(site), site->node) ? DIGITS : 0;
}

/* Repeats the text, at least once, up to `length` bytes. */
static int fill_with(struct buffer *bytes, const char *text, size_t length)
{
    size_t each = strlen(text);

    do {
        if (buffer_append(bytes, (struct view){(const uint8_t *)text, each}) < 0)
            return -1;
    } while (bytes->length + each <= length);
    return 0;
}

static size_t text_length(const struct site *site, const struct nasty *nasty)
{
    size_t most = site_node(site)->bytes.length + site_room(site);
    size_t length = strlen(nasty->text) * nasty->repeat;

    return length < most ? length : most;
}

static int nasty_change(const struct site *site, uint64_t k, struct tree *tree)
{
    bool text = is_text(site_node(site));
    size_t width = site_node(site)->length;
    struct buffer bytes = buffer_make(1 << 16);
    int status = -1;

    if (k < nasty_count(site) && site->node < tree->count)
        status = text ? fill_with(&bytes, nasties[k].text, text_length(site, &nasties[k]))
                      : fill_with(&bytes, digits[k], width);
    if (status == 0 && !text && bytes.length > width)
        bytes.length = width;
    if (status == 0)
        status = text ? tree_set_bytes(tree, site->node, buffer_view(&bytes))
                      : tree_set_digits(tree, site->node, buffer_view(&bytes));
    buffer_free(&bytes);
    return status;
}

static void nasty_label(const struct site *site, uint64_t k, char *text, size_t size)
{
    char hex[16];

    if (is_text(site_node(site)) && k < NASTIES) {
        snprintf(text, size, "%s", nasties[k].label);
        return;
    }
    k = k < DIGITS ? k : 0;
    bytes_to_hex((struct view){(const uint8_t *)digits[k], strlen(digits[k])}, hex,
                 sizeof hex);
    snprintf(text, size, "digits 0x%s", hex);
}

extern const struct anomaly_ops anomaly_nasty;
const struct anomaly_ops anomaly_nasty = {
    .name = "nasty",
    .applies = "texts, digits",
    .summary = "texts that are read as numbers or dates, and digits that are none",
    .cwe = "CWE-1286",
    .example = "a result becomes 1e309, a date 20240230",
    .count = nasty_count,
    .change = nasty_change,
    .label = nasty_label,
};

/* --- terminator --------------------------------------------------------------------- */

enum { TERMINATOR_NONE, TERMINATOR_TWICE, TERMINATOR_WAYS };

/* The byte that ends the node, where the exemplar has one. */
static bool ends_with(const struct site *site, uint8_t *byte)
{
    const struct node *node = site_node(site);
    struct view whole = buffer_view(&site->session->messages[site->message].bytes);

    if (!tree_terminator(site_tree(site), site->node, byte) || node->length == 0)
        return false;
    if (node->encoded)
        return true;
    whole = view_slice(whole, node->offset, node->length);
    return memchr(whole.data, *byte, whole.length) != NULL;
}

/* Of a group only its end can be left out: it has no bytes of its own to double. */
static uint64_t terminator_count(const struct site *site)
{
    uint8_t byte;

    if (!ends_with(site, &byte))
        return 0;
    return site_node(site)->kind == FIELD_GROUP ? 1 : TERMINATOR_WAYS;
}

/* A field of a fixed size is filled to its end with bytes that are no terminator. */
static int write_unended(const struct site *site, uint8_t end, struct tree *tree)
{
    struct view bytes = site_node(site)->bytes;
    struct buffer text = buffer_make(1 << 20);
    size_t whole = site_node(site)->length;
    int status = 0;

    while (bytes.length && bytes.data[bytes.length - 1] == end)
        bytes.length--;
    status = buffer_append(&text, bytes);
    while (status == 0 && bytes.length + 1 < whole && text.length < whole)
        status = buffer_append_byte(&text, end == 'A' ? 'B' : 'A');
    if (status == 0)
        status = tree_set_bytes(tree, site->node, buffer_view(&text));
    buffer_free(&text);
    return status;
}

static int write_twice(const struct site *site, uint8_t end, struct tree *tree)
{
    struct buffer text = buffer_make(1 << 20);
    int status = buffer_append(&text, site_node(site)->bytes);

    if (status == 0)
        status = buffer_append_byte(&text, end);
    if (status == 0)
        status = tree_set_bytes(tree, site->node, buffer_view(&text));
    buffer_free(&text);
    return status;
}

static int terminator_change(const struct site *site, uint64_t k, struct tree *tree)
{
    bool group = site_node(site)->kind == FIELD_GROUP;
    uint8_t end;

    if (!ends_with(site, &end) || site->node >= tree->count)
        return -1;
    if (k == TERMINATOR_TWICE)
        return write_twice(site, end, tree);
    if (!group && write_unended(site, end, tree) < 0)
        return -1;
    tree_leave_open(tree, site->node);
    return 0;
}

static void terminator_label(const struct site *site, uint64_t k, char *text, size_t size)
{
    (void)site;
    snprintf(text, size, "%s", k == TERMINATOR_TWICE ? "twice" : "none");
}

extern const struct anomaly_ops anomaly_terminator;
const struct anomaly_ops anomaly_terminator = {
    .name = "terminator",
    .applies = "texts, groups",
    .summary = "a text or a group that does not end, or ends twice",
    .cwe = "CWE-170",
    .example = "a name without its NUL; a segment without its CR",
    .count = terminator_count,
    .change = terminator_change,
    .label = terminator_label,
};
