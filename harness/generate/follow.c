#include "generate/follow.h"

void follow_begin(struct follower *follower, const struct session *session,
                  const struct context *start)
{
    *follower = (struct follower){.session = session, .start = *start};
}

void follow_end(struct follower *follower)
{
    for (size_t i = 0; i < FOLLOWED; i++)
        tree_free(&follower->conversations[i].request);
    *follower = (struct follower){0};
}

static bool follows(const struct follower *follower)
{
    return follower->session && follower->session->context_count;
}

struct context follow_context(const struct follower *follower, uint64_t connection)
{
    for (size_t i = 0; follows(follower) && i < FOLLOWED; i++)
        if (follower->conversations[i].last &&
            follower->conversations[i].connection == connection)
            return follower->conversations[i].context;
    return follower->start;
}

/* The connection's place, or that of the conversation which was silent for longest. */
static struct conversation *place_of(struct follower *follower, uint64_t connection)
{
    struct conversation *place = &follower->conversations[0];

    for (size_t i = 0; i < FOLLOWED; i++) {
        struct conversation *other = &follower->conversations[i];

        if (other->last && other->connection == connection)
            return other;
        if (other->last < place->last)
            place = other;
    }
    place->connection = connection;
    place->context = follower->start;
    place->has_request = false;
    return place;
}

int follow_take(struct follower *follower, uint64_t connection, const struct tree *tree)
{
    struct conversation *place;

    if (!follows(follower))
        return 0;
    place = place_of(follower, connection);
    place->last = ++follower->messages;
    if (tree->reply && place->has_request)
        session_learn(follower->session, &place->request, tree, &place->context);
    if (tree->reply)
        return 0;
    place->has_request =
        tree_copy(&place->request, tree) == 0 && tree_own_bytes(&place->request) == 0;
    return place->has_request ? 0 : -1;
}
