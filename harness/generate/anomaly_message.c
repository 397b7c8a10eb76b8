/* Anomalies of a group or the whole message: cut short, run on. Inside a message
 * everything around the group (lengths, checksums) is made right again, so that the
 * device's inner parser is reached; for the whole message the bytes on the wire are cut
 * or extended as they are. */
#include "generate/anomaly.h"

#include <stdio.h>
#include <string.h>

enum { CONTENT_MAXIMUM = 1 << 20 };

static size_t group_length(const struct site *site)
{
    return site->node ? site_node(site)->content
                      : site->session->messages[site->message].bytes.length;
}

static bool is_group(const struct site *site)
{
    return site_node(site)->kind == FIELD_GROUP && group_length(site) > 0;
}

/* Puts plain bytes in place of a group. */
static int replace_group(const struct site *site, struct tree *tree, struct view bytes)
{
    if (site->node >= tree->count)
        return -1;
    return tree_replace_group(tree, site->node, bytes);
}

/* The content as the group's type sees it. In a processed stream the message does not
 * hold it as it is, and `room` does. */
static int find_content(const struct site *site, struct tree *tree, struct buffer *room,
                        struct view *content)
{
    const struct node *node = site_node(site);
    struct view whole = buffer_view(&site->session->messages[site->message].bytes);

    *content = view_slice(whole, node->offset, node->content);
    if (!node->encoded)
        return 0;
    if (tree_content(tree, site->node, room) < 0)
        return -1;
    *content = buffer_view(room);
    return 0;
}

/* --- truncate ----------------------------------------------------------------------- */

static uint64_t truncate_count(const struct site *site)
{
    return is_group(site) ? group_length(site) - (site->node == 0) : 0;
}

/* Case 0 leaves out the last byte, the last case leaves nothing (of a whole message: one
 * byte). */
static size_t truncate_length(const struct site *site, uint64_t k)
{
    return group_length(site) - 1 - (size_t)k;
}

static int truncate_change(const struct site *site, uint64_t k, struct tree *tree)
{
    struct buffer room = buffer_make(CONTENT_MAXIMUM);
    struct view content;
    int status;

    if (site->node == 0)
        return 0;
    status = find_content(site, tree, &room, &content);
    if (status == 0)
        status =
            replace_group(site, tree, view_slice(content, 0, truncate_length(site, k)));
    buffer_free(&room);
    return status;
}

static int truncate_rewrite(const struct site *site, uint64_t k, struct buffer *bytes)
{
    if (site->node == 0 && bytes->length > truncate_length(site, k))
        bytes->length = truncate_length(site, k);
    return 0;
}

static void truncate_label(const struct site *site, uint64_t k, char *text, size_t size)
{
    snprintf(text, size, "first %zu bytes", truncate_length(site, k));
}

extern const struct anomaly_ops anomaly_truncate;
const struct anomaly_ops anomaly_truncate = {
    .name = "truncate",
    .applies = "messages, groups",
    .summary = "a message or an inner group cut short at every byte",
    .cwe = "CWE-125",
    .example = "a write request ends inside its address",
    .count = truncate_count,
    .change = truncate_change,
    .rewrite = truncate_rewrite,
    .label = truncate_label,
};

/* --- extend ------------------------------------------------------------------------- */

static const size_t extra_lengths[] = {1, 2, 3, 4, 8, 16, 32, 64, 128};
static const uint8_t extra_bytes[] = {0x00, 0xff, 'A'};
enum {
    EXTRA_LENGTHS = sizeof extra_lengths / sizeof extra_lengths[0] + 2,
    EXTRA_BYTES = sizeof extra_bytes
};

static uint64_t extend_count(const struct site *site)
{
    return is_group(site) ? EXTRA_LENGTHS * EXTRA_BYTES : 0;
}

/* The last two fill the frame to its maximum, and one byte past it. */
static size_t extend_length(const struct site *site, uint64_t k)
{
    size_t which = (size_t)(k / EXTRA_BYTES), room = site_room(site);

    if (which < EXTRA_LENGTHS - 2)
        return extra_lengths[which];
    return room + (which - (EXTRA_LENGTHS - 2));
}

static int append_extra(const struct site *site, uint64_t k, struct buffer *bytes)
{
    size_t extra = extend_length(site, k);

    for (size_t i = 0; i < extra; i++)
        if (buffer_append_byte(bytes, extra_bytes[k % EXTRA_BYTES]) < 0)
            return -1;
    return 0;
}

static int extend_change(const struct site *site, uint64_t k, struct tree *tree)
{
    struct buffer longer = buffer_make(CONTENT_MAXIMUM);
    struct view content;
    int status;

    if (site->node == 0)
        return 0;
    status = find_content(site, tree, &longer, &content);
    if (status == 0 && content.data != longer.data)
        status = buffer_append(&longer, content);
    if (status == 0)
        status = append_extra(site, k, &longer);
    if (status == 0)
        status = replace_group(site, tree, buffer_view(&longer));
    buffer_free(&longer);
    return status;
}

static int extend_rewrite(const struct site *site, uint64_t k, struct buffer *bytes)
{
    return site->node == 0 ? append_extra(site, k, bytes) : 0;
}

static void extend_label(const struct site *site, uint64_t k, char *text, size_t size)
{
    snprintf(text, size, "%zu more of 0x%02x", extend_length(site, k),
             extra_bytes[k % EXTRA_BYTES]);
}

extern const struct anomaly_ops anomaly_extend;
const struct anomaly_ops anomaly_extend = {
    .name = "extend",
    .applies = "messages, groups",
    .summary = "surplus bytes after a message or an inner group",
    .cwe = "CWE-120",
    .example = "a write request with 128 bytes too many and a right checksum",
    .count = extend_count,
    .change = extend_change,
    .rewrite = extend_rewrite,
    .label = extend_label,
};
