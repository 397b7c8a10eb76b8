/* What a case sends before its message: what leads to the state, and walks of valid
 * messages. */
#include "generate/steps.h"

#include <limits.h>

enum { WALK_CHOICES = 256 };

/* A valid message of the state that leads to no other one. */
static bool stays(const struct session *session, unsigned message, unsigned state)
{
    for (unsigned s = 0; s < session->state_count; s++)
        for (size_t i = 0; i < session->states[s].path_count; i++)
            if (session->states[s].path[i] == message)
                return false;
    return session_belongs(session, message, state) && session_is_sound(session, message);
}

/* `most` valid messages of a state, drawn at random. */
static int walk_in(struct generator *generator, unsigned state, unsigned most,
                   struct random *random, struct script *script)
{
    const struct session *session = generator->plan->session;

    for (unsigned i = 0; state != UINT_MAX && i < most; i++) {
        unsigned first = (unsigned)random_next_below(random, session->message_count);

        for (unsigned m = 0; m < session->message_count; m++) {
            unsigned message = (unsigned)((first + m) % session->message_count);

            if (!stays(session, message, state))
                continue;
            if (script_exemplar(generator, message, script) < 0)
                return -1;
            break;
        }
    }
    return 0;
}

/* Which message of the path comes i-th. */
static size_t place_of(const struct arrangement *arrangement, size_t i)
{
    if (i == arrangement->swap)
        return i + 1;
    return i > 0 && i - 1 == arrangement->swap ? i - 1 : i;
}

/* What leads to a state, with valid messages of the states on the way: few of each, the
 * rest in the last one. */
static int append_path(struct generator *generator, unsigned state,
                       const struct arrangement *arrangement, struct random *walk,
                       struct script *script)
{
    const struct session *session = generator->plan->session;
    const struct session_state *last = &session->states[state];
    unsigned left = arrangement->walk;

    for (size_t i = 0; i < last->path_count; i++) {
        unsigned some = (unsigned)random_next_below(walk, left / 4 + 1);

        if (walk_in(generator, session_state_behind(session, state, i), some, walk,
                    script) < 0)
            return -1;
        left -= some;
        if (i != arrangement->skip &&
            script_exemplar(generator, last->path[place_of(arrangement, i)], script) < 0)
            return -1;
    }
    return walk_in(generator, state, left, walk, script);
}

/* As much of it as leaves room for the message itself. */
static struct arrangement that_fits(const struct session_state *state,
                                    struct arrangement arrangement)
{
    size_t room = SCRIPT_MESSAGES - 1 - arrangement.repeat;

    /* Of a stacked case another change may have chosen another state. */
    if (arrangement.swap != UINT_MAX && arrangement.swap + 1 >= state->path_count)
        arrangement.swap = UINT_MAX;
    while (arrangement.paths > 1 && arrangement.paths * state->path_count > room)
        arrangement.paths--;
    room = room > arrangement.paths * state->path_count
               ? room - arrangement.paths * state->path_count
               : 0;
    if (arrangement.walk * arrangement.paths > room)
        arrangement.walk = (unsigned)room / arrangement.paths;
    return arrangement;
}

int script_lead(struct generator *generator, const struct site *site,
                const struct arrangement *arrangement, struct script *script)
{
    unsigned state = arrangement->state == UINT_MAX ? site->state : arrangement->state;
    struct arrangement fits =
        that_fits(&generator->plan->session->states[state], *arrangement);
    struct random walk = {random_key(generator->plan->seed, 3),
                          script->number * WALK_CHOICES};

    for (unsigned i = 0; i < fits.paths; i++)
        if (append_path(generator, state, &fits, &walk, script) < 0)
            return -1;
    return fits.before == UINT_MAX ? 0 : script_exemplar(generator, fits.before, script);
}
