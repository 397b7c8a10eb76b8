/* The guided engine's beginning: its seeds, and what an idle device shows. */
#include "engine/guided_parts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* The device comes to rest, then shows what it does at rest. */
static const int64_t rest_ns = 30 * CLOCK_MS, idle_ns = 120 * CLOCK_MS;

/* --- seeds -------------------------------------------------------------------------- */

int guided_add_seed(void *context, struct view input)
{
    struct guided *guided = context;
    struct buffer *seed;

    if (guided->seed_count == guided->seed_capacity) {
        size_t capacity = guided->seed_capacity ? guided->seed_capacity * 2 : 64;
        struct buffer *longer = realloc(guided->seeds, capacity * sizeof *longer);

        if (!longer)
            return -1;
        guided->seeds = longer;
        guided->seed_capacity = capacity;
    }
    seed = &guided->seeds[guided->seed_count];
    *seed = buffer_make(INPUT_MAXIMUM);
    if (buffer_append(seed, input) < 0) {
        buffer_free(seed);
        return -1;
    }
    guided->seed_count++;
    return 0;
}

static int append_exemplar(struct guided *guided, unsigned message)
{
    struct runner *runner = guided->runner;

    buffer_clear(&runner->exemplar);
    return generator_exemplar(&runner->generator, message, runner->serial++,
                              &runner->exemplar) < 0
               ? -1
               : input_append(guided->framing, buffer_view(&runner->exemplar),
                              &guided->made);
}

/* A message behind what leads to its state; too long for an input, it is none. */
static int add_exemplar(struct guided *guided, unsigned message)
{
    const struct session_state *state = session_home(guided->campaign->session, message);

    buffer_clear(&guided->made);
    for (size_t i = 0; i < state->path_count; i++)
        if (append_exemplar(guided, state->path[i]) < 0)
            return 0;
    return append_exemplar(guided, message) < 0
               ? 0
               : guided_add_seed(guided, buffer_view(&guided->made));
}

static int add_corpora(struct guided *guided, struct error *error)
{
    const struct yaml *list = guided->campaign->corpora;
    char path[1600];

    for (const struct yaml *item = list ? list->child : NULL; item; item = item->next) {
        snprintf(path, sizeof path, "%s%s",
                 item->text[0] == '/' ? "" : guided->campaign->folder, item->text);
        if (pool_read(path, guided_add_seed, guided, error) < 0)
            return -1;
    }
    return 0;
}

/* Else every change would be of a message that is sent as it is, or not at all. */
static int check_session(const struct campaign *campaign, struct error *error)
{
    for (size_t i = 0; i < campaign->session->message_count; i++)
        if (campaign->session->messages[i].fuzz)
            return 0;
    return error_set(error,
                     "%s: no message of the session may be changed: leave out "
                     "`fuzz: false` of one",
                     campaign->path);
}

static int read_seeds(struct guided *guided, const char *corpus, struct error *error)
{
    for (unsigned i = 0; i < guided->campaign->session->message_count; i++)
        if (add_exemplar(guided, i) < 0)
            return error_set(error, "out of memory for seeds");
    if (add_corpora(guided, error) < 0 ||
        (corpus && pool_read(corpus, guided_add_seed, guided, error) < 0))
        return -1;
    if (mkdir(guided->folder, 0777) < 0 && errno != EEXIST)
        return error_set(error, "cannot make %s: %s", guided->folder, strerror(errno));
    if (pool_read(guided->folder, guided_add_seed, guided, error) < 0)
        return -1;
    return guided->seed_count
               ? 0
               : error_set(error,
                           "%s: no message of the session fits into an input of %d "
                           "bytes, and `corpus` names no other seeds",
                           guided->campaign->path, INPUT_MAXIMUM);
}

/* --- beginning and end -------------------------------------------------------------- */

struct guided *guided_open(struct runner *runner, struct recorder *recorder,
                           const char *corpus, struct error *error)
{
    struct guided *guided = calloc(1, sizeof *guided);
    const struct campaign *campaign = runner->campaign;

    if (!guided) {
        error_set(error, "out of memory");
        return NULL;
    }
    guided->runner = runner;
    guided->recorder = recorder;
    guided->campaign = campaign;
    guided->framing = model_framing(campaign->model);
    guided->input = buffer_make(INPUT_MAXIMUM);
    guided->made = buffer_make(INPUT_MAXIMUM);
    guided->alone = buffer_make(INPUT_MAXIMUM);
    snprintf(guided->folder, sizeof guided->folder, "%s/corpus", recorder->directory);
    reach_init(&guided->reach, campaign->session,
               runner->device->can & DEVICE_SEES_COVERAGE
                   ? runner->device->ops->coverage(runner->device)
                   : NULL);
    guided->mutator = mutator_new(campaign->model, campaign->session, error);
    if (!guided->mutator || check_session(campaign, error) < 0 ||
        kin_init(&guided->kin, campaign->session, error) < 0 ||
        read_seeds(guided, corpus, error) < 0) {
        guided_free(guided);
        return NULL;
    }
    return guided;
}

void guided_free(struct guided *guided)
{
    if (!guided)
        return;
    for (size_t i = 0; i < guided->seed_count; i++)
        buffer_free(&guided->seeds[i]);
    free(guided->seeds);
    mutator_free(guided->mutator);
    kin_free(&guided->kin);
    pool_free(&guided->pool);
    reach_free(&guided->reach);
    edges_free(&guided->fresh);
    buffer_free(&guided->input);
    buffer_free(&guided->made);
    buffer_free(&guided->alone);
    free(guided);
}

void guided_begin(struct guided *guided)
{
    if (!guided->reach.map)
        return;
    clock_sleep_until_ns(clock_now_ns() + rest_ns);
    reach_begin(&guided->reach);
    clock_sleep_until_ns(clock_now_ns() + idle_ns);
    reach_note_idle(&guided->reach);
}

void guided_restart(struct guided *guided)
{
    reach_restart(&guided->reach);
}
