#include "engine/walk.h"

#include <string.h>

/* The state's path begins with the steps so far, and has so many more. */
static bool is_ahead(const struct walk *walk, const struct session_state *state,
                     size_t more)
{
    return state->path_count >= walk->count + more &&
           (walk->count == 0 ||
            memcmp(state->path, walk->steps, walk->count * sizeof *walk->steps) == 0);
}

/* The message is the next step to some state. */
static bool leads_on(const struct walk *walk, unsigned message)
{
    for (size_t i = 0; i < walk->session->state_count; i++) {
        const struct session_state *state = &walk->session->states[i];

        if (is_ahead(walk, state, 1) && state->path[walk->count] == message)
            return true;
    }
    return false;
}

/* The state that was reached is one of the message's own. */
static bool is_at_home(const struct walk *walk, unsigned message)
{
    for (unsigned i = 0; i < walk->session->state_count; i++)
        if (walk->session->states[i].path_count == walk->count &&
            is_ahead(walk, &walk->session->states[i], 0) &&
            session_belongs(walk->session, message, i))
            return true;
    return false;
}

enum walk_verdict walk_take(struct walk *walk, const struct kinship *kin, bool whole)
{
    const struct session *session = walk->session;
    bool right = !kin->changed || (kin->valid && whole);

    if (kin->changed && !session->messages[kin->message].fuzz)
        return WALK_NOT;
    if (leads_on(walk, kin->message)) {
        if (kin->changed || walk->count == WALK_STEPS)
            return WALK_LAST;
        walk->steps[walk->count++] = kin->message;
        return WALK_ON;
    }
    if (is_at_home(walk, kin->message))
        return right && session_is_sound(session, kin->message) ? WALK_ON : WALK_LAST;
    /* What a wrong message gets in a foreign state the session does not say. */
    return !kin->changed && session_is_sound(session, kin->message) ? WALK_LAST
                                                                    : WALK_NOT;
}

bool walk_is_frame(const struct framing *framing, struct view message)
{
    size_t length;

    return !framing_is_self_delimiting(framing) ||
           (framing_split(framing, message, &length) == FRAME_WHOLE &&
            length == message.length);
}

size_t walk_input(struct kin *kin, struct view input,
                  struct walk_message messages[INPUT_MESSAGES])
{
    const struct framing *framing = model_framing(kin->session->model);
    struct walk walk = {.session = kin->session};
    struct view parts[INPUT_MESSAGES];
    size_t count = input_split(framing, input, parts, INPUT_MESSAGES), sent = 0;
    enum walk_verdict verdict = WALK_ON;

    for (size_t i = 0; verdict != WALK_LAST && i < count; i++) {
        struct kinship kinship = kin_find(kin, parts[i]);

        verdict = parts[i].length
                      ? walk_take(&walk, &kinship, walk_is_frame(framing, parts[i]))
                      : WALK_NOT;
        if (verdict != WALK_NOT)
            messages[sent++] = (struct walk_message){parts[i], kinship};
    }
    return sent;
}

bool walk_breaks(const struct walk_message *messages, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (messages[i].kin.changed && !messages[i].kin.valid)
            return true;
    return false;
}
