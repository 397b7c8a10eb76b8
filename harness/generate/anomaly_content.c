/* Anomalies of byte strings, texts and repeated elements; lengths and counts follow. */
#include "generate/anomaly.h"

#include <stdio.h>
#include <string.h>

/* --- how long ----------------------------------------------------------------------- */

static const int length_changes[] = {1, -1, 2, -2, 4, 8, 16, 32, 64, 128, 256, 512, 1024};
enum { LENGTH_CHANGES = sizeof length_changes / sizeof length_changes[0] };

static bool holds_bytes(const struct node *node)
{
    return node->field != TREE_NONE &&
           (node->kind == FIELD_BYTES || node->kind == FIELD_TEXT);
}

/* Length of the k-th variant: first empty, then the changes, then as much as a frame
 * holds. */
static size_t variant_length(const struct site *site, uint64_t k)
{
    size_t length = site_node(site)->bytes.length, room = site_room(site);
    int change;

    if (k == 0)
        return 0;
    if (k > LENGTH_CHANGES)
        return length + room + (k - LENGTH_CHANGES - 1);
    change = length_changes[k - 1];
    if (change < 0)
        return length >= (size_t)-change ? length - (size_t)-change : 0;
    return length + ((size_t)change > room + 1 ? room + 1 : (size_t)change);
}

static uint64_t bytes_length_count(const struct site *site)
{
    return holds_bytes(site_node(site)) ? LENGTH_CHANGES + 3 : 0;
}

/* Repeats the exemplar's own bytes, so that the content stays plausible. */
static int set_length(struct tree *tree, uint32_t node, struct view bytes, size_t length)
{
    struct buffer longer = buffer_make(1 << 20);
    int status = 0;

    while (status == 0 && longer.length < length)
        status = buffer_append_byte(
            &longer, bytes.length ? bytes.data[longer.length % bytes.length] : 'A');
    if (status == 0)
        status = tree_set_bytes(tree, node, buffer_view(&longer));
    buffer_free(&longer);
    return status;
}

static int bytes_length_change(const struct site *site, uint64_t k, struct tree *tree)
{
    return set_length(tree, site->node, site_node(site)->bytes, variant_length(site, k));
}

static void bytes_length_label(const struct site *site, uint64_t k, char *text,
                               size_t size)
{
    snprintf(text, size, "%zu bytes", variant_length(site, k));
}

extern const struct anomaly_ops anomaly_bytes_length;
const struct anomaly_ops anomaly_bytes_length = {
    .name = "bytes-length",
    .applies = "bytes, texts",
    .summary = "a byte string that is empty, shorter, longer; lengths follow",
    .cwe = "CWE-120",
    .example = "4 register bytes become 260",
    .count = bytes_length_count,
    .change = bytes_length_change,
    .label = bytes_length_label,
};

/* --- which bytes -------------------------------------------------------------------- */

static const struct {
    const char *label, *pattern;
    size_t length;
} contents[] = {
    {"zeros", "\0", 1},
    {"ones", "\xff", 1},
    {"0x80", "\x80", 1},
    {"0x7f", "\x7f", 1},
    {"letters", "A", 1},
    {"format string", "%n%s%x", 6},
    {"bad UTF-8", "\xc3\x28\xf0\x28\x8c\x28", 6},
    {"newlines", "\r\n", 2},
    {"embedded NUL", "a\0b", 3},
    {"counting", "\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b", 12},
    {"quotes", "'\";--", 5},
    {"path", "../", 3},
};
enum { CONTENTS = sizeof contents / sizeof contents[0] };

/* Behind the patterns: what separates and ends the bytes in this message. */
enum { SEPARATORS = 16 };

static size_t separators_of(const struct site *site, uint8_t separators[SEPARATORS])
{
    return tree_separators(site_tree(site), site->node, separators, SEPARATORS);
}

static uint64_t bytes_content_count(const struct site *site)
{
    const struct node *node = site_node(site);
    uint8_t separators[SEPARATORS];

    if (!holds_bytes(node) || !node->bytes.length)
        return 0;
    return CONTENTS + separators_of(site, separators);
}

/* The exemplar's own bytes with one more in their middle. */
static int inject(struct tree *tree, uint32_t node, struct view bytes, uint8_t byte)
{
    struct buffer split = buffer_make(1 << 20);
    size_t half = (bytes.length + 1) / 2;
    int status = buffer_append(&split, view_slice(bytes, 0, half));

    if (status == 0)
        status = buffer_append_byte(&split, byte);
    if (status == 0)
        status = buffer_append(&split, view_slice(bytes, half, bytes.length - half));
    if (status == 0)
        status = tree_set_bytes(tree, node, buffer_view(&split));
    buffer_free(&split);
    return status;
}

/* Where an earlier change declared other separators, those are the ones to inject. */
static int inject_separator(const struct site *site, size_t which, struct tree *tree)
{
    uint8_t separators[SEPARATORS];

    if (which >= tree_separators(tree, site->node, separators, SEPARATORS))
        return -1;
    return inject(tree, site->node, site_node(site)->bytes, separators[which]);
}

static int bytes_content_change(const struct site *site, uint64_t k, struct tree *tree)
{
    struct view pattern;

    if (k >= CONTENTS)
        return inject_separator(site, (size_t)k - CONTENTS, tree);
    pattern = (struct view){(const uint8_t *)contents[k].pattern, contents[k].length};
    return set_length(tree, site->node, pattern, site_node(site)->bytes.length);
}

static void bytes_content_label(const struct site *site, uint64_t k, char *text,
                                size_t size)
{
    uint8_t separators[SEPARATORS];

    if (k >= CONTENTS && k - CONTENTS < separators_of(site, separators))
        snprintf(text, size, "separator 0x%02x", separators[k - CONTENTS]);
    else
        snprintf(text, size, "%s", k < CONTENTS ? contents[k].label : "?");
}

extern const struct anomaly_ops anomaly_bytes_content;
const struct anomaly_ops anomaly_bytes_content = {
    .name = "bytes-content",
    .applies = "bytes, texts",
    .summary = "byte strings that programs stumble over, and separators inside",
    .cwe = "CWE-134",
    .example = "a label becomes %n%s%x",
    .count = bytes_content_count,
    .change = bytes_content_change,
    .label = bytes_content_label,
};

/* --- how many elements -------------------------------------------------------------- */

enum { ELEMENT_TARGETS = 10 };

/* Element counts worth trying: around the exemplar's, none, doubled, as many as a frame
 * holds. */
static size_t element_target(const struct site *site, uint64_t k)
{
    const struct node *array = site_node(site);
    size_t count = array->child_count;
    size_t each = array->length / count ? array->length / count : 1;
    size_t most = count + site_room(site) / each;
    const size_t targets[ELEMENT_TARGETS] = {count + 1, count - 1, 0,        count * 2,
                                             most - 1,  most,      most + 1, most + 2,
                                             count + 2, count + 8};

    return targets[k] > most + 2 ? most + 2 : targets[k];
}

static uint64_t element_count_count(const struct site *site)
{
    const struct node *node = site_node(site);

    return node->field != TREE_NONE && node->kind == FIELD_ARRAY && node->child_count
               ? ELEMENT_TARGETS
               : 0;
}

static int element_count_change(const struct site *site, uint64_t k, struct tree *tree)
{
    size_t target = element_target(site, k), count, last;

    if (tree->nodes[site->node].kind != FIELD_ARRAY)
        return -1;
    count = tree->nodes[site->node].child_count;
    last = count - 1;
    /* All copies are equal: of the first last one, or every step would walk further. */
    for (; count < target; count++)
        if (tree_duplicate_child(tree, site->node, last) < 0)
            return count == 0 ? 0 : -1;
    for (; count > target; count--)
        if (tree_remove_child(tree, site->node, count - 1) < 0)
            return -1;
    return 0;
}

static void element_count_label(const struct site *site, uint64_t k, char *text,
                                size_t size)
{
    snprintf(text, size, "%zu elements", element_target(site, k));
}

extern const struct anomaly_ops anomaly_element_count;
const struct anomaly_ops anomaly_element_count = {
    .name = "element-count",
    .applies = "arrays",
    .summary = "repeated elements removed or added; counts and lengths follow",
    .cwe = "CWE-1284",
    .example = "2 registers become 124",
    .count = element_count_count,
    .change = element_count_change,
    .label = element_count_label,
};
