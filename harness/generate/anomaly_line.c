/* Anomalies of delivery on the line itself, which a link carries or is reported as unable
 * to carry. */
#include "generate/anomaly_delivered.h"

static const struct delivery breaks[] = {
    {.way = DELIVERY_BREAK, .pause_ns = 1 * MS},
    {.way = DELIVERY_BREAK, .pause_ns = 100 * MS},
};

static uint64_t break_count(const struct site *site)
{
    return whole_message(site) ? sizeof breaks / sizeof breaks[0] : 0;
}

static struct delivery break_delivery(const struct site *site, uint64_t k)
{
    (void)site;
    return breaks[k];
}
DELIVERED(break)

extern const struct anomaly_ops anomaly_break;
const struct anomaly_ops anomaly_break = {
    .name = "break",
    .applies = "messages",
    .summary = "a break on the line, then the message",
    .cwe = "CWE-754",
    .example = "100 ms of space",
    .enumerated = true,
    .count = break_count,
    .arrange = break_arrange,
    .label = break_label,
};

static uint64_t line_count(const struct site *site)
{
    return whole_message(site);
}

static struct delivery parity_delivery(const struct site *site, uint64_t k)
{
    (void)site;
    (void)k;
    return (struct delivery){.way = DELIVERY_PARITY};
}
DELIVERED(parity)

extern const struct anomaly_ops anomaly_parity;
const struct anomaly_ops anomaly_parity = {
    .name = "parity",
    .applies = "messages",
    .summary = "the message with wrong parity bits",
    .cwe = "CWE-754",
    .example = "odd parity on a line with even parity",
    .enumerated = true,
    .count = line_count,
    .arrange = parity_arrange,
    .label = parity_label,
};

static bool parity_of_bytes(const struct session *session)
{
    return session->wrong_parity_bytes;
}

static uint64_t parity_byte_count(const struct site *site)
{
    return whole_message(site) && parity_of_bytes(site->session) ? message_length(site)
                                                                 : 0;
}

static struct delivery parity_byte_delivery(const struct site *site, uint64_t k)
{
    (void)site;
    return (struct delivery){.way = DELIVERY_PARITY, .unit = (uint32_t)k + 1};
}
DELIVERED(parity_byte)

extern const struct anomaly_ops anomaly_parity_byte;
const struct anomaly_ops anomaly_parity_byte = {
    .name = "parity-byte",
    .applies = "messages",
    .summary = "one byte of the message with a wrong parity bit (wrong-parity: bytes)",
    .cwe = "CWE-754",
    .example = "odd parity of the third byte on a line with even parity",
    .enumerated = true,
    .wanted = parity_of_bytes,
    .count = parity_byte_count,
    .arrange = parity_byte_arrange,
    .label = parity_byte_label,
};

static struct delivery framing_delivery(const struct site *site, uint64_t k)
{
    (void)site;
    (void)k;
    return (struct delivery){.way = DELIVERY_FRAMING};
}
DELIVERED(framing)

extern const struct anomaly_ops anomaly_framing;
const struct anomaly_ops anomaly_framing = {
    .name = "framing",
    .applies = "messages",
    .summary = "the message in characters without a stop bit",
    .cwe = "CWE-754",
    .example = "a space where the stop bit belongs",
    .enumerated = true,
    .count = line_count,
    .arrange = framing_arrange,
    .label = framing_label,
};

static const unsigned speeds[] = {50, 90, 110, 200};

static uint64_t baud_count(const struct site *site)
{
    return whole_message(site) ? sizeof speeds / sizeof speeds[0] : 0;
}

static struct delivery baud_delivery(const struct site *site, uint64_t k)
{
    (void)site;
    return (struct delivery){.way = DELIVERY_BAUD, .percent = speeds[k]};
}
DELIVERED(baud)

extern const struct anomaly_ops anomaly_baud;
const struct anomaly_ops anomaly_baud = {
    .name = "baud",
    .applies = "messages",
    .summary = "the message at another speed than the line's",
    .cwe = "CWE-754",
    .example = "4800 baud on a line with 9600",
    .enumerated = true,
    .count = baud_count,
    .arrange = baud_arrange,
    .label = baud_label,
};
