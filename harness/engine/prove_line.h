/* Which line errors reach the device at hand: its probe is sent with each of them, and
 * what it answers is held against what it answers without. One thread. */
#ifndef PERCUSS_ENGINE_PROVE_LINE_H
#define PERCUSS_ENGINE_PROVE_LINE_H

#include "engine/runner.h"

enum line_verdict {
    LINE_NOT_CARRIED, /* this link cannot put it on its wire, and says so */
    LINE_EXCLUDED,    /* the campaign keeps it off the wire */
    LINE_UNANSWERED,  /* as the message without is: it arrived wrongly, or the answer was
                         lost while the port was set so (it can be set one way only) */
    LINE_IGNORED,  /* it answered as if nothing were wrong: it does not check, or a driver
                      or adapter on the way mended it */
    LINE_UNSTEADY, /* now one, now the other */
    LINE_UNTOLD,   /* it was sent; a right answer behind it tells nothing of it */
    LINE_HARMED    /* behind it the device does not answer a valid message any more */
};
const char *line_verdict_name(enum line_verdict verdict);

struct line_proof {
    unsigned what; /* of enum link_carries */
    enum line_verdict verdict;
    unsigned sent, answered; /* how often; rightly */
};
enum { LINE_PROOFS = 4 /* break, parity, framing, baud */, LINE_TRIES = 5 };

/* The device is restored behind what harmed it. -1: it was lost, or this machine failed.
 */
int prove_line(struct runner *runner, struct line_proof proofs[LINE_PROOFS],
               struct error *error);
/* Pure: what deliveries that were sent show. */
enum line_verdict prove_line_verdict(const struct line_proof *proof, bool alive);

#endif
