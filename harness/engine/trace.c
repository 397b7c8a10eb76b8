#include "engine/trace.h"

#include "core/clock.h"

#include <stdlib.h>
#include <string.h>

enum { BYTES_MAXIMUM = 4 << 20, EVENTS_MAXIMUM = 1 << 16 };

void trace_init(struct trace *trace)
{
    *trace = (struct trace){.bytes = buffer_make(BYTES_MAXIMUM),
                            .same = buffer_make(BYTES_MAXIMUM)};
}

void trace_free(struct trace *trace)
{
    free(trace->events);
    buffer_free(&trace->bytes);
    buffer_free(&trace->same);
    *trace = (struct trace){0};
}

void trace_begin(struct trace *trace)
{
    trace->count = 0;
    trace->incomplete = false;
    trace->last_ns = clock_now_ns();
    buffer_clear(&trace->bytes);
    buffer_clear(&trace->same);
}

/* --- taking down -------------------------------------------------------------------- */

static struct trace_event *add_event(struct trace *trace, enum trace_kind kind)
{
    if (trace->count == trace->capacity) {
        size_t larger = trace->capacity ? trace->capacity * 2 : 32;
        struct trace_event *grown =
            larger > EVENTS_MAXIMUM
                ? NULL
                : realloc(trace->events, larger * sizeof *trace->events);

        if (!grown)
            return NULL;
        trace->events = grown;
        trace->capacity = larger;
    }
    trace->events[trace->count] =
        (struct trace_event){.kind = kind, .offset = trace->bytes.length};
    return &trace->events[trace->count++];
}

static int add_bytes(struct trace *trace, struct view bytes)
{
    size_t before = trace->same.length;

    if (buffer_append(&trace->bytes, bytes) < 0 ||
        buffer_reserve(&trace->same, bytes.length) < 0)
        return -1;
    trace->same.length += bytes.length;
    if (bytes.length)
        memset(trace->same.data + before, 1, bytes.length);
    return 0;
}

/* What comes in several reads, or is not there in several looks, is one event. */
static struct trace_event *open_event(struct trace *trace, enum trace_kind kind)
{
    struct trace_event *last = trace->count ? &trace->events[trace->count - 1] : NULL;

    return last && last->kind == kind && (kind == TRACE_RECEIVED || kind == TRACE_SILENCE)
               ? last
               : NULL;
}

static void extend_event(struct trace *trace, struct trace_event *event,
                         struct view bytes)
{
    if (!event || add_bytes(trace, bytes) < 0) {
        trace->incomplete = true;
        return;
    }
    event->length += bytes.length;
    event->least = event->most = event->length;
}

void trace_miss(struct trace *trace)
{
    if (trace)
        trace->incomplete = true;
}

void trace_append(struct trace *trace, enum trace_kind kind, struct view bytes)
{
    extend_event(trace, add_event(trace, kind), bytes);
}

void trace_add(struct trace *trace, enum trace_kind kind, struct view bytes,
               int64_t began_ns)
{
    struct trace_event *event;
    int64_t now;

    if (!trace || trace->incomplete)
        return;
    now = clock_now_ns();
    event = open_event(trace, kind);
    if (!event) {
        event = add_event(trace, kind);
        if (event)
            event->after_ns = began_ns > trace->last_ns ? began_ns - trace->last_ns : 0;
    }
    extend_event(trace, event, bytes);
    if (trace->incomplete)
        return;
    event->lasted_ns += now - began_ns;
    event->wall_ns = clock_wall_ns();
    trace->last_ns = now;
}

/* --- comparing ---------------------------------------------------------------------- */

struct view trace_bytes(const struct trace *trace, size_t event)
{
    return view_slice(buffer_view(&trace->bytes), trace->events[event].offset,
                      trace->events[event].length);
}

bool trace_matches(const struct trace *trace, size_t event, struct view bytes)
{
    const struct trace_event *expected = &trace->events[event];
    struct view known = trace_bytes(trace, event);

    if (bytes.length < expected->least || bytes.length > expected->most)
        return false;
    for (size_t i = 0; i < bytes.length && i < known.length; i++)
        if (trace->same.data[expected->offset + i] && known.data[i] != bytes.data[i])
            return false;
    return true;
}

static bool same_events(const struct trace *a, const struct trace *b)
{
    if (a->count != b->count || a->incomplete || b->incomplete)
        return false;
    for (size_t i = 0; i < a->count; i++)
        if (a->events[i].kind != b->events[i].kind ||
            (a->events[i].kind == TRACE_SENT &&
             a->events[i].length != b->events[i].length))
            return false;
    return true;
}

bool trace_lay_over(struct trace *trace, const struct trace *other)
{
    if (!same_events(trace, other))
        return false;
    for (size_t i = 0; i < trace->count; i++) {
        struct trace_event *event = &trace->events[i];
        struct view known = trace_bytes(trace, i), seen = trace_bytes(other, i);

        if (event->kind != TRACE_RECEIVED)
            continue;
        event->least = seen.length < event->least ? seen.length : event->least;
        event->most = seen.length > event->most ? seen.length : event->most;
        for (size_t j = 0; j < known.length; j++)
            if (j >= seen.length || seen.data[j] != known.data[j])
                trace->same.data[event->offset + j] = 0;
    }
    return true;
}

const char *trace_kind_name(enum trace_kind kind)
{
    static const char *const names[TRACE_KINDS] = {
        [TRACE_OPENED] = "opened",         [TRACE_SENT] = "sent",
        [TRACE_RECEIVED] = "received",     [TRACE_SILENCE] = "silence",
        [TRACE_ENDED] = "ended-by-device", [TRACE_HALF_CLOSED] = "half-closed",
        [TRACE_CLOSED] = "closed",
    };

    return names[kind];
}
