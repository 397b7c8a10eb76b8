/*
 * HL7 messages over TCP in blocks of the minimal lower layer protocol (HL7 v2.5
 * Implementation Guide, appendix C) on port 2575, each answered on its connection in the
 * order they came. On lwIP's raw interface, in the main loop's context; network_start()
 * comes first.
 */
#ifndef PUMP_MLLP_H
#define PUMP_MLLP_H

struct device;

/* `device` is lent for good: what comes is carried out on it. A board without memory for
 * messages (board/external.h) has no such port. */
void mllp_start(struct device *device);

/* BOARD_TICK_MS passed. */
void mllp_tick(void);

#endif
