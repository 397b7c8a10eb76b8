/* Case numbers to messages. */
#include "generate/raw.h"
#include "generate/steps.h"

#include <limits.h>

enum { MESSAGE_MAXIMUM = 1 << 20 };
enum { STACKED_CHOICES = 64, STACKED_REPEATS = 3, STACKED_DRAWS = 8 };

void generator_init(struct generator *generator, const struct plan *plan)
{
    *generator = (struct generator){.plan = plan,
                                    .bytes = buffer_make(MESSAGE_MAXIMUM),
                                    .frames = buffer_make(2 * MESSAGE_MAXIMUM),
                                    .held = buffer_make(MESSAGE_MAXIMUM)};
    tree_init(&generator->tree, plan->session->model);
    splitter_init(&generator->splitter, plan->session->model);
}

void generator_free(struct generator *generator)
{
    tree_free(&generator->tree);
    buffer_free(&generator->bytes);
    splitter_free(&generator->splitter);
    buffer_free(&generator->frames);
    buffer_free(&generator->held);
}

/* Sequence numbers of cases are even, those of probes and control traffic odd, so that a
 * late answer to one is never taken for an answer to the other. */
static void set_sequence(struct tree *tree, uint64_t value)
{
    for (uint32_t i = 0; i < tree->count; i++) {
        const struct field *field = tree_field(tree, i);

        if (field && field->role == ROLE_SEQUENCE && !tree->nodes[i].pinned)
            tree_set_integer(
                tree, i,
                field->bits >= 64 ? value : value & ((UINT64_C(1) << field->bits) - 1),
                false);
    }
}

/* --- valid messages ----------------------------------------------------------------- */

static int emit_exemplar(struct generator *generator, unsigned message, uint64_t serial)
{
    const struct session_message *exemplar = &generator->plan->session->messages[message];

    buffer_clear(&generator->bytes);
    if (tree_copy(&generator->tree, &exemplar->tree) < 0)
        return -1;
    set_sequence(&generator->tree, serial * 2 + 1);
    if (exemplar->vary != TREE_NONE) {
        unsigned bits = tree_field(&generator->tree, exemplar->vary)->bits;

        tree_set_integer(&generator->tree, exemplar->vary,
                         bits >= 64 ? serial : (serial + 1) & ((UINT64_C(1) << bits) - 1),
                         false);
    }
    return tree_emit(&generator->tree, &generator->bytes);
}

int generator_exemplar(struct generator *generator, unsigned message, uint64_t serial,
                       struct buffer *bytes)
{
    struct view frames;

    if (emit_exemplar(generator, message, serial) < 0 ||
        generator_frames(generator, message, &frames) < 0)
        return -1;
    return buffer_append(bytes, frames);
}

int generator_steps(struct generator *generator, unsigned message, uint64_t serial,
                    struct script *script)
{
    script_clear(script);
    return emit_exemplar(generator, message, serial) < 0
               ? -1
               : script_append(generator, message, false, NULL, script);
}

/* The number of the script's next message, or of one so many messages later. */
static uint64_t case_sequence(const struct script *script, int later)
{
    return (script->number * SCRIPT_MESSAGES + script->messages +
            (uint64_t)(int64_t)later) *
           2;
}

int script_exemplar(struct generator *generator, unsigned message, struct script *script)
{
    buffer_clear(&generator->bytes);
    if (tree_copy(&generator->tree, &generator->plan->session->messages[message].tree) <
        0)
        return -1;
    set_sequence(&generator->tree, case_sequence(script, 0));
    if (tree_emit(&generator->tree, &generator->bytes) < 0)
        return -1;
    return script_append(generator, message, false, NULL, script);
}

/* --- changes ------------------------------------------------------------------------ */

struct change {
    const struct stream *stream;
    uint64_t k;
};

/* Whether the node is where the exemplar has it: an earlier change may have cut it off.
 */
static bool still_there(const struct tree *tree, const struct site *site)
{
    const struct node *before = site_node(site), *now = &tree->nodes[site->node];

    return site->node < tree->count && now->field == before->field &&
           now->kind == before->kind && now->parent == before->parent;
}

/* A change that no longer fits what an earlier one left is dropped: the case stays a
 * case. */
static void apply_changes(struct generator *generator, const struct change *changes,
                          size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct stream *stream = changes[i].stream;

        if (stream->anomaly->change && still_there(&generator->tree, &stream->site))
            stream->anomaly->change(&stream->site, changes[i].k, &generator->tree);
    }
}

static void apply_rewrites(struct generator *generator, const struct change *changes,
                           size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct stream *stream = changes[i].stream;

        if (stream->anomaly->rewrite)
            stream->anomaly->rewrite(&stream->site, changes[i].k, &generator->bytes);
    }
}

/* --- a whole case ------------------------------------------------------------------- */

/* Changes on top of each other can multiply a message's length, or leave nothing of it:
 * of those that make it longer than the longest message, or empty, the last ones are left
 * out. *count: how many stay. */
static int emit_changed(struct generator *generator, unsigned message,
                        const struct change *changes, size_t *count, uint64_t sequence)
{
    const struct tree *exemplar = &generator->plan->session->messages[message].tree;

    for (;; --*count) {
        if (tree_copy(&generator->tree, exemplar) < 0)
            return -1;
        apply_changes(generator, changes, *count);
        set_sequence(&generator->tree, sequence);
        buffer_clear(&generator->bytes);
        if (tree_emit(&generator->tree, &generator->bytes) == 0 &&
            generator->bytes.length)
            return 0;
        if (*count == 0)
            return -1;
    }
}

/* Of a message that is split the bytes of its last piece change, so that its frames stay
 * frames. */
static int change_raw_piece(struct generator *generator, struct random *raw)
{
    struct view content;
    uint32_t node =
        segments_find(&generator->tree, buffer_view(&generator->bytes), &content);
    int status;

    if (node == TREE_NONE)
        return 0;
    buffer_clear(&generator->frames);
    if (buffer_append(&generator->frames, content) < 0)
        return -1;
    raw_change(&generator->frames, raw);
    content = buffer_view(&generator->frames);
    status = generator->tree.nodes[node].kind == FIELD_GROUP
                 ? tree_replace_group(&generator->tree, node, content)
                 : tree_set_bytes(&generator->tree, node, content);
    buffer_clear(&generator->bytes);
    return status < 0 ? -1 : tree_emit(&generator->tree, &generator->bytes);
}

/* The message, built and emitted, as steps that are delivered as arranged. */
static int append_arranged(struct generator *generator, unsigned message,
                           const struct arrangement *arrangement, struct script *script)
{
    size_t first = script->count;

    if (script_append(generator, message, true, arrangement, script) < 0)
        return -1;
    if (script->count > first && !delivery_is_whole(&arrangement->delivery))
        script_deliver(script, first, &arrangement->delivery);
    return 0;
}

static int append_fuzzed(struct generator *generator, unsigned message,
                         const struct change *changes, size_t count,
                         const struct arrangement *arrangement, struct random *raw,
                         struct script *script)
{
    if (emit_changed(generator, message, changes, &count,
                     case_sequence(script, arrangement->sequence)) < 0)
        return -1;
    if (generator->plan->session->messages[message].pieces) {
        if (raw && change_raw_piece(generator, raw) < 0)
            return -1;
        return append_arranged(generator, message, arrangement, script);
    }
    apply_rewrites(generator, changes, count);
    if (raw)
        raw_change(&generator->bytes, raw);
    return append_arranged(generator, message, arrangement, script);
}

/* The valid messages behind, each but the last delivered as the one before. */
static int append_behind(struct generator *generator,
                         const struct arrangement *arrangement, struct script *script)
{
    for (unsigned i = 0; i < arrangement->behind_times; i++) {
        if (i && script->count)
            script_deliver(script, script->count - 1, &arrangement->delivery);
        if (script_exemplar(generator, arrangement->behind, script) < 0)
            return -1;
    }
    return 0;
}

/* What comes before a message's connection comes before all that it needs of it. */
static void deliver_first(struct script *script)
{
    struct delivery delivery = script->steps[script->count - 1].delivery;

    script->steps[script->count - 1].delivery = (struct delivery){.way = DELIVERY_WHOLE};
    script->steps[0].delivery = delivery;
}

/* Breadth before length: long repetitions are enumerated cases. And a message that is not
 * sent whole and at once may end what a second one would need. */
static void bound_repetition(struct arrangement *arrangement, bool stacked)
{
    if (stacked && arrangement->repeat > STACKED_REPEATS)
        arrangement->repeat = STACKED_REPEATS;
    if (!delivery_is_whole(&arrangement->delivery))
        arrangement->repeat = 1;
}

static int make_case(struct generator *generator, const struct change *changes,
                     size_t count, struct random *raw, struct script *script)
{
    const struct site *site = &changes[0].stream->site;
    struct arrangement arrangement = arrangement_plain;

    for (size_t i = 0; i < count; i++)
        if (changes[i].stream->anomaly->arrange)
            changes[i].stream->anomaly->arrange(&changes[i].stream->site, changes[i].k,
                                                &arrangement);
    bound_repetition(&arrangement, count > 1);
    if (script_lead(generator, site, &arrangement, script) < 0)
        return -1;
    for (unsigned i = 0; i < arrangement.repeat; i++)
        if (append_fuzzed(generator, site->message, changes, count, &arrangement, raw,
                          script) < 0)
            return -1;
    if (arrangement.delivery.way == DELIVERY_JOINED)
        return append_behind(generator, &arrangement, script);
    if (arrangement.delivery.way == DELIVERY_RECONNECTED)
        deliver_first(script);
    return 0;
}

/* One of `width` streams from `first` on; of those that are for enumerated cases only
 * when so many draws gave no other. */
static size_t draw_stream(const struct plan *plan, struct random *random, size_t first,
                          size_t width)
{
    size_t place = first;

    for (int i = 0; i < STACKED_DRAWS; i++) {
        place = first + random_next_below(random, width);
        if (!plan->streams[place].anomaly->enumerated)
            break;
    }
    return place;
}

static void pick_stacked(const struct plan *plan, struct random *random,
                         struct change *changes, size_t *count)
{
    size_t place = draw_stream(plan, random, 0, plan->stream_count);
    const struct stream *base = &plan->streams[place];
    size_t wanted = 1 + random_next_below(random, PLAN_CHANGES);

    changes[0] =
        (struct change){base, base->first + random_next_below(random, base->count)};
    for (*count = 1; *count < wanted; (*count)++) {
        const struct stream *other = &plan->streams[draw_stream(
            plan, random, base->alike, base->alike_end - base->alike)];

        changes[*count] = (struct change){
            other, other->first + random_next_below(random, other->count)};
    }
}

size_t plan_streams(const struct plan *plan, uint64_t number,
                    uint32_t streams[PLAN_CHANGES])
{
    struct random random = {random_key(plan->seed, 2), number * STACKED_CHOICES};
    struct change changes[PLAN_CHANGES];
    uint64_t index;
    size_t count;

    plan_locate(plan, number, &streams[0], &index);
    if (streams[0] != PLAN_STACKED)
        return 1;
    pick_stacked(plan, &random, changes, &count);
    for (size_t i = 0; i < count; i++)
        streams[i] = (uint32_t)(changes[i].stream - plan->streams);
    return count;
}

static int make_stacked(struct generator *generator, struct script *script)
{
    struct random random = {random_key(generator->plan->seed, 2), 0};
    struct change changes[PLAN_CHANGES];
    size_t count;

    random.counter = script->number * STACKED_CHOICES;
    pick_stacked(generator->plan, &random, changes, &count);
    return make_case(generator, changes, count,
                     random_next_below(&random, 4) ? NULL : &random, script);
}

int generator_case(struct generator *generator, uint64_t number, struct script *script)
{
    struct change change;

    script->number = number;
    script_clear(script);
    plan_locate(generator->plan, number, &script->stream, &script->index);
    if (script->stream == PLAN_STACKED)
        return make_stacked(generator, script);
    change = (struct change){&generator->plan->streams[script->stream], script->index};
    return make_case(generator, &change, 1, NULL, script);
}
