#include "engine/guided_parts.h"
#include "engine/walk.h"

#include <stdio.h>

/* One case in so many is crossed with another input. Of those that leave the device
 * waiting for more, which takes many times as long as others, one in so many is sent. */
enum { CROSSED = 5, UNENDED = 64 };
/* Half of the cases go on from where an edge was new. What breaks the grammar is dearer
 * by so much: of it the mutator knows no fields. */
enum { FRONTIER = 2, BROKEN = 4 };
/* Of an input nothing may be left to send; after so many like this a seed goes as it is.
 */
enum { ATTEMPTS = 1000 };

/* --- inputs ------------------------------------------------------------------------- */

/* The input as it is sent: its messages, each whole, `most` of them at most. One without
 * a byte is none. */
static int put_messages(const struct framing *framing, struct view input, size_t most,
                        struct buffer *out)
{
    struct view messages[INPUT_MESSAGES];
    size_t count = input_split(framing, input, messages, INPUT_MESSAGES);

    buffer_clear(out);
    for (size_t i = 0; i < count && i < most; i++)
        if (messages[i].length && input_append(framing, messages[i], out) < 0)
            return -1;
    return 0;
}

const char *guided_name(const struct campaign *campaign, const struct sequence *log,
                        char *text, size_t size)
{
    const struct framing *framing = model_framing(campaign->model);
    struct buffer input = buffer_make(2 * INPUT_MAXIMUM);
    size_t first = sequence_tail(log, 1);
    char name[POOL_NAME];

    for (size_t i = first; i < log->count; i++)
        input_append(framing, sequence_bytes(log, i), &input);
    snprintf(text, size, "guided/%s", pool_name(buffer_view(&input), name));
    buffer_free(&input);
    return text;
}

/* --- one case ----------------------------------------------------------------------- */

/* The edge whose turn it is. One behind which the device can see nothing more has half as
 * many turns: something may still fail there. */
static uint64_t draw_edge(struct guided *guided)
{
    const struct coverage_map *map = guided->reach.map;
    uint64_t trait = edges_draw(&guided->fresh);

    if (map && trait != EDGES_NONE &&
        __atomic_load_n(&map->spent, __ATOMIC_RELAXED) == 1 + reach_edge(trait))
        edges_count(&guided->fresh, trait);
    return trait;
}

/* The input that stands for an edge; a device that sees little at once looks there. The
 * pool's count: none. */
static size_t draw_frontier(struct guided *guided)
{
    uint64_t trait = draw_edge(guided);

    if (trait != EDGES_NONE && guided->reach.map)
        __atomic_store_n(&guided->reach.map->focus, 1 + reach_edge(trait),
                         __ATOMIC_RELAXED);
    return pool_champion(&guided->pool, trait);
}

/* A corpus entry, or a seed as long as there is none. */
static struct view draw(struct guided *guided, struct random *random,
                        struct pool_entry **entry)
{
    struct pool *pool = &guided->pool;
    size_t number;

    *entry = NULL;
    if (pool->count == 0)
        return buffer_view(&guided->seeds[random_next_below(random, guided->seed_count)]);
    number = pool->count;
    if (random_next_below(random, FRONTIER) == 0)
        number = draw_frontier(guided);
    if (number == pool->count)
        number = pool_draw(pool, &guided->reach.traits, random);
    *entry = &pool->entries[number];
    return buffer_view(&(*entry)->input);
}

/* Is every message a frame? */
static bool is_whole(const struct guided *guided, struct view input)
{
    struct view messages[INPUT_MESSAGES];
    size_t count = input_split(guided->framing, input, messages, INPUT_MESSAGES);

    for (size_t i = 0; i < count; i++)
        if (!walk_is_frame(guided->framing, messages[i]))
            return false;
    return true;
}

static int change_once(struct guided *guided, struct random *random)
{
    struct view input = draw(guided, random, &guided->parent), other;
    struct pool_entry *second;
    int status;

    if (random_next_below(random, CROSSED) == 0) {
        other = draw(guided, random, &second);
        if (second)
            snprintf(guided->other, sizeof guided->other, "%s", second->name);
        status = mutator_cross(guided->mutator, input, other, random, &guided->made);
    } else {
        status =
            mutator_change(guided->mutator, input, random, NULL, NULL, &guided->made);
    }
    mutator_describe(guided->mutator, guided->how, sizeof guided->how);
    return status;
}

static int change(struct guided *guided, struct random *random)
{
    int status;

    do {
        guided->other[0] = '\0';
        status = change_once(guided, random);
    } while (status == 0 && !is_whole(guided, buffer_view(&guided->made)) &&
             random_next_below(random, UNENDED) != 0);
    return status;
}

/* The input as it is sent, as far as the session knows its way: what is kept of it, and
 * the steps of a case. */
static int put_sound(struct guided *guided, struct view input, struct script *script)
{
    struct walk_message messages[INPUT_MESSAGES];

    script->count = script->messages = walk_input(&guided->kin, input, messages);
    guided->unsettled = walk_breaks(messages, script->count);
    buffer_clear(&guided->input);
    buffer_clear(&script->bytes);
    for (size_t i = 0; i < script->count; i++) {
        script->steps[i] = (struct step){.message = messages[i].kin.message,
                                         .fuzzed = messages[i].kin.changed,
                                         .offset = script->bytes.length,
                                         .length = messages[i].bytes.length};
        if (input_append(guided->framing, messages[i].bytes, &guided->input) < 0 ||
            buffer_append(&script->bytes, messages[i].bytes) < 0)
            return -1;
    }
    return 0;
}

/* The next seed, or a change, as it is sent. */
static int make_input(struct guided *guided, struct random *random, struct script *script)
{
    struct view source;

    guided->parent = NULL;
    guided->other[0] = '\0';
    snprintf(guided->how, sizeof guided->how, "seed");
    if (guided->next_seed < guided->seed_count)
        source = buffer_view(&guided->seeds[guided->next_seed++]);
    else if (change(guided, random) < 0)
        return -1;
    else
        source = buffer_view(&guided->made);
    return put_sound(guided, source, script);
}

int guided_case(struct guided *guided, uint64_t number, struct script *script)
{
    struct random random = {
        .key = random_key(random_key(guided->campaign->seed, number),
                          (uint64_t)recorder_attempt(guided->recorder, number))};

    guided->key = random.key;
    if (guided->unsettled)
        runner_settle(guided->runner);
    script->number = number;
    script->stream = PLAN_STACKED;
    script->index = 0;
    script->count = 0;
    for (int i = 0; i < ATTEMPTS && script->count == 0; i++)
        if (make_input(guided, &random, script) < 0)
            return -1;
    if (script->count == 0 && put_sound(guided, buffer_view(guided->seeds), script) < 0)
        return -1;
    if (guided->campaign->connection_per_case)
        reach_restart(&guided->reach);
    reach_begin(&guided->reach);
    guided->began_ns = clock_now_ns();
    return 0;
}

static void note_reply(void *context, const struct case_result *result)
{
    struct guided *guided = context;

    /* Without memory for it the reply guides nothing. */
    reach_reply(&guided->reach, result->last_message, result->outcome,
                result->reply_shape);
}

void guided_watch(struct guided *guided, struct run_options *options)
{
    options->exchanged = note_reply;
    options->context = guided;
}

int guided_read(struct guided *guided)
{
    guided->cost_ns =
        (clock_now_ns() - guided->began_ns) * (guided->unsettled ? BROKEN : 1);
    return reach_read(&guided->reach, &guided->news);
}

/* --- the corpus --------------------------------------------------------------------- */

static int note_entry(struct guided *guided, struct view input, const char *parent,
                      struct error *error)
{
    char key[20], name[POOL_NAME];

    snprintf(key, sizeof key, "%016llx", (unsigned long long)guided->key);
    return store_write(guided->recorder->store, error,
                       "INSERT OR IGNORE INTO corpus VALUES (?,?,?,?,?,?,?,?,?,?)",
                       "tittttiiii", pool_name(input, name),
                       (int64_t)guided->recorder->last_case, parent, guided->other, key,
                       guided->how, (int64_t)input.length, (int64_t)guided->news.edges,
                       (int64_t)guided->news.counts, (int64_t)guided->news.replies);
}

/* Each of its messages alone is tried next: the one that did it may do it again, for
 * less. */
static int queue_messages(struct guided *guided, struct view input)
{
    struct view messages[INPUT_MESSAGES];
    size_t count = input_split(guided->framing, input, messages, INPUT_MESSAGES);

    for (size_t i = 0; count > 1 && i < count; i++) {
        buffer_clear(&guided->alone);
        if (input_append(guided->framing, messages[i], &guided->alone) < 0 ||
            guided_add_seed(guided, buffer_view(&guided->alone)) < 0)
            return -1;
    }
    return 0;
}

static int keep(struct guided *guided, struct view input, struct error *error)
{
    char name[POOL_NAME], parent[POOL_NAME] = "";

    if (pool_holds(&guided->pool, pool_name(input, name)))
        return 0;
    if (guided->parent)
        snprintf(parent, sizeof parent, "%s", guided->parent->name);
    if (pool_add(&guided->pool, input, guided->cost_ns, guided->reach.features,
                 guided->reach.count) < 0)
        return error_set(error, "out of memory for the corpus");
    guided->parent = NULL; /* it may have moved */
    if (guided->news.edges && (edges_add(&guided->fresh, guided->news.edge) < 0 ||
                               queue_messages(guided, input) < 0))
        return error_set(error, "out of memory for the corpus");
    mutator_keep(guided->mutator, input);
    return pool_write(guided->folder, input, error) < 0 ||
                   note_entry(guided, input, parent, error) < 0
               ? -1
               : guided_grow(guided, error);
}

int guided_keep(struct guided *guided, const struct case_result *result, bool broken,
                struct error *error)
{
    const struct reach_news *news = &guided->news;

    if (guided->parent) {
        guided->parent->children++;
        guided->parent->breakers += broken;
    }
    /* What it took to break the device is no way to anything behind. */
    if (broken || result->messages == 0)
        return 0;
    if (reach_learn(&guided->reach) < 0)
        return error_set(error, "out of memory for what cases reached");
    for (size_t i = 0; i < guided->reach.count; i++)
        guided->reach.features[i] = reach_trait(guided->reach.features[i]);
    if (news->edges + news->counts + news->replies == 0 &&
        !pool_is_improved(&guided->pool, buffer_view(&guided->input), guided->cost_ns,
                          guided->reach.features, guided->reach.count,
                          &guided->reach.traits))
        return 0;
    if (put_messages(guided->framing, buffer_view(&guided->input), result->messages,
                     &guided->made) < 0)
        return error_set(error, "out of memory for the corpus");
    return keep(guided, buffer_view(&guided->made), error);
}

int guided_grow(struct guided *guided, struct error *error)
{
    const struct coverage_map *map = guided->reach.map;

    return store_write(guided->recorder->store, error,
                       "INSERT OR REPLACE INTO growth VALUES (?,?,?,?,?,?,?)", "iiiuuii",
                       guided->recorder->sitting, (int64_t)guided->recorder->last_case,
                       clock_wall_ns(), map ? (int64_t)guided->reach.edges : -1,
                       map ? (int64_t)map->block_count : -1,
                       (int64_t)guided->reach.cases.used, (int64_t)guided->pool.count);
}
