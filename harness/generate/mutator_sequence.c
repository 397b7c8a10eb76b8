/* Changes of which messages an input has, and in what order. */
#include "generate/mutator_parts.h"

#include <string.h>

void mutator_insert(struct mutator *mutator, size_t place, const struct view *messages,
                    size_t count)
{
    size_t room = INPUT_MESSAGES - mutator->count;

    if (count > room)
        count = room;
    memmove(mutator->parts + place + count, mutator->parts + place,
            (mutator->count - place) * sizeof *mutator->parts);
    memcpy(mutator->parts + place, messages, count * sizeof *messages);
    mutator->count += count;
}

static size_t insert_fragment(struct mutator *mutator, size_t place, size_t exemplar)
{
    struct view frames[INPUT_MESSAGES];
    size_t count =
        input_split(mutator->framing, buffer_view(&mutator->fragments[exemplar]), frames,
                    INPUT_MESSAGES);

    mutator_insert(mutator, place, frames, count);
    return place + count < mutator->count ? place + count : mutator->count;
}

void mutator_insert_exemplar(struct mutator *mutator, size_t place, struct random *random)
{
    const struct session *session = &mutator->around;
    size_t exemplar = pick(random, mutator->exemplars);

    if (session->state_count && once_in(random, 2)) {
        const struct session_state *state =
            &session->states[pick(random, session->state_count)];

        for (size_t i = 0; i < state->path_count; i++)
            place = insert_fragment(mutator, place, state->path[i]);
    }
    insert_fragment(mutator, place, exemplar);
    mutator_note(mutator, "insert");
}

/* --- the ways ----------------------------------------------------------------------- */

static void insert_one(struct mutator *mutator, size_t place, struct random *random)
{
    mutator_insert_exemplar(mutator, once_in(random, 2) ? place : mutator->count, random);
}

static void insert_kept(struct mutator *mutator, size_t place, struct random *random)
{
    struct view message;

    if (mutator->kept_count == 0) {
        insert_one(mutator, place, random);
        return;
    }
    message = buffer_view(&mutator->kept[pick(random, mutator->kept_count)]);
    mutator_insert(mutator, place, &message, 1);
    mutator_note(mutator, "kept");
}

static void replace_one(struct mutator *mutator, size_t place, struct random *random)
{
    mutator->count--;
    memmove(mutator->parts + place, mutator->parts + place + 1,
            (mutator->count - place) * sizeof *mutator->parts);
    mutator_insert_exemplar(mutator, place, random);
}

static void double_one(struct mutator *mutator, size_t place, struct random *random)
{
    struct view message = mutator->parts[place];

    mutator_insert(mutator, pick(random, mutator->count + 1), &message, 1);
    mutator_note(mutator, "double");
}

static void remove_one(struct mutator *mutator, size_t place, struct random *random)
{
    if (mutator->count == 1) {
        replace_one(mutator, place, random);
        return;
    }
    mutator->count--;
    memmove(mutator->parts + place, mutator->parts + place + 1,
            (mutator->count - place) * sizeof *mutator->parts);
    mutator_note(mutator, "remove");
}

static void swap_two(struct mutator *mutator, size_t place, struct random *random)
{
    size_t other = pick(random, mutator->count);
    struct view message = mutator->parts[place];

    mutator->parts[place] = mutator->parts[other];
    mutator->parts[other] = message;
    mutator_note(mutator, "swap");
}

typedef void sequence_way(struct mutator *mutator, size_t place, struct random *random);
static sequence_way *const sequence_ways[] = {insert_one,  insert_one, insert_kept,
                                              replace_one, double_one, remove_one,
                                              remove_one,  swap_two};

/* What has more messages than leads to any state mostly loses some. */
void mutator_sequence(struct mutator *mutator, struct random *random)
{
    size_t place = pick(random, mutator->count);
    sequence_way *way =
        sequence_ways[pick(random, sizeof sequence_ways / sizeof sequence_ways[0])];

    if (mutator->count > mutator->many && !once_in(random, 8))
        way = remove_one;
    way(mutator, place, random);
}
