/*
 * APDUs out of the bytes of a port. An APDU says its own length; a pause in the bytes
 * tells whether they were as many as it says. Owned by the main loop.
 */
#ifndef STREAM_H
#define STREAM_H

#include "agent.h"

#define STREAM_PATIENCE_TICKS 5 /* an APDU that stops half-way is given up */

struct stream {
    uint8_t quiet_ticks;
    uint16_t length; /* of what came so far, also where it was not kept */
    uint8_t bytes[AGENT_RECEIVE_MAX];
    struct agent *agent;
};

void stream_start(struct stream *stream, struct agent *agent);
void stream_receive(struct stream *stream, uint8_t byte);

/* The bytes paused: what came is judged, unless more has to come. */
void stream_end(struct stream *stream);
void stream_tick(struct stream *stream);

#endif
