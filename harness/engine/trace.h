/* What went over the link in one replay, in order: the evidence of a finding, and what
 * `percuss replay --wire` does again without a model. Two replays that behaved alike can
 * be laid over each other: what differs in their replies is no part of the evidence. One
 * thread. */
#ifndef PERCUSS_ENGINE_TRACE_H
#define PERCUSS_ENGINE_TRACE_H

#include "core/bytes.h"

enum trace_kind {
    TRACE_OPENED,
    TRACE_SENT,
    TRACE_RECEIVED,    /* all that came until something else happened */
    TRACE_SILENCE,     /* nothing came, and it was waited for */
    TRACE_ENDED,       /* the device closed */
    TRACE_HALF_CLOSED, /* we said that no more will come */
    TRACE_CLOSED,      /* we closed */
    TRACE_KINDS
};

struct trace_event {
    enum trace_kind kind;
    int64_t after_ns; /* since the event before it ended */
    int64_t lasted_ns;
    int64_t wall_ns;       /* when it ended, for the capture */
    size_t offset, length; /* inside bytes */
    size_t least, most;    /* received: how many bytes came in the replays that were laid
                              over each other */
};

struct trace {
    struct trace_event *events;
    size_t count, capacity;
    struct buffer bytes;
    struct buffer
        same; /* one for each of `bytes`: 1 when it was the same in all replays */
    int64_t last_ns;
    bool incomplete; /* something happened that it does not hold */
};

void trace_init(struct trace *trace);
void trace_free(struct trace *trace);
void trace_begin(struct trace *trace); /* forgets what was in it */
/* An event that began at began_ns (core/clock.h) and ends now. A NULL trace takes
 * nothing. Silence right behind silence is one. */
void trace_add(struct trace *trace, enum trace_kind kind, struct view bytes,
               int64_t began_ns);
/* Something else was done to the line: this trace is no way to do it again. */
void trace_miss(struct trace *trace);
/* The same without a time, and always an event of its own. */
void trace_append(struct trace *trace, enum trace_kind kind, struct view bytes);
struct view trace_bytes(const struct trace *trace, size_t event);
/* Whether `bytes` are what event (received) says. */
bool trace_matches(const struct trace *trace, size_t event, struct view bytes);
/* Takes out of `trace` what `other` has otherwise. False, and nothing is done, when they
 * are not the same events. */
bool trace_lay_over(struct trace *trace, const struct trace *other);
const char *trace_kind_name(enum trace_kind kind);

#endif
