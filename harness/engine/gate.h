/* The safety gate: looks at the final bytes of everything that is to be sent, whoever
 * made them. */
#ifndef PERCUSS_ENGINE_GATE_H
#define PERCUSS_ENGINE_GATE_H

#include "engine/campaign.h"

enum {
    GATE_OPEN = -1,
    GATE_UNPARSED = CAMPAIGN_RULES,
    GATE_TOO_LONG,    /* not a rule: the link cannot carry so many bytes at once */
    GATE_NO_FRAME,    /* nor this: or not these, which are no frame on its wire */
    GATE_NOT_CARRIED, /* nor this: or not the delivery; + a bit of link_carries */
    GATE_REASONS = GATE_NOT_CARRIED + LINK_CARRIES
};

/* GATE_OPEN, the index of the exclude rule that holds for one of the frames in `bytes`,
 * or for a message that one of them makes whole, or GATE_UNPARSED when the campaign keeps
 * what does not parse off the wire. `scratch` is overwritten and borrows `bytes`;
 * `joiner` has taken the frames that were sent before over this connection. */
int gate_check(const struct campaign *campaign, struct view bytes, struct tree *scratch,
               struct joiner *joiner);

#endif
