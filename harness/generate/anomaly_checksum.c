/* Anomalies of checksums: everything else is right, so only their check can refuse the
 * message. */
#include "generate/values.h"

/* What a wrong program computes. In a processed stream the message does not hold the
 * bytes that are summed. */
static void list_mistakes(const struct site *site, struct values *values)
{
    static const char *const labels[] = {
        [CHECKSUM_ENDS_EARLY] = "without the last byte",
        [CHECKSUM_BEGINS_LATE] = "without the first byte",
        [CHECKSUM_OTHER_START] = "another initial value",
    };
    struct view message = buffer_view(&site->session->messages[site->message].bytes);

    if (site_node(site)->encoded)
        return;
    for (unsigned i = 0; i < sizeof labels / sizeof labels[0]; i++)
        values_add(values,
                   tree_mistaken_checksum(site_tree(site), site->node, message,
                                          (enum checksum_mistake)i),
                   labels[i]);
}

static void list_checksums(const struct field *field, struct values *values)
{
    uint64_t value = values->original;

    if (field->role != ROLE_CHECKSUM)
        return;
    /* What programs that do not compute one send, and take. */
    values_add(values, 0, "zero");
    values_add(values, value ^ 1, "lowest bit flipped");
    values_add(values, UINT64_MAX, "all ones");
    if (field->bits % 8 == 0)
        values_add(values, values_swapped(value, field->bits), "bytes swapped");
    values_add(values, value ^ (values->mask / 2 + 1), "top bit flipped");
    values_add(values, value + 1, "one more");
    values_add(values, value - 1, "one less");
    values_add(values, ~value, "inverted");
    list_mistakes(values->site, values);
}

INTEGER_ANOMALY(checksum, list_checksums, "checksums", false, "checksum",
                "a checksum that is wrong by itself", "CWE-354",
                "the CRC's bytes swapped");
