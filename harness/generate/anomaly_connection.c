/* Anomalies of delivery: connections that end too early or say nothing, and floods. */
#include "generate/anomaly_delivered.h"

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
    .applies = "messages",
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
    .applies = "messages",
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
    .applies = "messages",
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
    .applies = "messages",
    .summary = "the message again and again without waiting for answers",
    .cwe = "CWE-770",
    .example = "twice as many requests a second as the device declares",
    .enumerated = true,
    .count = flood_count,
    .arrange = flood_arrange,
    .label = flood_label,
};
