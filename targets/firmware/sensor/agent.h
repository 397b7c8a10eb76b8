/*
 * The agent of ISO/IEEE 11073-20601: association, configuration, operation, release. One
 * APDU comes in, at most one goes out. Owned by the main loop.
 */
#ifndef AGENT_H
#define AGENT_H

#include <stdbool.h>
#include <stdint.h>

#include "apdu.h"
#include "board.h"
#include "mds.h"

/* Every time of the specification is divided by this: 10 s are 1 s. */
#ifndef AGENT_SCALE
#define AGENT_SCALE 10
#endif
#define AGENT_TICKS(seconds) ((seconds)*BOARD_TICKS_PER_SECOND / AGENT_SCALE)

#define AGENT_ASSOCIATE_TICKS AGENT_TICKS(10u) /* TOassoc */
#define AGENT_CONFIGURE_TICKS AGENT_TICKS(10u) /* TOconfig */
#define AGENT_CONFIRM_TICKS AGENT_TICKS(3u)    /* TOcer-mds */
#define AGENT_RELEASE_TICKS AGENT_TICKS(3u)    /* TOrelease */
#define AGENT_ASSOCIATE_TRIES 3                /* RCassoc */

#define AGENT_RECEIVE_MAX 224
#define AGENT_SEND_MAX 512

enum agent_state {
    AGENT_UNASSOCIATED,
    AGENT_ASSOCIATING,
    AGENT_CONFIGURING,
    AGENT_OPERATING,
    AGENT_DISASSOCIATING,
};

struct agent {
    enum agent_state state;
    uint32_t wait_ticks; /* until patience ends; 0: nothing is awaited */
    uint8_t tries;
    uint8_t configuration; /* index of the one offered, or agreed on */
    uint16_t release_reason;
    uint16_t invoke_id; /* of the latest event report */
    bool is_awaiting;   /* its response */
    struct mds mds;
    uint8_t send_buffer[AGENT_SEND_MAX];
    void (*send)(const uint8_t *bytes, uint16_t length);
};

void agent_start(struct agent *agent,
                 void (*send)(const uint8_t *bytes, uint16_t length));

/* A whole APDU, its length field right. */
void agent_receive(struct agent *agent, const uint8_t *apdu, uint16_t length);

/* What came is no APDU. */
void agent_abort(struct agent *agent, enum apdu_abort reason);

void agent_tick(struct agent *agent);
const char *agent_state_name(enum agent_state state);

#endif
