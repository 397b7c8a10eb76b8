/* What the parts of the mutator share. */
#ifndef PERCUSS_GENERATE_MUTATOR_PARTS_H
#define PERCUSS_GENERATE_MUTATOR_PARTS_H

#include "generate/anomaly.h"
#include "generate/mutator.h"

enum { MUTATOR_KEPT = 64, KEPT_BYTES = 4096, MUTATOR_DONE = 8, MUTATOR_CONTEXTS = 8 };
enum { MUTATOR_ANOMALIES = 64 };

/* The engine's own mutation, and the random numbers of the present call. */
struct source {
    struct random *random;
    mutator_bytes *bytes; /* NULL: ours */
    void *context;
};

struct mutator {
    const struct model *model;
    const struct framing *framing;
    /* The session with one message in front of its own: the one at hand, as it was before
     * it was changed. So anomalies and splices find both at one place. */
    struct session around;
    size_t exemplars;           /* messages behind it */
    struct session_message own; /* what the model builds, without a session */
    struct buffer *fragments; /* of each exemplar: the bytes of an input that sends it */
    size_t usual, many;       /* how many bytes, messages an input may well have */
    struct context contexts[MUTATOR_CONTEXTS]; /* in which messages are read */
    size_t context_count;
    const struct anomaly_ops *anomalies[MUTATOR_ANOMALIES]; /* those that change a tree */
    size_t anomaly_count;

    struct buffer kept[MUTATOR_KEPT]; /* messages of other inputs */
    size_t kept_count, kept_next;

    struct view parts[INPUT_MESSAGES]; /* the input's messages */
    size_t count;
    struct view other; /* mutator_cross: the message to take from; else empty */
    struct tree tree, donor;
    const struct tree *from; /* what this call splices from; NULL: not chosen yet */
    bool changed;            /* `tree`, since it was read */
    struct buffer bytes, room;
    const char *done[MUTATOR_DONE];
    size_t done_count;
};

static inline size_t pick(struct random *random, size_t count)
{
    return (size_t)random_next_below(random, count);
}

/* True once in `times`. */
static inline bool once_in(struct random *random, uint64_t times)
{
    return random_next_below(random, times) == 0;
}

void mutator_note(struct mutator *mutator, const char *what);

/* Any bytes, changed by the engine or by us, at most `most` long. -1: memory. */
int mutator_raw(const struct source *source, struct buffer *bytes, size_t most);

/* --- one message (mutator_message.c) ------------------------------------------------ */

/* Reads it into mutator->tree, in the first context that makes it valid, else the first.
 * -1: memory, nesting, or it is too long. */
int mutator_read(struct mutator *mutator, struct view message);
/* Changes a message as a tree into mutator->bytes. 1: done; 0: nothing there that can be
 * changed; -1: memory. */
int mutator_message(struct mutator *mutator, const struct source *source,
                    struct view message, size_t most);

/* One change of the tree. False: nothing fits here. */
bool mutator_integer(struct mutator *mutator, const struct source *source, size_t most);
bool mutator_content(struct mutator *mutator, const struct source *source, size_t most);
bool mutator_order(struct mutator *mutator, const struct source *source, size_t most);
bool mutator_splice(struct mutator *mutator, const struct source *source, size_t most);
bool mutator_anomaly(struct mutator *mutator, const struct source *source, size_t most);

/* A node that is part of the message, of one of these kinds (bits), by chance; TREE_NONE
 * when a few tries find none. */
uint32_t mutator_node(const struct tree *tree, struct random *random, unsigned kinds);
/* The number of a child among its parent's. */
size_t mutator_place(const struct tree *tree, uint32_t child);
/* A tree to take from: an exemplar's, or that of a message that was kept. NULL: none. */
const struct tree *mutator_donor(struct mutator *mutator, struct random *random);

/* --- the order of messages (mutator_sequence.c) ------------------------------------- */

/* Changes mutator->parts; they go on borrowing. */
void mutator_sequence(struct mutator *mutator, struct random *random);
void mutator_insert(struct mutator *mutator, size_t place, const struct view *messages,
                    size_t count);
/* An exemplar, at times behind all that leads to its state. */
void mutator_insert_exemplar(struct mutator *mutator, size_t place,
                             struct random *random);

#endif
