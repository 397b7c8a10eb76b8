/* A way through a session's states, message by message: how far what the session says of
 * answers holds. Beyond that the device may be anywhere, and nobody knows what is right.
 */
#ifndef PERCUSS_ENGINE_WALK_H
#define PERCUSS_ENGINE_WALK_H

#include "engine/kin.h"
#include "generate/input.h"

enum { WALK_STEPS = 64 };
struct walk {
    const struct session *session;
    unsigned steps[WALK_STEPS]; /* that led here from the start */
    size_t count;
};

enum walk_verdict {
    WALK_ON,   /* sent, and more may follow */
    WALK_LAST, /* sent, and nothing behind it */
    WALK_NOT   /* not sent: it is made for another state, or is never changed */
};
/* Takes a message that is like an exemplar; `whole`: it is one frame. */
enum walk_verdict walk_take(struct walk *walk, const struct kinship *kin, bool whole);

/* A message that is sent. */
struct walk_message {
    struct view bytes;
    struct kinship kin;
};
/* Of an input's messages those that are sent, in `messages`; returns how many. */
size_t walk_input(struct kin *kin, struct view input,
                  struct walk_message messages[INPUT_MESSAGES]);
/* A device may answer several times to what breaks the grammar: one of them does. */
bool walk_breaks(const struct walk_message *messages, size_t count);
/* Whether a message is one frame, as far as frames say it themselves. */
bool walk_is_frame(const struct framing *framing, struct view message);

#endif
