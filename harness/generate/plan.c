#include "generate/plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Raise when the same plan inputs give other cases than before. */
static const char generator_version[] = "percuss-generator-3";

/* --- streams ------------------------------------------------------------------------ */

static int add_stream(struct plan *plan, size_t *capacity, const struct stream *stream)
{
    if (plan->stream_count == *capacity) {
        size_t larger = *capacity ? *capacity * 2 : 256;
        struct stream *grown = realloc(plan->streams, larger * sizeof *grown);

        if (!grown)
            return -1;
        plan->streams = grown;
        *capacity = larger;
    }
    plan->streams[plan->stream_count++] = *stream;
    return 0;
}

/* One stream for all cases of an anomaly at a site, or one for each. */
static int add_streams(struct plan *plan, size_t *capacity, struct stream *stream)
{
    uint64_t cases = stream->anomaly->count(&stream->site);

    stream->count = stream->anomaly->apart ? 1 : cases;
    for (stream->first = 0; stream->first < cases; stream->first += stream->count)
        if (add_stream(plan, capacity, stream) < 0)
            return -1;
    return 0;
}

/* What parse instances read is the business of the fields that lead there. */
static bool is_site(const struct node *node)
{
    return !node->looked_up && !node->rest;
}

/* What is cut off around a piece would leave no frame to split. */
static bool takes(const struct session_message *message, uint32_t node,
                  const struct anomaly_ops *anomaly)
{
    return is_site(&message->tree.nodes[node]) &&
           (!message->pieces || !anomaly->rewrite ||
            !segments_around(&message->tree, node));
}

static int add_message(struct plan *plan, size_t *capacity, unsigned state,
                       unsigned message)
{
    const struct session *session = plan->session;
    const struct tree *tree = &session->messages[message].tree;

    for (uint32_t node = 0; node < tree->count; node++)
        for (size_t a = 0; anomaly_kinds[a]; a++) {
            struct stream stream = {.site = {session, state, message, node},
                                    .anomaly = anomaly_kinds[a]};

            if (takes(&session->messages[message], node, anomaly_kinds[a]) &&
                add_streams(plan, capacity, &stream) < 0)
                return -1;
        }
    return 0;
}

static int list_streams(struct plan *plan)
{
    const struct session *session = plan->session;
    size_t capacity = 0;

    for (unsigned state = 0; state < session->state_count; state++)
        for (unsigned message = 0; message < session->message_count; message++)
            if (session->messages[message].fuzz &&
                session_belongs(session, message, state) &&
                add_message(plan, &capacity, state, message) < 0)
                return -1;
    return 0;
}

/* --- order: rounds ------------------------------------------------------------------ */

struct ranked {
    uint64_t count, shuffle;
    uint32_t stream;
};

static int compare_ranked(const void *a, const void *b)
{
    const struct ranked *x = a, *y = b;

    if (x->count != y->count)
        return x->count > y->count ? -1 : 1;
    if (x->shuffle != y->shuffle)
        return x->shuffle < y->shuffle ? -1 : 1;
    return x->stream < y->stream ? -1 : 1;
}

static int rank_streams(struct plan *plan)
{
    struct ranked *ranked = calloc(plan->stream_count + 1, sizeof *ranked);

    plan->order = calloc(plan->stream_count + 1, sizeof *plan->order);
    if (!ranked || !plan->order) {
        free(ranked);
        return -1;
    }
    for (size_t i = 0; i < plan->stream_count; i++)
        ranked[i] = (struct ranked){plan->streams[i].count,
                                    random_at(random_key(plan->seed, 1), i), (uint32_t)i};
    qsort(ranked, plan->stream_count, sizeof *ranked, compare_ranked);
    for (size_t i = 0; i < plan->stream_count; i++)
        plan->order[i] = ranked[i].stream;
    free(ranked);
    return 0;
}

/* Round r holds one case of every stream that has more than r. */
static int lay_rounds(struct plan *plan)
{
    size_t width = plan->stream_count;

    plan->round_count = width ? (size_t)plan->streams[plan->order[0]].count : 0;
    plan->round_start = calloc(plan->round_count + 1, sizeof *plan->round_start);
    plan->round_width = calloc(plan->round_count + 1, sizeof *plan->round_width);
    if (!plan->round_start || !plan->round_width)
        return -1;
    for (size_t round = 0; round < plan->round_count; round++) {
        while (width && plan->streams[plan->order[width - 1]].count <= round)
            width--;
        plan->round_width[round] = width;
        plan->round_start[round] = plan->total;
        plan->total += width;
    }
    plan->round_start[plan->round_count] = plan->total;
    return 0;
}

static size_t greatest_common_divisor(size_t a, size_t b)
{
    while (b) {
        size_t rest = a % b;

        a = b;
        b = rest;
    }
    return a;
}

/* A step through a round that lands far from the last place and visits all: near the
 * golden ratio. */
static size_t round_stride(size_t width)
{
    size_t stride = (size_t)((double)width * 0.6180339887) | 1;

    while (greatest_common_divisor(stride, width) != 1)
        stride++;
    return stride;
}

void plan_locate(const struct plan *plan, uint64_t number, uint32_t *stream,
                 uint64_t *index)
{
    uint64_t place = number - 1;
    size_t low = 0, high = plan->round_count;
    size_t width;

    if (number == 0 || place >= plan->total) {
        *stream = PLAN_STACKED;
        *index = number == 0 ? 0 : place - plan->total;
        return;
    }
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;

        if (plan->round_start[middle] <= place)
            low = middle;
        else
            high = middle;
    }
    width = plan->round_width[low];
    place -= plan->round_start[low];
    place = (uint64_t)((unsigned __int128)place * round_stride(width) % width);
    *stream = plan->order[place];
    *index = plan->streams[*stream].first + low;
}

/* --- names as kept ------------------------------------------------------------------ */

/* Every case of the campaign is named in the capture: what the cases of a stream share is
 * put together once. */
static int name_streams(struct plan *plan)
{
    const struct session *session = plan->session;

    for (size_t i = 0; i < plan->stream_count; i++) {
        struct stream *stream = &plan->streams[i];
        char path[160];

        stream_path(stream, path, sizeof path);
        if (asprintf(&stream->name, "%s/%s/%s%s%s[%s:", model_id(session->model),
                     session->states[stream->site.state].name,
                     session->messages[stream->site.message].name, path[0] ? "/" : "",
                     path, stream->anomaly->name) < 0) {
            stream->name = NULL;
            return -1;
        }
    }
    return 0;
}

/* --- what may be stacked ------------------------------------------------------------ */

/* Streams of the same message and state lie next to each other. */
static void group_streams(struct plan *plan)
{
    for (size_t first = 0, end; first < plan->stream_count; first = end) {
        const struct site *site = &plan->streams[first].site;

        for (end = first; end < plan->stream_count &&
                          plan->streams[end].site.message == site->message &&
                          plan->streams[end].site.state == site->state;
             end++)
            plan->streams[end].alike = (uint32_t)first;
        for (size_t i = first; i < end; i++)
            plan->streams[i].alike_end = (uint32_t)end;
    }
}

/* --- build -------------------------------------------------------------------------- */

static void hash_plan(struct plan *plan)
{
    struct hash_state *state = hash_begin();
    struct hash hash;

    hash_add_text(state, generator_version);
    for (size_t i = 0; anomaly_kinds[i]; i++)
        if (!anomaly_kinds[i]->wanted || anomaly_kinds[i]->wanted(plan->session))
            hash_add_text(state, anomaly_kinds[i]->name);
    hash_add_text(state, model_hash(plan->session->model));
    hash_add_text(state, plan->session->hash);
    hash_add_integer(state, plan->seed);
    hash_add_integer(state, plan->stream_count);
    hash_add_integer(state, plan->total);
    hash = hash_end(state);
    hash_to_text(&hash, plan->hash);
}

int plan_build(struct plan *plan, const struct session *session, uint64_t seed,
               struct error *error)
{
    *plan = (struct plan){.session = session, .seed = seed};
    if (list_streams(plan) < 0 || name_streams(plan) < 0 || rank_streams(plan) < 0 ||
        lay_rounds(plan) < 0) {
        plan_free(plan);
        return error_set(error, "out of memory while building the plan");
    }
    if (plan->total == 0) {
        plan_free(plan);
        return error_set(error,
                         "session '%s' has no message to fuzz: `fuzz: false` everywhere?",
                         session->id);
    }
    group_streams(plan);
    hash_plan(plan);
    return 0;
}

void plan_free(struct plan *plan)
{
    for (size_t i = 0; i < plan->stream_count; i++)
        free(plan->streams[i].name);
    free(plan->streams);
    free(plan->order);
    free(plan->round_start);
    free(plan->round_width);
    *plan = (struct plan){0};
}

/* --- names -------------------------------------------------------------------------- */

const char *stream_path(const struct stream *stream, char *text, size_t size)
{
    if (stream->site.node == 0) {
        text[0] = '\0';
        return text;
    }
    return tree_path(site_tree(&stream->site), stream->site.node, text, size);
}

const char *stream_field(const struct stream *stream, char *text, size_t size)
{
    const struct field *field = tree_field(site_tree(&stream->site), stream->site.node);

    if (field)
        snprintf(text, size, "%s.%s", field->type_name, field->name);
    else
        text[0] = '\0';
    return text;
}

const char *plan_name(const struct plan *plan, uint64_t number, char *text, size_t size)
{
    const struct stream *stream;
    char label[64];
    uint32_t id;
    uint64_t index;

    plan_locate(plan, number, &id, &index);
    if (id == PLAN_STACKED) {
        snprintf(text, size, "%s/stacked[%llu]", model_id(plan->session->model),
                 (unsigned long long)index);
        return text;
    }
    stream = &plan->streams[id];
    stream->anomaly->label(&stream->site, index, label, sizeof label);
    snprintf(text, size, "%s%s]", stream->name, label);
    return text;
}
