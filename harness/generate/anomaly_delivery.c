/* Anomalies of delivery: right bytes in pieces, late, together. What of it a link carries
 * is no part of the plan. */
#include "generate/anomaly_delivered.h"

#include <stdio.h>

/* More parts than this say little more, and take their time. */
enum { BYTEWISE_PARTS = 1024, BYTEWISE_PAUSED = 100, FRAGMENT_PLACES = 24 };

/* --- in parts ----------------------------------------------------------------------- */

static uint64_t bytewise_count(const struct site *site)
{
    return has_inside(site) && framing_of(site)->kind != FRAMING_DATAGRAM
               ? 1 + may_pause(site)
               : 0;
}

static struct delivery bytewise_delivery(const struct site *site, uint64_t k)
{
    size_t most = k ? BYTEWISE_PAUSED : BYTEWISE_PARTS, length = message_length(site);

    return (struct delivery){.way = DELIVERY_PARTS,
                             .unit = (uint32_t)((length + most - 1) / most),
                             .pause_ns = k ? MS : 0};
}
DELIVERED(bytewise)

extern const struct anomaly_ops anomaly_bytewise;
const struct anomaly_ops anomaly_bytewise = {
    .name = "bytewise",
    .applies = "messages",
    .summary = "the message byte by byte, a long one in as many small parts",
    .cwe = "CWE-130",
    .example = "12 sends of one byte",
    .count = bytewise_count,
    .arrange = bytewise_arrange,
    .label = bytewise_label,
};

static uint64_t fragment_count(const struct site *site)
{
    size_t places = message_length(site) - 1;

    if (!has_inside(site) || !may_pause(site))
        return 0;
    return places < FRAGMENT_PLACES ? places : FRAGMENT_PLACES;
}

/* Every place, or as many as there may be, evenly, the first and the last among them. */
static struct delivery fragment_delivery(const struct site *site, uint64_t k)
{
    size_t last = message_length(site) - 1;
    uint64_t place =
        last <= FRAGMENT_PLACES ? k + 1 : 1 + k * (last - 1) / (FRAGMENT_PLACES - 1);

    return (struct delivery){
        .way = DELIVERY_CUT, .unit = (uint32_t)place, .pause_ns = DELIVERY_SHORT_NS};
}
DELIVERED(fragment)

extern const struct anomaly_ops anomaly_fragment;
const struct anomaly_ops anomaly_fragment = {
    .name = "fragment",
    .applies = "messages",
    .summary = "the message in two parts with a short pause between",
    .cwe = "CWE-130",
    .example = "3 bytes of a header, 1 ms, the rest",
    .count = fragment_count,
    .arrange = fragment_arrange,
    .label = fragment_label,
};

/* --- late --------------------------------------------------------------------------- */

static const int64_t late_ns[] = {20 * MS, 200 * MS, 1000 * MS};
static const int64_t slow_ns[] = {100 * MS, 1000 * MS};
enum {
    LATE = sizeof late_ns / sizeof late_ns[0],
    SLOW = sizeof slow_ns / sizeof slow_ns[0]
};

static uint64_t delay_count(const struct site *site)
{
    return !whole_message(site)                  ? 0
           : has_inside(site) && may_pause(site) ? LATE + SLOW
                                                 : LATE;
}

static struct delivery delay_delivery(const struct site *site, uint64_t k)
{
    return k < LATE ? (struct delivery){.way = DELIVERY_LATE, .pause_ns = late_ns[k]}
                    : (struct delivery){.way = DELIVERY_CUT,
                                        .unit = middle(site),
                                        .pause_ns = slow_ns[k - LATE]};
}
DELIVERED(delay)

extern const struct anomaly_ops anomaly_delay;
const struct anomaly_ops anomaly_delay = {
    .name = "delay",
    .applies = "messages",
    .summary = "a pause before the message, a long one in the middle of it",
    .cwe = "CWE-400",
    .example = "half a message, a second, the rest",
    .enumerated = true,
    .count = delay_count,
    .arrange = delay_arrange,
    .label = delay_label,
};

/* --- pauses where silence ends frames ------------------------------------------------
 */

enum { GAPS = 3, GAP_PLACES = 3 };

/* In characters a frame ends behind 3.5 of them, and must have no gap of 1.5 inside:
 * under that, between, and so far above that the pauses of hosts do not hide it. */
static int64_t gap_inside_ns(const struct site *site, uint64_t k)
{
    int64_t silence = framing_of(site)->silence_ns;
    int64_t above = silence * 4 > 20 * MS ? silence * 4 : 20 * MS;

    return k == 0 ? silence * 3 / 14 : k == 1 ? silence * 5 / 7 : above;
}

static uint64_t gap_inside_count(const struct site *site)
{
    return has_inside(site) && framing_of(site)->kind == FRAMING_SILENCE
               ? GAPS * GAP_PLACES
               : 0;
}

static struct delivery gap_inside_delivery(const struct site *site, uint64_t k)
{
    uint32_t places[GAP_PLACES] = {middle(site), 1, (uint32_t)message_length(site) - 1};

    return (struct delivery){.way = DELIVERY_CUT,
                             .unit = places[k / GAPS],
                             .pause_ns = gap_inside_ns(site, k % GAPS)};
}
DELIVERED(gap_inside)

extern const struct anomaly_ops anomaly_gap_inside;
const struct anomaly_ops anomaly_gap_inside = {
    .name = "gap-inside",
    .applies = "messages",
    .summary =
        "a pause inside a frame that silence ends: too short for it, and long enough",
    .cwe = "CWE-130",
    .example = "a Modbus frame with 2.5 characters of silence in it",
    .enumerated = true,
    .count = gap_inside_count,
    .arrange = gap_inside_arrange,
    .label = gap_inside_label,
};

/* --- together with the next --------------------------------------------------------- */

static void follow_with(struct arrangement *arrangement, unsigned message, unsigned times,
                        int64_t pause_ns)
{
    arrangement->delivery =
        (struct delivery){.way = DELIVERY_JOINED, .pause_ns = pause_ns};
    arrangement->behind = message;
    arrangement->behind_times = times;
}

static uint64_t gap_between_count(const struct site *site)
{
    return whole_message(site) && framing_of(site)->kind == FRAMING_SILENCE ? GAPS : 0;
}

/* The last one is just enough. */
static int64_t gap_between_ns(const struct site *site, uint64_t k)
{
    return k < 2 ? gap_inside_ns(site, k) : framing_of(site)->silence_ns * 8 / 7;
}

static void gap_between_arrange(const struct site *site, uint64_t k,
                                struct arrangement *arrangement)
{
    follow_with(arrangement, site->message, 1, gap_between_ns(site, k));
}

static void gap_between_label(const struct site *site, uint64_t k, char *text,
                              size_t size)
{
    snprintf(text, size, "%lld us before itself",
             (long long)gap_between_ns(site, k) / 1000);
}

extern const struct anomaly_ops anomaly_gap_between;
const struct anomaly_ops anomaly_gap_between = {
    .name = "gap-between",
    .applies = "messages",
    .summary =
        "two frames with less silence between them than ends a frame, or just enough",
    .cwe = "CWE-130",
    .example = "two Modbus frames, 4 characters apart",
    .enumerated = true,
    .count = gap_between_count,
    .arrange = gap_between_arrange,
    .label = gap_between_label,
};

enum { COALESCED = 3, COALESCED_MANY = 7 };

static uint64_t coalesce_count(const struct site *site)
{
    return whole_message(site) ? (uint64_t)COALESCED + may_pause(site) : 0;
}

static void coalesce_arrange(const struct site *site, uint64_t k,
                             struct arrangement *arrangement)
{
    follow_with(arrangement, k == 1 ? site->session->probe : site->message,
                k == 2 ? COALESCED_MANY : 1, k == COALESCED ? MS : 0);
}

static void coalesce_label(const struct site *site, uint64_t k, char *text, size_t size)
{
    if (k == 1)
        snprintf(text, size, "with %s behind",
                 site->session->messages[site->session->probe].name);
    else
        snprintf(text, size, "%s",
                 k == 0   ? "twice in one send"
                 : k == 2 ? "8 times in one send"
                          : "twice, 1 ms apart");
}

extern const struct anomaly_ops anomaly_coalesce;
const struct anomaly_ops anomaly_coalesce = {
    .name = "coalesce",
    .applies = "messages",
    .summary =
        "the message and valid ones behind it in one send, or before it is answered",
    .cwe = "CWE-130",
    .example = "two requests in one TCP segment",
    .enumerated = true,
    .count = coalesce_count,
    .arrange = coalesce_arrange,
    .label = coalesce_label,
};
