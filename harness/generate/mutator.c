#include "generate/mutator_parts.h"
#include "generate/raw.h"

#include <stdio.h>

/* --- what was done ------------------------------------------------------------------ */

void mutator_note(struct mutator *mutator, const char *what)
{
    if (mutator->done_count < MUTATOR_DONE)
        mutator->done[mutator->done_count++] = what;
}

const char *mutator_describe(const struct mutator *mutator, char *text, size_t size)
{
    size_t used = 0;

    if (size)
        *text = '\0';
    for (size_t i = 0; i < mutator->done_count && used < size; i++)
        used += (size_t)snprintf(text + used, size - used, "%s%s", i ? "-" : "",
                                 mutator->done[i]);
    return text;
}

/* --- inputs ------------------------------------------------------------------------- */

static void begin(struct mutator *mutator, struct view input)
{
    mutator->count = input_split(mutator->framing, input, mutator->parts, INPUT_MESSAGES);
    mutator->from = NULL;
    mutator->other = (struct view){0};
    mutator->done_count = 0;
}

/* Long inputs cost the target time and are seldom worth it: an input may grow to a few of
 * the longest exemplars, and beyond that only now and then. */
static size_t limit_growth(const struct mutator *mutator, struct view input,
                           struct random *random, size_t maximum)
{
    size_t limit = mutator->usual > input.length ? mutator->usual : input.length;

    return limit > maximum || once_in(random, 32) ? maximum : limit;
}

/* As many of the messages as there is room for; of the first one, at least its front. */
static int join(const struct mutator *mutator, size_t most, struct buffer *out)
{
    size_t length = 0;

    buffer_clear(out);
    for (size_t i = 0; i < mutator->count; i++, length = out->length)
        if (input_append(mutator->framing, mutator->parts[i], out) < 0 ||
            out->length > most) {
            out->length = length;
            break;
        }
    if (out->length == 0 && mutator->count)
        return buffer_append(out, view_slice(mutator->parts[0], 0, most));
    return 0;
}

int mutator_raw(const struct source *source, struct buffer *bytes, size_t most)
{
    if (most > bytes->maximum)
        most = bytes->maximum;
    if (bytes->length > most)
        bytes->length = most;
    if (!source->bytes) {
        raw_change(bytes, source->random);
        return 0;
    }
    if (buffer_reserve(bytes, most - bytes->length) < 0)
        return -1;
    bytes->length =
        source->bytes(source->context, bytes->data, bytes->length, most, source->random);
    if (bytes->length > most)
        bytes->length = most;
    return 0;
}

/* --- the ways of changing an input -------------------------------------------------- */

enum { WAYS_TOTAL = 64 };

/* Each takes mutator->parts; 1: they are changed; 0: not in this way; -1: memory. */
typedef int way(struct mutator *mutator, const struct source *source, size_t most);

static int change_message(struct mutator *mutator, const struct source *source,
                          size_t most)
{
    size_t at;
    int status;

    if (mutator->count > mutator->many)
        mutator_sequence(mutator, source->random);
    at = pick(source->random, mutator->count);
    status = mutator_message(mutator, source, mutator->parts[at], most);
    if (status > 0)
        mutator->parts[at] = buffer_view(&mutator->bytes);
    return status;
}

static int change_sequence(struct mutator *mutator, const struct source *source,
                           size_t most)
{
    mutator_sequence(mutator, source->random);
    if (mutator->count && once_in(source->random, 2) &&
        change_message(mutator, source, most) < 0)
        return -1;
    return mutator->count > 0;
}

/* A message's bytes are broken without its grammar, and what depends on them follows. */
static int change_repaired(struct mutator *mutator, const struct source *source,
                           size_t most)
{
    size_t at = pick(source->random, mutator->count);
    struct view message = mutator->parts[at];
    struct buffer *room = &mutator->room;

    buffer_clear(room);
    if (buffer_append(room, view_slice(message, 0, room->maximum)) < 0 ||
        mutator_raw(source, room,
                    most < message.length + 64 ? most : message.length + 64) < 0)
        return -1;
    if (mutator_read(mutator, buffer_view(room)) < 0)
        return 0;
    buffer_clear(&mutator->bytes);
    if (tree_emit(&mutator->tree, &mutator->bytes) < 0 || !mutator->bytes.length)
        return 0;
    mutator_note(mutator, "repaired");
    mutator->parts[at] = buffer_view(&mutator->bytes);
    return 1;
}

/* Left to the engine. */
static int change_nothing(struct mutator *mutator, const struct source *source,
                          size_t most)
{
    (void)mutator;
    (void)source;
    (void)most;
    return 0;
}

static const struct {
    unsigned share;
    way *run;
} ways[] = {
    {34, change_message},
    {8, change_sequence},
    {8, change_repaired},
    {WAYS_TOTAL - 50, change_nothing},
};

static way *choose_way(struct random *random)
{
    size_t at = pick(random, WAYS_TOTAL), chosen = 0;

    while (at >= ways[chosen].share)
        at -= ways[chosen++].share;
    return ways[chosen].run;
}

static int change_bytes(struct mutator *mutator, const struct source *source,
                        struct view input, size_t most, struct buffer *out)
{
    buffer_clear(out);
    if (buffer_append(out, view_slice(input, 0, most)) < 0)
        return -1;
    mutator_note(mutator, "bytes");
    return mutator_raw(source, out, most);
}

int mutator_change(struct mutator *mutator, struct view input, struct random *random,
                   mutator_bytes *bytes, void *context, struct buffer *out)
{
    struct source source = {random, bytes, context};
    size_t most = limit_growth(mutator, input, random, out->maximum);
    int status;

    begin(mutator, input);
    if (mutator->count == 0)
        mutator_insert_exemplar(mutator, 0, random);
    if (mutator->count == 0) /* the exemplar has no bytes */
        return change_bytes(mutator, &source, input, most, out);
    status = choose_way(random)(mutator, &source, most);
    if (status < 0)
        return -1;
    if (status > 0 || input.length == 0)
        return join(mutator, most, out);
    return change_bytes(mutator, &source, input, most, out);
}

/* --- with another input ------------------------------------------------------------- */

/* The front of one, the back of the other. */
static void cross_halves(struct mutator *mutator, const struct view *others, size_t count,
                         struct random *random)
{
    size_t kept = pick(random, mutator->count + 1), from = pick(random, count);

    mutator->count = kept;
    mutator_insert(mutator, kept, others + from, count - from);
    mutator_note(mutator, "halves");
}

static void cross_inside(struct mutator *mutator, const struct view *others, size_t count,
                         struct random *random)
{
    size_t from = pick(random, count), length = 1 + pick(random, count - from);

    mutator_insert(mutator, pick(random, mutator->count + 1), others + from, length);
    mutator_note(mutator, "inside");
}

/* A subtree of one of its messages. */
static int cross_subtree(struct mutator *mutator, const struct view *others, size_t count,
                         struct random *random, size_t most)
{
    struct source source = {.random = random};
    size_t at = pick(random, mutator->count);
    int status;

    mutator->other = others[pick(random, count)];
    if (mutator_read(mutator, mutator->parts[at]) < 0 ||
        !mutator_splice(mutator, &source, most))
        return 0;
    buffer_clear(&mutator->bytes);
    status = tree_emit(&mutator->tree, &mutator->bytes);
    if (status < 0 || mutator->bytes.length == 0)
        return 0;
    mutator->parts[at] = buffer_view(&mutator->bytes);
    return 1;
}

int mutator_cross(struct mutator *mutator, struct view input, struct view other,
                  struct random *random, struct buffer *out)
{
    struct view others[INPUT_MESSAGES];
    size_t count = input_split(mutator->framing, other, others, INPUT_MESSAGES);
    size_t most = limit_growth(mutator, input, random, out->maximum);

    begin(mutator, input);
    if (count == 0 || mutator->count == 0)
        return mutator_change(mutator, count ? other : input, random, NULL, NULL, out);
    if (once_in(random, 2) && cross_subtree(mutator, others, count, random, most) > 0)
        return join(mutator, most, out);
    if (once_in(random, 2))
        cross_halves(mutator, others, count, random);
    else
        cross_inside(mutator, others, count, random);
    return join(mutator, most, out);
}

void mutator_keep(struct mutator *mutator, struct view input)
{
    struct view messages[INPUT_MESSAGES];
    size_t count = input_split(mutator->framing, input, messages, INPUT_MESSAGES);

    for (size_t i = 0; i < count; i++) {
        struct buffer *place = &mutator->kept[mutator->kept_next];

        buffer_clear(place);
        if (messages[i].length == 0 || buffer_append(place, messages[i]) < 0)
            continue;
        mutator->kept_next = (mutator->kept_next + 1) % MUTATOR_KEPT;
        if (mutator->kept_count < MUTATOR_KEPT)
            mutator->kept_count++;
    }
}
