/* What a mutator knows from the beginning: the session around the message at hand, the
 * anomalies that change trees, the contexts. */
#include "generate/mutator_parts.h"

#include <stdlib.h>
#include <string.h>

enum { USUAL_LEAST = 256, USUAL_TIMES = 4, MANY_LEAST = 1 };

/* Kinds that need an exemplar's place in the plan, or the wire, are for cases alone. */
static void list_anomalies(struct mutator *mutator)
{
    for (const struct anomaly_ops *const *kind = anomaly_kinds; *kind; kind++)
        if ((*kind)->change && !(*kind)->enumerated && !(*kind)->wanted &&
            mutator->anomaly_count < MUTATOR_ANOMALIES)
            mutator->anomalies[mutator->anomaly_count++] = *kind;
}

static void list_contexts(struct mutator *mutator)
{
    mutator->context_count = 1; /* what nobody told anything */
    for (size_t i = 1; i <= mutator->exemplars; i++) {
        const struct context *context = &mutator->around.messages[i].tree.context;
        size_t known = 0;

        while (known < mutator->context_count &&
               memcmp(&mutator->contexts[known], context, sizeof *context) != 0)
            known++;
        if (known == mutator->context_count && known < MUTATOR_CONTEXTS)
            mutator->contexts[mutator->context_count++] = *context;
    }
}

struct taking {
    const struct framing *framing;
    struct buffer *fragment;
};

static int take_frame(void *context, struct view frame)
{
    const struct taking *taking = context;

    return input_append(taking->framing, frame, taking->fragment);
}

static int make_fragment(const struct mutator *mutator,
                         const struct session_message *message, struct buffer *fragment)
{
    struct taking taking = {mutator->framing, fragment};
    struct splitter splitter;
    int status;

    *fragment = buffer_make(INPUT_MAXIMUM);
    if (!message->pieces)
        return input_append(mutator->framing, buffer_view(&message->bytes), fragment);
    splitter_init(&splitter, mutator->model);
    status = splitter_run(&splitter, &message->tree, buffer_view(&message->bytes),
                          &message->tree, message->pieces, take_frame, &taking);
    splitter_free(&splitter);
    return status;
}

/* The message of which nothing is said: what the grammar gives by itself. */
static int build_own(struct mutator *mutator, struct error *error)
{
    struct session_message *own = &mutator->own;
    struct yaml_document *nothing = yaml_parse("(nothing)", view_text("{}"), error);
    int status = -1;

    tree_init(&own->tree, mutator->model);
    own->name = "plain";
    own->bytes = buffer_make(INPUT_MAXIMUM);
    if (nothing)
        status = tree_build(&own->tree, mutator->model, false, yaml_root(nothing), error);
    yaml_close(nothing);
    if (status == 0 && tree_emit(&own->tree, &own->bytes) < 0)
        status = error_set(error, "%s: its plainest message is too long to be an input",
                           model_id(mutator->model));
    return status;
}

/* The session's messages behind a place for the one at hand. */
static int surround(struct mutator *mutator, const struct session *session,
                    struct error *error)
{
    if (session)
        mutator->around = *session;
    else if (build_own(mutator, error) < 0)
        return -1;
    mutator->exemplars = session ? session->message_count : 1;
    mutator->around.model = mutator->model;
    mutator->around.message_count = 1 + mutator->exemplars;
    mutator->around.messages =
        calloc(1 + mutator->exemplars, sizeof *mutator->around.messages);
    mutator->fragments = calloc(mutator->exemplars, sizeof *mutator->fragments);
    if (!mutator->around.messages || !mutator->fragments)
        return error_set(error, "memory is short");
    memcpy(mutator->around.messages + 1, session ? session->messages : &mutator->own,
           mutator->exemplars * sizeof *mutator->around.messages);
    mutator->around.messages[0] =
        (struct session_message){.name = "", .bytes = buffer_make(INPUT_MAXIMUM)};
    tree_init(&mutator->around.messages[0].tree, mutator->model);
    mutator->usual = USUAL_LEAST;
    mutator->many = MANY_LEAST;
    for (size_t i = 0; i < mutator->around.state_count; i++)
        if (mutator->many < MANY_LEAST + mutator->around.states[i].path_count)
            mutator->many = MANY_LEAST + mutator->around.states[i].path_count;
    for (size_t i = 0; i < mutator->exemplars; i++) {
        /* One that is too long for an input is never put into one. */
        if (make_fragment(mutator, &mutator->around.messages[1 + i],
                          &mutator->fragments[i]) < 0)
            buffer_clear(&mutator->fragments[i]);
        if (mutator->usual < USUAL_TIMES * mutator->fragments[i].length)
            mutator->usual = USUAL_TIMES * mutator->fragments[i].length;
    }
    return 0;
}

struct mutator *mutator_new(const struct model *model, const struct session *session,
                            struct error *error)
{
    struct mutator *mutator = calloc(1, sizeof *mutator);

    if (!mutator) {
        error_set(error, "memory is short");
        return NULL;
    }
    mutator->model = model;
    mutator->framing = model_framing(model);
    mutator->bytes = buffer_make(INPUT_MAXIMUM);
    mutator->room = buffer_make(INPUT_MAXIMUM);
    tree_init(&mutator->tree, model);
    tree_init(&mutator->donor, model);
    for (size_t i = 0; i < MUTATOR_KEPT; i++)
        mutator->kept[i] = buffer_make(KEPT_BYTES);
    list_anomalies(mutator);
    if (surround(mutator, session, error) < 0) {
        mutator_free(mutator);
        return NULL;
    }
    list_contexts(mutator);
    return mutator;
}

void mutator_free(struct mutator *mutator)
{
    if (!mutator)
        return;
    if (mutator->around.messages) {
        tree_free(&mutator->around.messages[0].tree);
        buffer_free(&mutator->around.messages[0].bytes);
    }
    for (size_t i = 0; mutator->fragments && i < mutator->exemplars; i++)
        buffer_free(&mutator->fragments[i]);
    for (size_t i = 0; i < MUTATOR_KEPT; i++)
        buffer_free(&mutator->kept[i]);
    tree_free(&mutator->own.tree);
    buffer_free(&mutator->own.bytes);
    tree_free(&mutator->tree);
    tree_free(&mutator->donor);
    buffer_free(&mutator->bytes);
    buffer_free(&mutator->room);
    free(mutator->around.messages);
    free(mutator->fragments);
    free(mutator);
}
