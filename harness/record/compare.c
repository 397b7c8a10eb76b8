#include "record/compare.h"

#include "record/side.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    DIFFERENCES = 4,
    NAME_SIZE = 64
}; /* DIFFERENCES: streams searched for the place */

struct difference {
    size_t log, wire;
    int stream;
    struct buffer log_bytes, wire_bytes;
};

struct comparison {
    struct side log, wire;
    struct difference differences[DIFFERENCES];
    size_t difference_count;
    int ours; /* FLOW_CLIENT, or FLOW_SERVER: the device opens the connections */
};

/* A connection that came about, not a SYN that was refused. */
static bool counts(const struct flow *flow)
{
    return flow->answered || flow->length[FLOW_CLIENT] || flow->length[FLOW_SERVER];
}

static struct flow *counted(const struct flows *flows, size_t index)
{
    while (index && !counts(&flows->flows[index - 1]))
        index = flows->flows[index - 1].previous;
    return index ? &flows->flows[index - 1] : NULL;
}

static size_t chain_length(const struct flows *flows, struct flow *flow)
{
    size_t length = 0;

    for (; flow; flow = counted(flows, flow->previous))
        length++;
    return length;
}

/* Pairs the connections between two ends, newest first: in order when both captures have
 * as many, else by time, the SYN being on the wire before connect returned and we logged
 * it. */
static void pair_between(struct comparison *all, struct flow *log)
{
    struct flows *logs = &all->log.flows, *wires = &all->wire.flows;
    struct flow *wire = flows_newest(wires, &log->end[0], &log->end[1]);
    bool in_order;

    wire = wire ? counted(wires, (size_t)(wire - wires->flows) + 1) : NULL;
    in_order = chain_length(logs, log) == chain_length(wires, wire);
    while (log && wire) {
        struct flow *earlier = counted(logs, log->previous);

        while (!in_order && wire && wire->begun_ns > log->begun_ns)
            wire = counted(wires, wire->previous);
        if (wire && (in_order || !earlier || wire->begun_ns > earlier->begun_ns)) {
            all->log.partner[log - logs->flows] = (size_t)(wire - wires->flows) + 1;
            all->wire.partner[wire - wires->flows] = (size_t)(log - logs->flows) + 1;
            wire = counted(wires, wire->previous);
        }
        log = earlier;
    }
}

static void pair_all(struct comparison *all)
{
    struct flows *logs = &all->log.flows;

    for (size_t i = 0; i < logs->count; i++) {
        struct flow *flow = &logs->flows[i];

        if (flows_newest(logs, &flow->end[0], &flow->end[1]) == flow)
            pair_between(all, flow);
    }
}

static struct flow *partner_of(const struct comparison *all, size_t log_index)
{
    size_t partner = all->log.partner[log_index];

    return partner ? &all->wire.flows.flows[partner - 1] : NULL;
}

static bool hashes_equal(const struct hash *a, const struct hash *b)
{
    return memcmp(a, b, sizeof *a) == 0;
}

/* Where lengths differ, the longer stream's hash at the shorter one's length. */
static int compare_prefixes(struct comparison *all, struct error *error)
{
    bool log_wanted = false, wire_wanted = false;

    for (size_t i = 0; i < all->log.flows.count; i++) {
        const struct flow *log = &all->log.flows.flows[i], *wire = partner_of(all, i);
        size_t wire_index = all->log.partner[i] - 1;

        for (size_t s = 0; wire && !log->is_udp && s < 2; s++) {
            if (log->length[s] > wire->length[s]) {
                all->log.wants[i * 2 + s].target = wire->length[s];
                log_wanted = true;
            } else if (log->length[s] < wire->length[s]) {
                all->wire.wants[wire_index * 2 + s].target = log->length[s];
                wire_wanted = true;
            }
        }
    }
    if (log_wanted && side_read_again(&all->log, error))
        return -1;
    return wire_wanted ? side_read_again(&all->wire, error) : 0;
}

/* Equal as far as both go. */
static bool agree(const struct flow *log, const struct flow *wire, int s)
{
    if (log->length[s] == wire->length[s])
        return hashes_equal(&log->hash[s], &wire->hash[s]);
    if (log->length[s] > wire->length[s])
        return hashes_equal(&log->at_target[s], &wire->hash[s]);
    return hashes_equal(&log->hash[s], &wire->at_target[s]);
}

/* Holds the bytes of the first streams that do not agree, to say where. */
static int collect_differences(struct comparison *all, struct error *error)
{
    for (size_t i = 0; i < all->log.flows.count; i++) {
        const struct flow *log = &all->log.flows.flows[i], *wire = partner_of(all, i);

        for (int s = 0; wire && !log->is_udp && s < 2; s++) {
            struct difference *difference = &all->differences[all->difference_count];
            size_t at = i * 2 + (size_t)s;

            if (agree(log, wire, s) || all->difference_count == DIFFERENCES)
                continue;
            *difference = (struct difference){i, all->log.partner[i] - 1, s,
                                              buffer_make(STREAM_COLLECT),
                                              buffer_make(STREAM_COLLECT)};
            all->log.wants[at].collect = &difference->log_bytes;
            all->wire.wants[difference->wire * 2 + (size_t)s].collect =
                &difference->wire_bytes;
            all->difference_count++;
        }
    }
    if (!all->difference_count)
        return 0;
    return side_read_again(&all->log, error) || side_read_again(&all->wire, error) ? -1
                                                                                   : 0;
}

static void add_note(struct capture_comparison *result, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void add_note(struct capture_comparison *result, const char *format, ...)
{
    size_t length = strlen(result->note);
    va_list arguments;

    if (length && length + 2 < sizeof result->note) {
        memcpy(result->note + length, "; ", 3);
        length += 2;
    }
    va_start(arguments, format);
    vsnprintf(result->note + length, sizeof result->note - length, format, arguments);
    va_end(arguments);
}

static void note_difference(const struct comparison *all, size_t log, int s,
                            struct capture_comparison *result)
{
    const char *what = s == all->ours ? "sent" : "received";

    for (size_t i = 0; i < all->difference_count; i++) {
        const struct difference *d = &all->differences[i];
        size_t shorter = d->log_bytes.length < d->wire_bytes.length
                             ? d->log_bytes.length
                             : d->wire_bytes.length;

        if (d->log != log || d->stream != s)
            continue;
        for (size_t at = 0; at < shorter; at++) {
            if (d->log_bytes.data[at] != d->wire_bytes.data[at]) {
                add_note(result, "%s byte %zu: log %02x, wire %02x", what, at + 1,
                         d->log_bytes.data[at], d->wire_bytes.data[at]);
                return;
            }
        }
    }
    add_note(result, "%s bytes differ", what);
}

static bool judge_datagrams(const struct comparison *all, size_t index, int s,
                            struct capture_comparison *result)
{
    const struct flow *logged = &all->log.flows.flows[index];
    const struct flow *seen = partner_of(all, index);
    /* Who began is what the wire says: a log that lacks the first one has it wrong. */
    bool turned = !wire_same_end(&logged->end[s], &seen->end[s]);
    const struct datagrams *log = &logged->datagrams[turned ? !s : s];
    const struct datagrams *wire = &seen->datagrams[s];
    const char *what = s == FLOW_CLIENT ? "sent" : "received";
    size_t found = datagrams_follow(log, wire);

    if (log->cut || wire->cut || (found < log->count && all->wire.cut)) {
        add_note(result, "%s: not all of it is in the %s", what,
                 log->cut ? "send log" : "independent capture");
        return result->whole = false;
    }
    if (found < log->count) {
        add_note(result, "%s datagram %zu of the log is not on the wire", what,
                 found + 1);
        return false;
    }
    if (log->count == wire->count)
        return true;
    if (s == FLOW_SERVER) {
        add_note(result, "%zu datagrams came and were not read",
                 wire->count - log->count);
        return true;
    }
    add_note(result, "sent: log %zu datagrams, wire %zu", log->count, wire->count);
    return false;
}

static bool judge_streams(const struct comparison *all, size_t index, int s,
                          struct capture_comparison *result)
{
    const struct flow *log = &all->log.flows.flows[index], *wire = partner_of(all, index);
    const char *what = s == all->ours ? "sent" : "received";
    uint64_t logged = log->length[s], seen = wire->length[s];
    bool reset = wire->reset[FLOW_CLIENT] || wire->reset[FLOW_SERVER];
    bool log_ended = log->reset[FLOW_CLIENT] || log->reset[FLOW_SERVER] ||
                     log->closed[FLOW_CLIENT] || log->closed[FLOW_SERVER];

    if (!log->whole[s] || !wire->whole[s] || (seen < logged && all->wire.cut)) {
        add_note(result, "%s: %s is not complete after byte %" PRIu64, what,
                 log->whole[s] ? "the independent capture" : "the send log",
                 log->whole[s] ? seen : logged);
        return result->whole = false;
    }
    if (!agree(log, wire, s)) {
        note_difference(all, index, s, result);
        return false;
    }
    if (logged == seen)
        return true;
    if (s != all->ours && logged < seen) {
        add_note(result, "%" PRIu64 " bytes came and were not read", seen - logged);
        return true;
    }
    if (s == all->ours && seen < logged && (reset || !log_ended)) {
        add_note(result, "%" PRIu64 " bytes were not on the wire when %s", logged - seen,
                 reset ? "the connection was reset" : "the harness was killed");
        return true;
    }
    add_note(result, "%s: log %" PRIu64 " bytes, wire %" PRIu64, what, logged, seen);
    return false;
}

/* The kernel takes connections for us, and what the device says over them, before we do,
 * or although we never do. */
static bool was_not_taken(const struct comparison *all, const struct flow *wire)
{
    return all->ours == FLOW_SERVER && wire->length[all->ours] == 0;
}

static void report(const struct comparison *all,
                   void (*found)(void *, const struct capture_comparison *),
                   void *context)
{
    for (size_t i = 0; i < all->log.flows.count; i++) {
        struct capture_comparison result = {.whole = true};

        flow_name(&all->log.flows.flows[i], result.connection, sizeof result.connection);
        if (partner_of(all, i)) {
            bool (*const by)(const struct comparison *, size_t, int,
                             struct capture_comparison *) =
                all->log.flows.flows[i].is_udp ? judge_datagrams : judge_streams;
            bool sent = by(all, i, all->ours, &result);
            bool received = by(all, i, !all->ours, &result);

            result.sent_equal = sent && result.whole;
            result.received_equal = received && result.whole;
        } else {
            result.whole = !all->wire.cut;
            add_note(&result, "not in the independent capture%s",
                     all->wire.cut ? ", whose writer was killed" : "");
        }
        found(context, &result);
    }
    for (size_t i = 0; i < all->wire.flows.count; i++) {
        const struct flow *wire = &all->wire.flows.flows[i];
        struct capture_comparison result = {.whole = true};

        if (all->wire.partner[i] || wire->length[0] + wire->length[1] == 0)
            continue;
        flow_name(wire, result.connection, sizeof result.connection);
        result.whole = !all->log.dropped;
        if (was_not_taken(all, wire)) {
            result.sent_equal = result.received_equal = result.whole;
            add_note(&result,
                     "the device connected when nothing waited for it: %" PRIu64
                     " bytes came and were not read",
                     wire->length[!all->ours]);
            found(context, &result);
            continue;
        }
        add_note(&result, "not in the send log%s: %" PRIu64 " and %" PRIu64 " bytes",
                 all->log.dropped ? ", of which not all was kept" : "",
                 wire->length[all->ours], wire->length[!all->ours]);
        found(context, &result);
    }
}

int capture_compare(const char *directory, bool accepted,
                    void (*found)(void *, const struct capture_comparison *),
                    void *context, struct error *error)
{
    struct comparison all = {.ours = accepted ? FLOW_SERVER : FLOW_CLIENT};
    int status = -1;

    if (side_list(&all.log, directory, true, error) ||
        side_list(&all.wire, directory, false, error) || side_read(&all.log, error) ||
        side_read(&all.wire, error))
        goto out;
    pair_all(&all);
    if (compare_prefixes(&all, error) || collect_differences(&all, error))
        goto out;
    report(&all, found, context);
    status = 0;
out:
    for (size_t i = 0; i < all.difference_count; i++) {
        buffer_free(&all.differences[i].log_bytes);
        buffer_free(&all.differences[i].wire_bytes);
    }
    side_free(&all.log);
    side_free(&all.wire);
    return status;
}
