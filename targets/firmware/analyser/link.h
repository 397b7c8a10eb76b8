/*
 * The low-level protocol of ASTM E1381 (CLSI LIS1-A), both directions: who may speak,
 * frames, checksums, acknowledgements and timeouts. What the frames carry is the user's
 * business. Owned by the main loop.
 */
#ifndef LINK_H
#define LINK_H

#include <stdbool.h>
#include <stdint.h>

#include "board.h"

/* Every time of the specification is divided by this: 15 s are 1.5 s. */
#ifndef LINK_SCALE
#define LINK_SCALE 10
#endif
#define LINK_TICKS(seconds) ((seconds)*BOARD_TICKS_PER_SECOND / LINK_SCALE)

/* E1381-02 6.2 and 6.5.2: the sender's wait for a reply, the receiver's for a frame or
 * EOT, the sender's after NAK to its ENQ, and the instrument's after a collision. */
#define LINK_REPLY_TICKS LINK_TICKS(15u)
#define LINK_RECEIVE_TICKS LINK_TICKS(30u)
#define LINK_BUSY_TICKS LINK_TICKS(10u)
#define LINK_CONTENTION_TICKS LINK_TICKS(1u)
#define LINK_PROCESSING_TICKS 2 /* until a query's answer is ready */

#define LINK_TEXT_MAX 240
#define LINK_FRAME_MAX \
    (LINK_TEXT_MAX + 6)      /* behind STX: number, text, ETX, sum, CR, LF */
#define LINK_RECORD_MAX 1200 /* longest record sent */
#define LINK_TRIES 6

enum link_state { LINK_IDLE, LINK_RECEIVING, LINK_PROCESSING, LINK_SENDING };

/* How far sending has come. */
enum link_phase { LINK_CALLING, LINK_PAUSING, LINK_FRAME };

/* What a link asks its user. */
struct link_user {
    void (*begin)(void);                                               /* ENQ accepted */
    void (*text)(const uint8_t *bytes, uint16_t length, bool is_last); /* a good frame */
    bool (*end)(void);   /* EOT: is there something to send? */
    void (*abort)(void); /* the host fell silent */
    uint16_t (*next)(uint8_t record[LINK_RECORD_MAX]); /* to send; length, 0: no more */
};

struct link {
    enum link_state state;
    enum link_phase phase;
    uint32_t wait_ticks; /* until something happens by itself; 0: nothing will */
    uint8_t tries;       /* of this ENQ or frame */
    uint8_t number;      /* frame expected, or being sent */
    bool accepted;       /* a frame, since ENQ */
    bool in_frame;
    uint16_t length; /* so far, behind STX; beyond LINK_FRAME_MAX: too long */
    uint16_t record_length, record_at;
    uint8_t frame[LINK_FRAME_MAX];
    const struct link_user *user;
    uint8_t record[LINK_RECORD_MAX];
};

void link_start(struct link *link, const struct link_user *user);
void link_receive(struct link *link, uint8_t byte);
void link_tick(struct link *link);
const char *link_state_name(enum link_state state);

#endif
