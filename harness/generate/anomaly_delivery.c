/* Anomalies of delivery: right bytes in pieces, late, together, again and again, over
 * connections that end too early. What of it a link carries is no part of the plan. */
#include "generate/anomaly.h"

#include <stdio.h>

#define MS INT64_C(1000000)

/* More parts than this say little more, and take their time. */
enum { BYTEWISE_PARTS = 1024, BYTEWISE_PAUSED = 100, FRAGMENT_PLACES = 24 };

static bool whole_message(const struct site *site)
{
    return site->node == 0;
}

static size_t message_length(const struct site *site)
{
    return site->session->messages[site->message].bytes.length;
}

static const struct framing *framing_of(const struct site *site)
{
    return model_framing(site->session->model);
}

/* A message whose end is not where the sender pauses. */
static bool may_pause(const struct site *site)
{
    return framing_is_self_delimiting(framing_of(site));
}

/* Four bytes have an inside: a beginning, a middle and an end that are apart. */
static bool has_inside(const struct site *site)
{
    return whole_message(site) && message_length(site) >= 4;
}

static uint32_t middle(const struct site *site)
{
    return (uint32_t)(message_length(site) / 2);
}

/* The cases of an anomaly that is a delivery of the message alone are named by it. */
#define DELIVERED(anomaly)                                                       \
    static void anomaly##_arrange(const struct site *site, uint64_t k,           \
                                  struct arrangement *arrangement)               \
    {                                                                            \
        arrangement->delivery = anomaly##_delivery(site, k);                     \
    }                                                                            \
    static void anomaly##_label(const struct site *site, uint64_t k, char *text, \
                                size_t size)                                     \
    {                                                                            \
        struct delivery delivery = anomaly##_delivery(site, k);                  \
                                                                                 \
        delivery_text(&delivery, text, size);                                    \
    }

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
    .summary =
        "the message and valid ones behind it in one send, or before it is answered",
    .cwe = "CWE-130",
    .example = "two requests in one TCP segment",
    .enumerated = true,
    .count = coalesce_count,
    .arrange = coalesce_arrange,
    .label = coalesce_label,
};

/* --- connections -------------------------------------------------------------------- */

enum { ENDS = 3 };

static uint64_t half_close_count(const struct site *site)
{
    return !whole_message(site) ? 0 : has_inside(site) ? ENDS : 1;
}

static struct delivery end_at(const struct site *site, enum delivery_way way, uint64_t k)
{
    uint32_t places[ENDS] = {0, middle(site), 1};

    return (struct delivery){.way = way, .unit = places[k]};
}

static struct delivery half_close_delivery(const struct site *site, uint64_t k)
{
    return end_at(site, DELIVERY_HALF_CLOSED, k);
}
DELIVERED(half_close)

extern const struct anomaly_ops anomaly_half_close;
const struct anomaly_ops anomaly_half_close = {
    .name = "half-close",
    .summary = "our side of the connection ends behind the message, or inside it",
    .cwe = "CWE-404",
    .example = "half a request, then FIN",
    .enumerated = true,
    .count = half_close_count,
    .arrange = half_close_arrange,
    .label = half_close_label,
};

static struct delivery abandon_delivery(const struct site *site, uint64_t k)
{
    return end_at(site, DELIVERY_ABANDONED, k);
}
DELIVERED(abandon)

extern const struct anomaly_ops anomaly_abandon;
const struct anomaly_ops anomaly_abandon = {
    .name = "abandon",
    .summary =
        "the connection is closed before the answer is read, or inside the message",
    .cwe = "CWE-404",
    .example = "a request, then RST",
    .enumerated = true,
    .count = half_close_count,
    .arrange = abandon_arrange,
    .label = abandon_label,
};

static const unsigned reconnects[] = {1, 8, 32};

static uint64_t reconnect_count(const struct site *site)
{
    return whole_message(site) ? sizeof reconnects / sizeof reconnects[0] : 0;
}

static struct delivery reconnect_delivery(const struct site *site, uint64_t k)
{
    (void)site;
    return (struct delivery){.way = DELIVERY_RECONNECTED, .unit = reconnects[k]};
}
DELIVERED(reconnect)

extern const struct anomaly_ops anomaly_reconnect;
const struct anomaly_ops anomaly_reconnect = {
    .name = "reconnect",
    .summary = "connections that are opened and closed again, then the message",
    .cwe = "CWE-772",
    .example = "32 connections that say nothing",
    .enumerated = true,
    .count = reconnect_count,
    .arrange = reconnect_arrange,
    .label = reconnect_label,
};

/* --- floods ------------------------------------------------------------------------- */

static const struct delivery floods[] = {
    {.way = DELIVERY_FLOOD, .unit = 16},
    {.way = DELIVERY_FLOOD, .percent = 100, .pause_ns = 1000 * MS},
    {.way = DELIVERY_FLOOD, .percent = 200, .pause_ns = 1000 * MS},
};

static uint64_t flood_count(const struct site *site)
{
    return whole_message(site) ? sizeof floods / sizeof floods[0] : 0;
}

static struct delivery flood_delivery(const struct site *site, uint64_t k)
{
    (void)site;
    return floods[k];
}
DELIVERED(flood)

extern const struct anomaly_ops anomaly_flood;
const struct anomaly_ops anomaly_flood = {
    .name = "flood",
    .summary = "the message again and again without waiting for answers",
    .cwe = "CWE-770",
    .example = "twice as many requests a second as the device declares",
    .enumerated = true,
    .count = flood_count,
    .arrange = flood_arrange,
    .label = flood_label,
};

/* --- the line itself ---------------------------------------------------------------- */

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
    .summary = "the message with wrong parity bits",
    .cwe = "CWE-754",
    .example = "odd parity on a line with even parity",
    .enumerated = true,
    .count = line_count,
    .arrange = parity_arrange,
    .label = parity_label,
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
    .summary = "the message at another speed than the line's",
    .cwe = "CWE-754",
    .example = "4800 baud on a line with 9600",
    .enumerated = true,
    .count = baud_count,
    .arrange = baud_arrange,
    .label = baud_label,
};
