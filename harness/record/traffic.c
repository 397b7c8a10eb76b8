#include "record/traffic.h"

#include "record/flows.h"

#include <stdlib.h>

enum { CHUNK_MAXIMUM = 1 << 20, PIPE_ENDS = 2 };

/* Bytes of one direction that no frame has taken yet. */
struct cutter {
    struct buffer pending;
    int64_t last_ns; /* when the last of them came */
    uint64_t packet;
    const char *file;
    uint64_t connection;
    bool reply;
};

/* Connections of TCP have even numbers, datagrams between two ports and pipes odd ones.
 */
static uint64_t datagram_connection(uint16_t from, uint16_t to)
{
    uint64_t low = from < to ? from : to, high = from < to ? to : from;

    return high << 20 | low << 2 | 1;
}

static uint64_t pipe_connection(uint64_t opened)
{
    return opened << 2 | 3;
}

struct traffic {
    struct traffic_options options;
    traffic_taker *take;
    void *context;
    struct flows flows;
    struct stream_sink sink;
    struct cutter *cutters; /* by the key of a stream */
    size_t cutter_count;
    struct cutter pipe[PIPE_ENDS], datagram;
    uint64_t pipes; /* how often the pipe was opened or closed */
    struct traffic_totals totals;
    const char *file; /* of the packet that is being read */
    uint64_t packet;
    int64_t wall_ns;
    bool failed; /* memory */
};

/* --- cutting ------------------------------------------------------------------------ */

static void give(struct traffic *traffic, const struct cutter *cutter, struct view bytes,
                 const char *problem)
{
    const struct traffic_piece piece = {.file = cutter->file,
                                        .packet = cutter->packet,
                                        .wall_ns = cutter->last_ns,
                                        .reply = cutter->reply,
                                        .connection = cutter->connection,
                                        .pipe = cutter == &traffic->pipe[0] ||
                                                cutter == &traffic->pipe[1],
                                        .bytes = bytes,
                                        .problem = problem};

    if (bytes.length)
        traffic->take(traffic->context, &piece);
}

static const char *check_length(const struct framing *framing, size_t length)
{
    if (length < framing->minimum)
        return "shorter than a frame may be";
    return length > framing->maximum ? "longer than a frame may be" : NULL;
}

/* No more bytes belong to what is pending. */
static void flush(struct traffic *traffic, struct cutter *cutter, const char *why)
{
    const struct framing *framing = traffic->options.framing;
    struct view bytes = buffer_view(&cutter->pending);

    give(traffic, cutter, bytes,
         framing_is_self_delimiting(framing) ? why : check_length(framing, bytes.length));
    buffer_clear(&cutter->pending);
}

/* Cuts frames whose end is in their own bytes. */
static void cut_frames(struct traffic *traffic, struct cutter *cutter)
{
    const struct framing *framing = traffic->options.framing;
    struct view rest = buffer_view(&cutter->pending);
    size_t length;

    for (;;) {
        enum frame_status status = framing_split(framing, rest, &length);

        if (status == FRAME_PARTIAL)
            break;
        /* Nothing tells where the next frame begins: where a start stands, else most
         * likely where a packet does. */
        if (status == FRAME_INVALID)
            length = framing_next_start(framing, rest, 1);
        give(traffic, cutter, view_slice(rest, 0, length),
             status == FRAME_WHOLE ? NULL
             : framing->kind == FRAMING_TERMINATOR
                 ? "no frame begins there, or its length is outside the limits"
                 : "the length is outside the framing's limits");
        rest = view_slice(rest, length, rest.length);
    }
    buffer_drop_front(&cutter->pending, cutter->pending.length - rest.length);
}

static void note_packet(const struct traffic *traffic, struct cutter *cutter, bool reply)
{
    cutter->last_ns = traffic->wall_ns;
    cutter->packet = traffic->packet;
    cutter->file = traffic->file;
    cutter->reply = reply;
}

/* Takes bytes that came with the packet that is being read. */
static void cut(struct traffic *traffic, struct cutter *cutter, bool reply,
                struct view bytes)
{
    const struct framing *framing = traffic->options.framing;
    bool pause = (int64_t)((uint64_t)traffic->wall_ns - (uint64_t)cutter->last_ns) >=
                 framing->silence_ns;

    cutter->pending.maximum = framing->maximum + CHUNK_MAXIMUM;
    if (framing->kind == FRAMING_SILENCE && pause)
        flush(traffic, cutter, NULL);
    if (cutter->pending.length + bytes.length > cutter->pending.maximum)
        flush(traffic, cutter, "more bytes than a frame may have");
    note_packet(traffic, cutter, reply);
    if (buffer_append(&cutter->pending, bytes) < 0) {
        traffic->failed = true;
        return;
    }
    if (framing_is_self_delimiting(framing))
        cut_frames(traffic, cutter);
    else if (framing->kind == FRAMING_DATAGRAM)
        flush(traffic, cutter, NULL);
}

/* --- carriers ----------------------------------------------------------------------- */

static bool is_reply(const struct traffic *traffic, uint16_t from, uint16_t to,
                     bool otherwise)
{
    uint16_t port = traffic->options.port;

    return port && from != to ? from == port : otherwise;
}

static void take_stream(void *context, uint64_t key, const struct stream_mark *mark,
                        struct view bytes, uint64_t lost)
{
    struct traffic *traffic = context;
    const struct flow *flow = &traffic->flows.flows[key / 2];
    int side = (int)(key % 2);
    size_t before = traffic->cutter_count;

    if (key >= before) {
        size_t count = (size_t)key * 2 + 16;
        struct cutter *larger =
            realloc(traffic->cutters, count * sizeof *traffic->cutters);

        if (!larger) {
            traffic->failed = true;
            return;
        }
        for (size_t i = before; i < count; i++)
            larger[i] = (struct cutter){0};
        traffic->cutters = larger;
        traffic->cutter_count = count;
    }
    traffic->packet = mark->number;
    traffic->wall_ns = mark->wall_ns;
    traffic->totals.lost += lost;
    if (lost)
        flush(traffic, &traffic->cutters[key], "the rest is not in the capture");
    /* An answer ends the request's silence, and the other way round. */
    else if (traffic->options.framing->kind == FRAMING_SILENCE)
        flush(traffic, &traffic->cutters[key ^ 1], NULL);
    traffic->cutters[key].connection = key & ~UINT64_C(1);
    if (bytes.length)
        cut(traffic, &traffic->cutters[key],
            is_reply(traffic, flow->end[side].port, flow->end[!side].port,
                     side == FLOW_SERVER),
            bytes);
}

static void end_stream(void *context, uint64_t key)
{
    struct traffic *traffic = context;

    if (key >= traffic->cutter_count)
        return;
    flush(traffic, &traffic->cutters[key], "the connection ends inside the frame");
    buffer_free(&traffic->cutters[key].pending);
}

static void take_pipe(struct traffic *traffic, const struct wire_packet *packet)
{
    struct cutter *cutter = &traffic->pipe[packet->outbound];

    traffic->totals.pipe++;
    if (packet->bytes.length == 0) { /* the link was opened or closed */
        for (int i = 0; i < PIPE_ENDS; i++)
            flush(traffic, &traffic->pipe[i], "the link ends inside the frame");
        traffic->pipes++;
        return;
    }
    cutter->connection = pipe_connection(traffic->pipes);
    if (traffic->options.framing->kind == FRAMING_SILENCE)
        flush(traffic, &traffic->pipe[!packet->outbound], NULL);
    cut(traffic, cutter, !packet->outbound, packet->bytes);
}

static void take_datagram(struct traffic *traffic, const struct wire_packet *packet)
{
    bool reply = is_reply(traffic, packet->from.port, packet->to.port,
                          packet->from.port < packet->to.port);

    traffic->datagram.connection =
        datagram_connection(packet->from.port, packet->to.port);
    if (packet->missing) {
        note_packet(traffic, &traffic->datagram, reply);
        give(traffic, &traffic->datagram, packet->bytes,
             "the rest is not in the capture");
        return;
    }
    cut(traffic, &traffic->datagram, reply, packet->bytes);
    flush(traffic, &traffic->datagram, "the datagram ends inside the frame");
}

static void take_packet(void *context, const struct wire_packet *packet)
{
    struct traffic *traffic = context;
    uint16_t port = traffic->options.port;

    traffic->packet = packet->number;
    traffic->wall_ns = packet->wall_ns;
    if (packet->protocol == WIRE_PIPE) {
        take_pipe(traffic, packet);
        return;
    }
    if (port && packet->from.port != port && packet->to.port != port) {
        traffic->totals.other_ports++;
        return;
    }
    traffic->totals.internet++;
    if (packet->protocol == WIRE_UDP)
        take_datagram(traffic, packet);
    else
        flows_take(&traffic->flows, packet);
}

/* --- the whole ---------------------------------------------------------------------- */

struct traffic *traffic_make(const struct traffic_options *options, traffic_taker *take,
                             void *context)
{
    struct traffic *traffic = calloc(1, sizeof *traffic);

    if (!traffic)
        return NULL;
    traffic->options = *options;
    traffic->take = take;
    traffic->context = context;
    traffic->sink = (struct stream_sink){take_stream, end_stream, traffic};
    traffic->flows.sink = &traffic->sink;
    return traffic;
}

int traffic_read(struct traffic *traffic, const char *path, struct error *error)
{
    struct wire_result result;

    traffic->file = path;
    if (wire_read(path, take_packet, traffic, &result, error))
        return -1;
    traffic->totals.packets += result.packets;
    traffic->totals.not_decoded += result.not_decoded;
    traffic->totals.unfinished += result.unfinished;
    traffic->totals.cut |= result.cut;
    return 0;
}

int traffic_end(struct traffic *traffic, struct traffic_totals *totals,
                struct error *error)
{
    flows_end(&traffic->flows);
    for (int i = 0; i < PIPE_ENDS; i++)
        flush(traffic, &traffic->pipe[i], "the link ends inside the frame");
    *totals = traffic->totals;
    if (traffic->failed || traffic->flows.failed)
        return error_set(error, "out of memory");
    return 0;
}

void traffic_free(struct traffic *traffic)
{
    if (!traffic)
        return;
    /* Nobody listens any more: what is open goes nowhere. */
    for (size_t i = 0; i < traffic->cutter_count; i++)
        buffer_clear(&traffic->cutters[i].pending);
    flows_free(&traffic->flows);
    for (size_t i = 0; i < traffic->cutter_count; i++)
        buffer_free(&traffic->cutters[i].pending);
    free(traffic->cutters);
    for (int i = 0; i < PIPE_ENDS; i++)
        buffer_free(&traffic->pipe[i].pending);
    buffer_free(&traffic->datagram.pending);
    free(traffic);
}
