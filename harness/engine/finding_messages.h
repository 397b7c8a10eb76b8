/* The messages of a reproducer, decoded: for people and for the store. */
#ifndef PERCUSS_ENGINE_FINDING_MESSAGES_H
#define PERCUSS_ENGINE_FINDING_MESSAGES_H

#include "engine/campaign.h"
#include "engine/sequence.h"
#include "record/store.h"

struct finding_message {
    const char *name, *delivery; /* delivery: how it is sent, "" as a whole */
    bool changed;                /* by the case */
    struct view bytes;
    char how[64], decoded[4096]; /* decoded: "" when the model cannot read it at all */
    char wrong[4096];            /* what is wrong in it, a line each */
};

/* Message `index` of the sequence; `tree` belongs to the campaign's model. Borrows the
 * sequence's bytes. */
void finding_message_read(const struct campaign *campaign,
                          const struct sequence *sequence, size_t index,
                          struct tree *tree, struct finding_message *message);
/* All of them into finding_message. */
int finding_messages_store(struct store *store, const char *finding,
                           const struct campaign *campaign,
                           const struct sequence *sequence, struct error *error);

#endif
