#include "record/flows.h"

#include "record/tcp.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { SLOTS_FIRST = 1024 };

static uint64_t end_hash(const struct wire_end *end)
{
    uint64_t hash =
        hash_quick((struct view){end->address, sizeof end->address}, end->family);

    return hash_quick((struct view){(const uint8_t *)&end->port, sizeof end->port}, hash);
}

static bool is_between(const struct flow *flow, const struct wire_end *a,
                       const struct wire_end *b)
{
    return (wire_same_end(&flow->end[0], a) && wire_same_end(&flow->end[1], b)) ||
           (wire_same_end(&flow->end[0], b) && wire_same_end(&flow->end[1], a));
}

/* The slot of these ends: used by them, or free. A sum, so that both directions meet. */
static size_t *slot_of(const struct flows *flows, const struct wire_end *a,
                       const struct wire_end *b)
{
    size_t at = (size_t)(end_hash(a) + end_hash(b));

    for (;; at++) {
        size_t *slot = &flows->slots[at & (flows->slot_count - 1)];

        if (!*slot || is_between(&flows->flows[*slot - 1], a, b))
            return slot;
    }
}

/* Room for one more flow; every pair of ends keeps its slot. */
static int grow(struct flows *flows)
{
    if (flows->count == flows->capacity) {
        size_t capacity = flows->capacity ? flows->capacity * 2 : SLOTS_FIRST / 2;
        struct flow *larger = realloc(flows->flows, capacity * sizeof *larger);

        if (!larger)
            return -1;
        flows->flows = larger;
        flows->capacity = capacity;
    }
    if (flows->slot_count < flows->capacity * 2) {
        size_t *old = flows->slots, old_count = flows->slot_count;

        flows->slots = calloc(flows->capacity * 2, sizeof *flows->slots);
        if (!flows->slots) {
            flows->slots = old;
            return -1;
        }
        flows->slot_count = flows->capacity * 2;
        for (size_t i = 0; i < old_count; i++) {
            if (old[i]) {
                const struct flow *flow = &flows->flows[old[i] - 1];

                *slot_of(flows, &flow->end[0], &flow->end[1]) = old[i];
            }
        }
        free(old);
    }
    return 0;
}

struct flow *flows_newest(const struct flows *flows, const struct wire_end *a,
                          const struct wire_end *b)
{
    size_t *slot = flows->slot_count ? slot_of(flows, a, b) : NULL;

    return slot && *slot ? &flows->flows[*slot - 1] : NULL;
}

static void end_flow(struct flow *flow)
{
    for (int side = 0; side < 2; side++) {
        struct stream *stream = flow->stream[side];

        if (!stream)
            continue;
        flow->hash[side] = stream_end(stream);
        flow->at_target[side] = stream->at_target;
        flow->length[side] = stream->length;
        flow->whole[side] = flow->has_syn && !stream->middle && !stream->gap;
        free(stream);
        flow->stream[side] = NULL;
    }
}

static int start_streams(const struct flows *flows, struct flow *flow, size_t index)
{
    for (int side = 0; side < 2; side++) {
        struct flow_want want = {0, NULL};

        if (index * 2 + 1 < flows->want_count)
            want = flows->wants[index * 2 + (size_t)side];
        flow->stream[side] = malloc(sizeof *flow->stream[side]);
        if (!flow->stream[side])
            return -1;
        stream_start(flow->stream[side], want.target, want.collect);
        flow->stream[side]->sink = flows->sink;
        flow->stream[side]->key = index * 2 + (size_t)side;
    }
    return 0;
}

/* Ordinals count connections that came about: a refused or repeated SYN is none. */
static uint32_t next_ordinal(const struct flow *before)
{
    if (!before)
        return 1;
    return before->answered ? before->ordinal + 1 : before->ordinal;
}

static struct flow *add_flow(struct flows *flows, const struct wire_packet *packet)
{
    bool syn = packet->flags & TCP_SYN, ack = packet->flags & TCP_ACK;
    /* Without the SYN the larger port is taken for the client's; datagrams begin with
     * the client's. */
    bool from_client = packet->protocol == WIRE_UDP ||
                       (syn ? !ack : packet->from.port >= packet->to.port);
    struct flow *flow, *before;
    size_t *slot;

    if (grow(flows))
        return NULL;
    slot = slot_of(flows, &packet->from, &packet->to);
    before = *slot ? &flows->flows[*slot - 1] : NULL;
    if (before)
        end_flow(before);
    flow = &flows->flows[flows->count];
    *flow = (struct flow){
        .begun_ns = packet->wall_ns,
        .is_udp = packet->protocol == WIRE_UDP,
        .has_syn = syn && !ack,
        .answered = !syn || ack,
        .isn = packet->sequence,
        .previous = *slot,
        .ordinal = next_ordinal(before),
    };
    flow->end[FLOW_CLIENT] = from_client ? packet->from : packet->to;
    flow->end[FLOW_SERVER] = from_client ? packet->to : packet->from;
    if (!flow->is_udp && start_streams(flows, flow, flows->count)) {
        end_flow(flow);
        return NULL;
    }
    *slot = ++flows->count;
    return flow;
}

static void take_datagram(struct flows *flows, struct flow *flow,
                          const struct wire_packet *packet)
{
    int side =
        wire_same_end(&packet->from, &flow->end[FLOW_CLIENT]) ? FLOW_CLIENT : FLOW_SERVER;

    flow->length[side] += packet->bytes.length + packet->missing;
    if (datagrams_add(&flow->datagrams[side], packet->bytes, packet->missing))
        flows->failed = true;
}

void flows_take(void *context, const struct wire_packet *packet)
{
    struct flows *flows = context;
    struct flow *flow = flows_newest(flows, &packet->from, &packet->to);
    bool syn = packet->flags & TCP_SYN, ack = packet->flags & TCP_ACK;
    bool first = syn && !ack;
    struct stream *stream;
    int side;

    if (flows->failed || packet->protocol == WIRE_PIPE)
        return;
    if (!flow || flow->is_udp != (packet->protocol == WIRE_UDP) ||
        (first && !(flow->has_syn && flow->isn == packet->sequence)))
        flow = add_flow(flows, packet);
    if (!flow) {
        flows->failed = true;
        return;
    }
    if (packet->protocol == WIRE_UDP) {
        take_datagram(flows, flow, packet);
        return;
    }
    side =
        wire_same_end(&packet->from, &flow->end[FLOW_CLIENT]) ? FLOW_CLIENT : FLOW_SERVER;
    stream = flow->stream[side];
    if (syn && !stream->synchronised)
        stream_synchronise(stream, packet->sequence + 1);
    if (syn && ack)
        flow->answered = true;
    if (packet->flags & TCP_RST)
        flow->reset[side] = true;
    if (packet->flags & TCP_FIN)
        flow->closed[side] = true;
    stream->mark = (struct stream_mark){packet->number, packet->wall_ns};
    stream_add(stream, packet->sequence + syn, packet->bytes, packet->missing);
}

void flows_end(struct flows *flows)
{
    for (size_t i = 0; i < flows->count; i++)
        end_flow(&flows->flows[i]);
}

void flows_free(struct flows *flows)
{
    flows_end(flows);
    for (size_t i = 0; i < flows->count; i++)
        for (int side = 0; side < 2; side++)
            datagrams_free(&flows->flows[i].datagrams[side]);
    free(flows->flows);
    free(flows->slots);
    *flows = (struct flows){0};
}

static void end_name(const struct wire_end *end, char *text, size_t size)
{
    char address[INET6_ADDRSTRLEN] = "";

    inet_ntop(end->family == 6 ? AF_INET6 : AF_INET, end->address, address,
              sizeof address);
    snprintf(text, size, end->family == 6 ? "[%s]:%u" : "%s:%u", address, end->port);
}

void flow_name(const struct flow *flow, char *text, size_t size)
{
    char client[64], server[64];

    end_name(&flow->end[FLOW_CLIENT], client, sizeof client);
    end_name(&flow->end[FLOW_SERVER], server, sizeof server);
    snprintf(text, size, "%s - %s #%u", client, server, flow->ordinal);
}
