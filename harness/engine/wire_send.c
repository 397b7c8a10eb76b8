/* How bytes go out: past the gate, into the send log, on the link, in the way that a
 * delivery says. */
#include "engine/wire_parts.h"

#include <stdio.h>
#include <string.h>

/* --- the gate ----------------------------------------------------------------------- */

static int refuse(struct wire *wire, int rule)
{
    wire->refused_by = rule;
    if (rule == GATE_OPEN)
        return 0;
    wire->gate_hits[rule]++;
    return WIRE_REFUSED;
}

int wire_judge(struct wire *wire, struct view bytes)
{
    const struct link_ops *link = wire->link->ops;

    wire->gate_tree.context = wire->context;
    if (link->largest && bytes.length > link->largest)
        return refuse(wire, GATE_TOO_LONG);
    if (link->takes && !link->takes(wire->link, bytes))
        return refuse(wire, GATE_NO_FRAME);
    return refuse(wire, gate_check(wire->campaign, link_filled(link, bytes, wire->filled),
                                   &wire->gate_tree, &wire->gate_joiner));
}

/* What arrives is not what is sent: nothing can judge it. */
static bool garbles(const struct delivery *delivery)
{
    return delivery->way == DELIVERY_PARITY || delivery->way == DELIVERY_FRAMING ||
           delivery->way == DELIVERY_BAUD;
}

/* A device may take a part for a message where pauses end frames, or where the rest never
 * comes. */
static bool parts_count(const struct wire *wire, const struct delivery *delivery,
                        size_t length)
{
    const struct framing *framing = model_framing(wire->campaign->model);

    return delivery_sent(delivery, length) < length ||
           ((delivery->way == DELIVERY_PARTS || delivery->way == DELIVERY_CUT) &&
            framing->kind == FRAMING_SILENCE && delivery->pause_ns);
}

static int pass_gate_delivered(struct wire *wire, struct view bytes,
                               const struct delivery *delivery)
{
    int status = wire_judge(wire, bytes);
    size_t end = delivery_sent(delivery, bytes.length);

    if (status == 0 && garbles(delivery) && wire->campaign->exclude_unparsed)
        return refuse(wire, GATE_UNPARSED);
    if (!parts_count(wire, delivery, bytes.length))
        return status;
    for (size_t at = 0, next; at < end && status == 0; at = next) {
        next = delivery_part(delivery, bytes.length, at);
        status = wire_judge(wire, view_slice(bytes, at, next - at));
    }
    return status;
}

unsigned wire_lacks(const struct campaign *campaign, const struct link *link,
                    const struct delivery *delivery)
{
    unsigned needs = delivery_needs(delivery), carries = link->carries;

    /* Who limits the rate of cases has a reason to: nothing goes as fast as it can. */
    if (delivery->way == DELIVERY_FLOOD && campaign->rate_limit)
        needs |= LINK_RATE;
    if (campaign->maximum_rate)
        carries |= LINK_RATE;
    return needs & ~carries;
}

/* --- the send log ------------------------------------------------------------------- */

static int log_sent(struct wire *wire, struct view bytes, struct error *error)
{
    wire->packets_sent++;
    return wire->capture ? capture_packet(wire->capture, CAPTURE_SENT, bytes,
                                          clock_wall_ns(), wire->comment, error)
                         : 0;
}

static int64_t send_deadline(const struct wire *wire)
{
    return clock_now_ns() + wire->campaign->answer_ns + CLOCK_S;
}

/* A device that takes no bytes any more is stuck: that is for a new connection to show.
 */
static int conclude(struct wire *wire, int status, int64_t deadline_ns)
{
    bool stuck = status == LINK_FAILED && clock_now_ns() >= deadline_ns;

    if (status == LINK_CLOSED || stuck)
        wire_end_connection(wire, stuck ? CAPTURE_LOCAL_RESET : CAPTURE_REMOTE_CLOSE);
    return status == LINK_CLOSED || stuck ? WIRE_CLOSED : status < 0 ? WIRE_FAILED : 0;
}

/* On the link, without a word in the log. */
static int put(struct wire *wire, struct view bytes, struct error *error)
{
    int64_t deadline_ns = send_deadline(wire);

    if (!wire->link->is_open)
        return WIRE_CLOSED;
    trace_add(wire->trace, TRACE_SENT, bytes, clock_now_ns());
    return conclude(wire, link_send(wire->link, bytes, deadline_ns, error), deadline_ns);
}

static int put_logged(struct wire *wire, struct view bytes, struct error *error)
{
    if (!wire->link->is_open)
        return WIRE_CLOSED;
    return log_sent(wire, bytes, error) < 0 ? WIRE_FAILED : put(wire, bytes, error);
}

static int disturb(struct wire *wire, unsigned what, int64_t amount, struct view bytes,
                   struct error *error)
{
    int64_t deadline_ns = send_deadline(wire);

    if (!wire->link->is_open)
        return WIRE_CLOSED;
    if (bytes.length && log_sent(wire, bytes, error) < 0)
        return WIRE_FAILED;
    trace_miss(wire->trace);
    return conclude(wire,
                    link_disturb(wire->link, what, amount, bytes, deadline_ns, error),
                    deadline_ns);
}

/* --- ways --------------------------------------------------------------------------- */

/* By the device's clock: what pauses mean is the device's to say. */
static void wait_ns(const struct wire *wire, int64_t pause_ns)
{
    if (pause_ns)
        clock_sleep_until_ns(clock_now_ns() + device_time_ns(wire->device, pause_ns));
}

/* Where the log has a packet a frame, parts that end no frame are one. */
static int put_parts(struct wire *wire, struct view bytes,
                     const struct delivery *delivery, struct error *error)
{
    bool whole = wire_logs_frames(wire) &&
                 !delivery_splits(delivery, model_framing(wire->campaign->model));
    size_t end = delivery_sent(delivery, bytes.length);
    int status = 0;

    if (whole && wire->link->is_open &&
        log_sent(wire, view_slice(bytes, 0, end), error) < 0)
        return WIRE_FAILED;
    for (size_t at = 0, next; at < end && status == 0; at = next) {
        next = delivery_part(delivery, bytes.length, at);
        if (at)
            wait_ns(wire, delivery->pause_ns);
        status =
            (whole ? put : put_logged)(wire, view_slice(bytes, at, next - at), error);
    }
    return status;
}

enum { FLOOD_MAXIMUM = 1000000 };

uint64_t wire_flood_size(const struct campaign *campaign, const struct delivery *delivery,
                         int64_t *interval_ns)
{
    int64_t rate_percent = campaign->maximum_rate * delivery->percent;
    int64_t count;

    *interval_ns = 0;
    if (!delivery->percent || rate_percent <= 0)
        return delivery->unit;
    *interval_ns = 100 * CLOCK_S / rate_percent;
    count = delivery->pause_ns / (*interval_ns ? *interval_ns : 1);
    return count < 1 ? 1 : count < FLOOD_MAXIMUM ? (uint64_t)count : FLOOD_MAXIMUM;
}

/* What is answered meanwhile is dropped, or both ends would wait for each other. Each one
 * passes the gate, as pieces of a message do that only together are one. */
static int put_flood(struct wire *wire, struct view bytes,
                     const struct delivery *delivery, size_t *sent, struct error *error)
{
    int64_t interval_ns, next_ns = clock_now_ns();
    uint64_t count = wire_flood_size(wire->campaign, delivery, &interval_ns);
    int status = 0;

    for (uint64_t i = 0; i < count && status == 0; i++) {
        status = i ? wire_judge(wire, bytes) : 0;
        if (status == 0)
            status = put_logged(wire, bytes, error);
        *sent += status == 0 ? bytes.length : 0;
        next_ns += interval_ns;
        clock_sleep_until_ns(next_ns);
        wire_discard(wire);
    }
    return status;
}

static int put_delivered(struct wire *wire, struct view bytes,
                         const struct delivery *delivery, size_t *sent,
                         struct error *error)
{
    int status;

    if (delivery->way == DELIVERY_FLOOD)
        return put_flood(wire, bytes, delivery, sent, error);
    *sent = delivery_sent(delivery, bytes.length);
    switch (delivery->way) {
    case DELIVERY_BREAK:
        status =
            disturb(wire, LINK_BREAK, delivery->pause_ns, (struct view){NULL, 0}, error);
        return status < 0 ? status : put_logged(wire, bytes, error);
    case DELIVERY_PARITY: return disturb(wire, LINK_PARITY, delivery->unit, bytes, error);
    case DELIVERY_FRAMING: return disturb(wire, LINK_FRAMING, 0, bytes, error);
    case DELIVERY_BAUD: return disturb(wire, LINK_BAUD, delivery->percent, bytes, error);
    case DELIVERY_JOINED:
        return delivery->pause_ns ? put_parts(wire, bytes, delivery, error)
                                  : put_logged(wire, bytes, error);
    case DELIVERY_PARTS:
    case DELIVERY_CUT:
    case DELIVERY_HALF_CLOSED:
    case DELIVERY_ABANDONED: return put_parts(wire, bytes, delivery, error);
    default: return put_logged(wire, bytes, error);
    }
}

/* The case's record has the delivery as it was planned, not as it was measured. */
static int note_delivery(struct wire *wire, struct view bytes,
                         const struct delivery *delivery)
{
    uint8_t record[DELIVERY_RECORD];

    if (!delivery_is_whole(delivery) &&
        wire_note(wire, DIGEST_DELIVERED, delivery_record(delivery, record)) < 0)
        return -1;
    return wire_note(wire, DIGEST_SENT,
                     view_slice(bytes, 0, delivery_sent(delivery, bytes.length)));
}

/* What the send log says beside the case's name, which does not always tell it. */
static void comment_delivery(struct wire *wire, const struct delivery *delivery,
                             size_t used)
{
    char text[64];

    if (!delivery_is_whole(delivery))
        snprintf(wire->comment + used, sizeof wire->comment - used, "; %s",
                 delivery_text(delivery, text, sizeof text));
}

int wire_deliver(struct wire *wire, struct view bytes, const struct delivery *delivery,
                 int64_t *sent_ns, size_t *sent, struct error *error)
{
    size_t used = strlen(wire->comment);
    int status = pass_gate_delivered(wire, bytes, delivery);

    *sent = 0;
    *sent_ns = clock_now_ns();
    if (status < 0)
        return status;
    if (!wire->link->is_open)
        return WIRE_CLOSED;
    wait_ns(wire, wire->campaign->gap_ns);
    if (note_delivery(wire, bytes, delivery) < 0) {
        error_set(error, "out of memory for a case's record");
        return WIRE_FAILED;
    }
    comment_delivery(wire, delivery, used);
    status = put_delivered(wire, bytes, delivery, sent, error);
    wire->comment[used] = '\0';
    if (!delivery_is_whole(delivery))
        *sent_ns = clock_now_ns();
    return status;
}

int wire_send(struct wire *wire, struct view bytes, struct error *error)
{
    const struct delivery whole = {.way = DELIVERY_WHOLE};
    int64_t sent_ns;
    size_t sent;

    return wire_deliver(wire, bytes, &whole, &sent_ns, &sent, error);
}
