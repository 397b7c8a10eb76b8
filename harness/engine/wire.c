#include "engine/wire_parts.h"

#include "core/clock.h"
#include "core/digest.h"

#include <stdlib.h>
#include <string.h>

/* A reply may have this many bytes before it counts as a flood; joined from pieces, so
 * many. Buffers that change places have one maximum. */
enum { WIRE_IN_MAXIMUM = 1 << 16, REPLY_MAXIMUM = 1 << 20 };

/* Who waits for less only looks whether something is there. */
static const int64_t glance_ns = CLOCK_MS / 5;
/* How often a device that was told to connect, and has not, is looked at. */
static const int64_t called_ns = 20 * CLOCK_MS;

int wire_init(struct wire *wire, const struct campaign *campaign, struct device *device,
              struct link *link, struct error *error)
{
    *wire = (struct wire){.campaign = campaign,
                          .link = link,
                          .device = device,
                          .in = buffer_make(WIRE_IN_MAXIMUM),
                          .frame = buffer_make(REPLY_MAXIMUM),
                          .digest_record = buffer_make(64 << 20)};
    tree_init(&wire->reply, campaign->model);
    tree_init(&wire->gate_tree, campaign->model);
    joiner_init(&wire->joiner, campaign->model, REPLY_MAXIMUM - WIRE_IN_MAXIMUM);
    joiner_init(&wire->gate_joiner, campaign->model, REPLY_MAXIMUM);
    if (buffer_reserve(&wire->in, WIRE_IN_MAXIMUM) < 0 ||
        buffer_reserve(&wire->frame, WIRE_IN_MAXIMUM) < 0)
        return error_set(error, "out of memory for the link's buffers");
    return 0;
}

void wire_free(struct wire *wire)
{
    tree_free(&wire->reply);
    tree_free(&wire->gate_tree);
    joiner_free(&wire->joiner);
    joiner_free(&wire->gate_joiner);
    buffer_free(&wire->in);
    buffer_free(&wire->frame);
    buffer_free(&wire->digest_record);
}

/* The digest covers cases: what is sent between them (replays, checks) has no record. */
int wire_note(struct wire *wire, enum digest_kind kind, struct view bytes)
{
    return wire->in_case ? digest_add(&wire->digest_record, kind, bytes) : 0;
}

void wire_begin_case(struct wire *wire, uint64_t number)
{
    wire->in_case = digest_begin(&wire->digest_record, number) == 0;
}

struct view wire_end_case(struct wire *wire)
{
    wire->in_case = false;
    return buffer_view(&wire->digest_record);
}

/* --- connections -------------------------------------------------------------------- */

static struct capture_ends ends_of(const struct wire *wire)
{
    struct capture_ends captured = {0};
    struct link_ends ends = {0};

    if (wire->link->ops->ends)
        wire->link->ops->ends(wire->link, &ends);
    captured.family = ends.family;
    captured.accepted = wire->link->is_server;
    memcpy(captured.local, ends.local, sizeof captured.local);
    memcpy(captured.remote, ends.remote, sizeof captured.remote);
    captured.local_port = ends.local_port;
    captured.remote_port = ends.remote_port;
    return captured;
}

static int note_connection(struct wire *wire, struct error *error)
{
    if (!wire->capture && !wire->trace)
        return 0;
    wire->ends = ends_of(wire);
    return wire->capture ? capture_connected(wire->capture, &wire->ends, clock_wall_ns(),
                                             wire->comment, error)
                         : 0;
}

struct context wire_context(const struct wire *wire)
{
    bool is_line = !(wire->link->carries & (LINK_CONNECTIONS | LINK_DATAGRAMS));

    return wire->link->is_open || is_line ? wire->context : (struct context){0};
}

void wire_forget(struct wire *wire)
{
    wire->context = (struct context){0};
}

/* Tells the device to connect, and waits until it has: it may have to start first, which
 * is its own time and not the answer's. */
static int call_device(struct device *device, struct link *link, const char *address,
                       int64_t deadline_ns, struct error *error)
{
    if (link_listen(link, address, true, error) < 0 ||
        device->ops->dial(device, deadline_ns, error) < 0)
        return LINK_FAILED;
    while (!link_waits(link, clock_now_ns() + called_ns))
        if (device->ops->dialled(device, error) < 0 && !link_waits(link, 0))
            return LINK_FAILED;
    return 0;
}

int wire_open(struct device *device, struct link *link, int64_t deadline_ns,
              struct error *error)
{
    const char *address = device_address(device, link->address, error);
    int64_t patience_ns = deadline_ns - clock_now_ns();

    if (!address)
        return LINK_FAILED;
    if (!link->is_server || !(device->can & DEVICE_DIALS))
        return link_open(link, address, deadline_ns, error);
    link_close(link);
    if (call_device(device, link, address, deadline_ns, error) < 0)
        return LINK_FAILED;
    return link_open(link, address, clock_now_ns() + patience_ns, error);
}

int wire_connect(struct wire *wire, int64_t deadline_ns, struct error *error)
{
    if (wire->link->is_open)
        return 0;
    buffer_clear(&wire->in);
    wire->context = wire_context(wire);
    wire->opened = false;
    joiner_reset(&wire->joiner);
    joiner_reset(&wire->gate_joiner);
    if (wire_open(wire->device, wire->link, deadline_ns, error) < 0)
        return -1;
    wire->connections++;
    trace_add(wire->trace, TRACE_OPENED, (struct view){NULL, 0}, clock_now_ns());
    wire_note(wire, DIGEST_OPENED, (struct view){NULL, 0});
    return note_connection(wire, error);
}

void wire_trace_begin(struct wire *wire)
{
    if (!wire->trace)
        return;
    trace_begin(wire->trace);
    if (!wire->link->is_open)
        return;
    wire->ends = ends_of(wire);
    trace_add(wire->trace, TRACE_OPENED, (struct view){NULL, 0}, clock_now_ns());
}

void wire_end_connection(struct wire *wire, enum capture_end how)
{
    struct error ignored;

    if (!wire->link->is_open)
        return;
    if (wire->capture)
        capture_disconnected(wire->capture, how, clock_wall_ns(), wire->comment,
                             &ignored);
    trace_add(wire->trace, how == CAPTURE_REMOTE_CLOSE ? TRACE_ENDED : TRACE_CLOSED,
              (struct view){NULL, 0}, clock_now_ns());
    link_close(wire->link);
}

void wire_disconnect(struct wire *wire)
{
    wire_end_connection(wire, CAPTURE_LOCAL_RESET);
    buffer_clear(&wire->in);
}

void wire_abandon(struct wire *wire)
{
    wire_note(wire, DIGEST_CLOSED, (struct view){NULL, 0});
    wire_disconnect(wire);
}

void wire_half_close(struct wire *wire)
{
    struct error ignored;

    if (!wire->link->is_open || !(wire->link->carries & LINK_HALF_CLOSE))
        return;
    if (wire->capture)
        capture_disconnected(wire->capture, CAPTURE_LOCAL_HALF_CLOSE, clock_wall_ns(),
                             wire->comment, &ignored);
    trace_add(wire->trace, TRACE_HALF_CLOSED, (struct view){NULL, 0}, clock_now_ns());
    wire_note(wire, DIGEST_HALF_CLOSED, (struct view){NULL, 0});
    link_half_close(wire->link);
}

/* --- receiving ---------------------------------------------------------------------- */

static bool has_datagrams(const struct wire *wire)
{
    return wire->link->carries & LINK_DATAGRAMS;
}

bool wire_logs_frames(const struct wire *wire)
{
    return model_framing(wire->campaign->model)->kind == FRAMING_SILENCE &&
           !has_datagrams(wire);
}

static int log_received(struct wire *wire, size_t offset, size_t length,
                        struct error *error)
{
    if (!wire->capture || length == 0)
        return 0;
    return capture_packet(wire->capture, CAPTURE_RECEIVED,
                          view_slice(buffer_view(&wire->in), offset, length),
                          clock_wall_ns(), wire->comment, error);
}

/* What the frame in wire->frame makes whole takes its place. A piece of what is not whole
 * yet is no reply, unless it has to be acknowledged. */
static enum wire_status join_frame(struct wire *wire)
{
    struct joiner *joiner = &wire->joiner;
    struct buffer bytes = wire->frame;
    struct tree tree = wire->reply;
    int status = joiner_take(joiner, &wire->reply, buffer_view(&wire->frame));

    if (status < 0)
        return WIRE_FAILED;
    if (status == SEGMENT_PART)
        return model_acknowledges(wire->campaign->model) ? WIRE_FRAME : WIRE_PIECE;
    if (status == SEGMENT_WHOLE) {
        tree = wire->reply;
        wire->frame = joiner->frame;
        wire->reply = joiner->tree;
        joiner->frame = bytes;
        joiner->tree = tree;
    }
    return WIRE_FRAME;
}

/* Takes the first `length` bytes of what was received as a frame. */
static enum wire_status take_frame(struct wire *wire, size_t length, struct error *error)
{
    enum wire_status status;

    if (wire_logs_frames(wire) && log_received(wire, 0, length, error) < 0)
        return WIRE_FAILED;
    buffer_clear(&wire->frame);
    if (buffer_append(&wire->frame, view_slice(buffer_view(&wire->in), 0, length)) < 0)
        return WIRE_FAILED;
    buffer_drop_front(&wire->in, length);
    if (tree_parse(&wire->reply, buffer_view(&wire->frame), true) < 0)
        return WIRE_FAILED;
    status = join_frame(wire);
    if (status == WIRE_FRAME)
        session_forgive(wire->campaign->session, &wire->reply);
    return status;
}

/* On a line where silence ends a frame the master does not wait for it: the shortest
 * prefix that is a right reply (checksum included) is the frame. */
static size_t valid_prefix(struct wire *wire)
{
    const struct framing *framing = model_framing(wire->campaign->model);
    size_t most = wire->in.length < framing->maximum ? wire->in.length : framing->maximum;

    if (wire->in.length <= framing->maximum &&
        tree_parse(&wire->reply, buffer_view(&wire->in), true) == 0 &&
        wire->reply.violation_count == 0)
        return wire->in.length;
    for (size_t length = framing->minimum; length < most; length++)
        if (tree_parse(&wire->reply, view_slice(buffer_view(&wire->in), 0, length),
                       true) == 0 &&
            wire->reply.violation_count == 0)
            return length;
    return 0;
}

/* The length of the frame at the front of what was received, 0 when it is not whole yet.
 */
static size_t whole_frame(struct wire *wire)
{
    const struct framing *framing = model_framing(wire->campaign->model);
    size_t length = 0;

    if (wire->in.length == 0)
        return 0;
    if (has_datagrams(wire))
        return wire->in.length;
    if (framing->kind == FRAMING_SILENCE)
        return wire->in.length >= framing->minimum ? valid_prefix(wire) : 0;
    switch (framing_split(framing, buffer_view(&wire->in), &length)) {
    case FRAME_WHOLE: return length;
    case FRAME_INVALID: /* no telling where the next begins: all of it is one bad frame */
        return wire->in.length;
    default: return 0;
    }
}

/* Without a right reply in sight a pause ends the frame. Hosts pause for longer than
 * lines do. */
static int64_t silence_ns(const struct framing *framing)
{
    int64_t silence = framing->silence_ns * 4;

    return silence > 20 * CLOCK_MS ? silence : 20 * CLOCK_MS;
}

/* link_receive, and what came of it into the trace. */
static int receive_bytes(struct wire *wire, int64_t deadline_ns, struct error *error)
{
    size_t before = wire->in.length;
    int64_t began_ns = wire->trace ? clock_now_ns() : 0;
    int status = link_receive(wire->link, &wire->in, deadline_ns, error);

    if (status > 0)
        trace_add(wire->trace, TRACE_RECEIVED,
                  view_slice(buffer_view(&wire->in), before, wire->in.length - before),
                  began_ns);
    else if (status == LINK_TIMEOUT && deadline_ns - began_ns > glance_ns)
        trace_add(wire->trace, TRACE_SILENCE, (struct view){NULL, 0}, began_ns);
    return status;
}

int wire_hear(struct wire *wire, int64_t until_ns, struct error *error)
{
    int status;

    if (wire->in.length || !wire->link->is_open)
        return 1;
    status = receive_bytes(wire, until_ns, error);
    if (status > 0 && !wire_logs_frames(wire) &&
        log_received(wire, 0, wire->in.length, error) < 0)
        return WIRE_FAILED;
    if (status == LINK_CLOSED)
        wire_end_connection(wire, CAPTURE_REMOTE_CLOSE);
    return status != LINK_TIMEOUT;
}

/* A reset takes back what the device has said and the network not yet delivered (RFC
 * 9293, 3.5.2): that a frame lacks its end then says nothing about the device. */
static bool is_torn(const struct wire *wire, int status)
{
    return status == LINK_CLOSED && wire->link->was_reset &&
           framing_is_self_delimiting(model_framing(wire->campaign->model));
}

/* A reply, or a piece of one. */
static enum wire_status receive_frame(struct wire *wire, int64_t deadline_ns,
                                      struct error *error)
{
    const struct framing *framing = model_framing(wire->campaign->model);

    wire->reply.context = wire->context;
    for (;;) {
        size_t length = whole_frame(wire), before = wire->in.length;
        int64_t until = deadline_ns;
        int status;

        if (length)
            return take_frame(wire, length, error);
        if (wire->in.length == wire->in.maximum)
            return WIRE_FLOOD;
        if (!wire->link->is_open)
            return WIRE_CLOSED;
        if (wire->in.length && framing->kind == FRAMING_SILENCE)
            until = clock_now_ns() + silence_ns(framing);
        status = receive_bytes(wire, until, error);
        if (status > 0 && !wire_logs_frames(wire) &&
            log_received(wire, before, wire->in.length - before, error) < 0)
            return WIRE_FAILED;
        if (status > 0)
            continue;
        if (status == LINK_CLOSED)
            wire_end_connection(wire, CAPTURE_REMOTE_CLOSE);
        /* What is left is a frame that never became whole. */
        if (status != LINK_FAILED && before && wire->in.length == before &&
            !is_torn(wire, status))
            return take_frame(wire, before, error);
        return status == LINK_CLOSED   ? WIRE_CLOSED
               : status == LINK_FAILED ? WIRE_FAILED
                                       : WIRE_TIMEOUT;
    }
}

enum wire_status wire_receive(struct wire *wire, int64_t deadline_ns, struct error *error)
{
    enum wire_status status;

    /* Pieces without end do not hold it up: at last only what has arrived is looked at.
     */
    do
        status = receive_frame(wire, deadline_ns, error);
    while (status == WIRE_PIECE && (clock_now_ns() < deadline_ns || whole_frame(wire)));
    return status == WIRE_PIECE ? WIRE_TIMEOUT : status;
}

/* Late bytes belong to nothing, but they went over the link: they are read and logged.
 * One receive, or its status. */
static int drop_arrived(struct wire *wire, int64_t deadline_ns, size_t *dropped)
{
    struct error ignored;
    int got = wire->link->is_open && wire->in.length < wire->in.maximum
                  ? receive_bytes(wire, deadline_ns, &ignored)
                  : 0;
    size_t fresh = got > 0 ? (size_t)got : 0;
    size_t unlogged = wire_logs_frames(wire) ? wire->in.length : fresh;

    log_received(wire, wire->in.length - unlogged, unlogged, &ignored);
    *dropped += wire->in.length;
    buffer_clear(&wire->in);
    if (got == LINK_CLOSED)
        wire_end_connection(wire, CAPTURE_REMOTE_CLOSE);
    return got;
}

size_t wire_rest(struct wire *wire, struct buffer *bytes)
{
    int64_t pause_ns = silence_ns(model_framing(wire->campaign->model));
    struct error ignored;
    size_t came = 0;
    int got;

    do
        got = wire->link->is_open && wire->in.length < wire->in.maximum
                  ? receive_bytes(wire, clock_now_ns() + pause_ns, &ignored)
                  : 0;
    while (got > 0);
    if (log_received(wire, 0, wire->in.length, &ignored) == 0 &&
        buffer_append(bytes, buffer_view(&wire->in)) == 0)
        came = wire->in.length;
    buffer_clear(&wire->in);
    if (got == LINK_CLOSED)
        wire_end_connection(wire, CAPTURE_REMOTE_CLOSE);
    return came;
}

size_t wire_discard(struct wire *wire)
{
    size_t dropped = 0;

    while (drop_arrived(wire, clock_now_ns(), &dropped) > 0 && dropped < WIRE_IN_MAXIMUM)
        ;
    return dropped;
}

size_t wire_settle(struct wire *wire, int64_t quiet_ns, int64_t deadline_ns)
{
    size_t dropped = 0;
    int64_t until;

    do {
        until = clock_now_ns() + quiet_ns;
        until = until < deadline_ns ? until : deadline_ns;
    } while (drop_arrived(wire, until, &dropped) > 0 && clock_now_ns() < deadline_ns);
    joiner_reset(&wire->joiner);
    return dropped;
}
