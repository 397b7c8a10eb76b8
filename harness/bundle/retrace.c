#include "bundle/retrace.h"

#include <stdlib.h>
#include <string.h>

/* Serial numbers of the valid messages in a case begin here (the engine's). */
enum { CASE_SERIALS = 16 };
/* Records tried for one case; of one with values of replies, which are not known, few. */
enum { TRIES = 1000, TRIES_HOLES = 32 };
/* How often a record may go another way than the cases before. */
enum { TURNS = 3 };

int retrace_begin(struct retrace *retrace, const struct plan *plan, bool per_case,
                  const char *link_carries)
{
    const struct session *session = plan->session;

    *retrace = (struct retrace){.plan = plan,
                                .per_case = per_case,
                                .half_closes = strstr(link_carries, "half-close") != NULL,
                                .was_open = true,
                                .record = buffer_make(64 << 20),
                                .message = buffer_make(64 << 20),
                                .hashing = hash_begin()};
    generator_init(&retrace->generator, plan);
    generator_init(&retrace->probes, plan);
    script_init(&retrace->script);
    for (size_t i = 0; i < session->invariant_count; i++)
        retrace->reads[retrace->read_count++] = session->invariants[i].read;
    for (size_t i = 0; i < session->state_read_count; i++)
        retrace->reads[retrace->read_count++] = session->state_reads[i].read;
    for (size_t i = 0; i < session->reboot_count; i++)
        retrace->reads[retrace->read_count++] = session->reboots[i].read;
    for (size_t i = 0; i < session->resource_count; i++)
        retrace->reads[retrace->read_count++] = session->resources[i].read;
    retrace->habit = calloc(session->message_count, 2);
    retrace->habit_end[OUTCOME_SILENCE] = AFTER_PROBE;
    retrace->habit_end[OUTCOME_CLOSE] = AFTER_END;
    return retrace->hashing && retrace->habit ? 0 : -1;
}

void retrace_end(struct retrace *retrace)
{
    generator_free(&retrace->generator);
    generator_free(&retrace->probes);
    script_free(&retrace->script);
    buffer_free(&retrace->record);
    buffer_free(&retrace->message);
    hash_free(retrace->hashing);
    free(retrace->habit);
    *retrace = (struct retrace){0};
}

/* --- what is put into a record ------------------------------------------------------ */

static void put(struct retrace *retrace, enum digest_kind kind)
{
    digest_add(&retrace->record, kind, (struct view){NULL, 0});
    if (kind != DIGEST_HALF_CLOSED)
        retrace->open = kind == DIGEST_OPENED;
}

static void put_open(struct retrace *retrace)
{
    if (!retrace->open)
        put(retrace, DIGEST_OPENED);
}

static void put_exemplar(struct retrace *retrace, unsigned message)
{
    put_open(retrace);
    buffer_clear(&retrace->message);
    generator_exemplar(&retrace->probes, message, retrace->serial++, &retrace->message);
    digest_add(&retrace->record, DIGEST_SENT, buffer_view(&retrace->message));
}

/* A valid exchange; where states belong to connections it has its own. */
static void put_valid(struct retrace *retrace, unsigned message)
{
    const struct session *session = retrace->plan->session;
    const struct session_state *home = session_home(session, message);

    if (retrace->per_case) {
        retrace->open = false;
        for (size_t i = 0; i < home->path_count; i++)
            put_exemplar(retrace, home->path[i]);
    }
    put_exemplar(retrace, message);
    if (retrace->per_case)
        retrace->open = false;
}

/* One after the other; what was just asked is not asked again. */
static void put_sample(struct retrace *retrace)
{
    for (size_t i = 0; i < retrace->read_count; i++)
        if (i == 0 || retrace->reads[i] != retrace->reads[i - 1])
            put_valid(retrace, retrace->reads[i]);
}

static void put_reconnections(struct retrace *retrace, unsigned times)
{
    for (unsigned i = 0; i < times; i++) {
        if (retrace->open)
            put(retrace, DIGEST_CLOSED);
        put(retrace, DIGEST_OPENED);
    }
    put(retrace, DIGEST_CLOSED);
}

/* Steps [first, end) as one message, put on the link in the way of the first. */
static void put_steps(struct retrace *retrace, size_t first, size_t end)
{
    struct delivery delivery = retrace->script.steps[first].delivery;
    uint8_t record[DELIVERY_RECORD];
    struct view bytes;

    buffer_clear(&retrace->message);
    for (size_t i = first; i < end; i++) {
        if (end - first > 1)
            delivery.unit = (uint32_t)retrace->message.length;
        buffer_append(&retrace->message, script_bytes(&retrace->script, i));
    }
    if (end - first == 1 && delivery.way == DELIVERY_JOINED)
        delivery = (struct delivery){.way = DELIVERY_WHOLE};
    bytes = buffer_view(&retrace->message);
    if (delivery.way == DELIVERY_RECONNECTED)
        put_reconnections(retrace, delivery.unit);
    put_open(retrace);
    if (!delivery_is_whole(&delivery))
        digest_add(&retrace->record, DIGEST_DELIVERED,
                   delivery_record(&delivery, record));
    digest_add(&retrace->record, DIGEST_SENT,
               view_slice(bytes, 0, delivery_sent(&delivery, bytes.length)));
    if (delivery.way == DELIVERY_ABANDONED)
        put(retrace, DIGEST_CLOSED);
}

/* --- what may have followed a message ----------------------------------------------- */

static void put_again(struct retrace *retrace, size_t first, size_t end)
{
    buffer_clear(&retrace->message);
    for (size_t i = first; i < end; i++)
        buffer_append(&retrace->message, script_bytes(&retrace->script, i));
    digest_add(&retrace->record, DIGEST_SENT, buffer_view(&retrace->message));
}

/* False where it cannot be. */
static bool put_after(struct retrace *retrace, size_t first, size_t end, unsigned after)
{
    unsigned probe = retrace->plan->session->probe;

    if (after == AFTER_NOTHING)
        return true;
    if (after >= AFTER_TWICE && !retrace->wanted->resent)
        return false;
    if (after == AFTER_END) {
        if (!retrace->half_closes || !retrace->open)
            return false;
        put(retrace, DIGEST_HALF_CLOSED);
    }
    if (after == AFTER_END || after == AFTER_CLOSE)
        retrace->open = false;
    put_valid(retrace, probe);
    if (after == AFTER_SECOND)
        retrace->open = false;
    if (after == AFTER_AGAIN || after == AFTER_AGAIN_PROBE)
        put_again(retrace, first, end);
    if (after == AFTER_SECOND || after == AFTER_TWICE || after == AFTER_AGAIN_PROBE)
        put_valid(retrace, probe);
    return true;
}

/* --- the search --------------------------------------------------------------------- */

struct mark {
    size_t length;
    uint64_t serial;
    bool open;
};

static struct mark mark(const struct retrace *retrace)
{
    return (struct mark){retrace->record.length, retrace->serial, retrace->open};
}

static void go_back(struct retrace *retrace, struct mark to)
{
    retrace->record.length = to.length;
    retrace->serial = to.serial;
    retrace->open = to.open;
}

static bool is_wanted(struct retrace *retrace)
{
    struct hash hash = hash_again(retrace->hashing, buffer_view(&retrace->record));

    retrace->tries++;
    return memcmp(&hash, &retrace->wanted->digest, sizeof hash) == 0;
}

/* The record as it is, and with what was read behind the case. */
static bool ends_here(struct retrace *retrace)
{
    struct mark here = mark(retrace);

    if (retrace->wanted->sampled || retrace->wanted->cut_short) {
        put_sample(retrace);
        if (is_wanted(retrace))
            return true;
        go_back(retrace, here);
        if (retrace->wanted->sampled && !retrace->wanted->cut_short)
            return false;
    }
    return is_wanted(retrace);
}

static size_t joined_end(const struct script *script, size_t first)
{
    size_t last = first;

    while (last + 1 < script->count &&
           script->steps[last].delivery.way == DELIVERY_JOINED)
        last++;
    return last + 1;
}

static bool search(struct retrace *retrace, size_t first);

/* What was sent goes on behind this step, or ended there. */
static bool go_on(struct retrace *retrace, size_t end)
{
    if (end == retrace->script.count || retrace->wanted->cut_short)
        if (ends_here(retrace))
            return true;
    return end < retrace->script.count && search(retrace, end);
}

/* What came last behind such a message: the same is likely to come again. */
static uint8_t *habit_of(struct retrace *retrace, size_t end)
{
    const struct step *step = &retrace->script.steps[end - 1];

    return end == retrace->script.count
               ? &retrace->habit_end[retrace->wanted->outcome % RETRACE_OUTCOMES]
               : &retrace->habit[step->message * 2 + step->fuzzed];
}

/* The usual way is free, another one is a turn. */
static bool search_after(struct retrace *retrace, size_t first, size_t end)
{
    uint8_t *habit = habit_of(retrace, end), usual = *habit;
    struct mark here = mark(retrace);
    unsigned turns = retrace->turns;

    for (unsigned i = 0; i < AFTERS && retrace->tries < retrace->most; i++) {
        unsigned way = (usual + i) % AFTERS;

        if (i && !turns)
            break;
        retrace->turns = turns - (i > 0);
        if (put_after(retrace, first, end, way) && go_on(retrace, end)) {
            *habit = (uint8_t)way;
            return true;
        }
        go_back(retrace, here);
    }
    retrace->turns = turns;
    return false;
}

/* The device may have closed before each message. */
static bool search(struct retrace *retrace, size_t first)
{
    size_t end = joined_end(&retrace->script, first);
    struct mark here = mark(retrace);
    unsigned turns = retrace->turns;

    for (unsigned closed = 0; closed < 2; closed++) {
        if (closed && (!here.open || !turns))
            break;
        retrace->turns = turns - closed;
        retrace->open = here.open && !closed;
        put_steps(retrace, first, end);
        if (search_after(retrace, first, end))
            return true;
        go_back(retrace, here);
    }
    retrace->turns = turns;
    if (retrace->wanted->excluded && go_on(retrace, end))
        return true;
    go_back(retrace, here);
    return false;
}

static bool search_from(struct retrace *retrace, bool open, unsigned turns)
{
    retrace->turns = turns;
    digest_begin(&retrace->record, retrace->wanted->number);
    retrace->serial = retrace->wanted->number * CASE_SERIALS;
    retrace->open = open && !retrace->per_case;
    return search(retrace, 0);
}

static bool has_holes(const struct retrace *retrace)
{
    const struct session *session = retrace->plan->session;

    for (size_t i = 0; i < retrace->script.count; i++)
        if (session->messages[retrace->script.steps[i].message].hole_count)
            return true;
    return false;
}

int retrace_run(struct retrace *retrace, const struct retrace_case *wanted,
                enum retraced *result)
{
    bool holes, same = false;

    retrace->wanted = wanted;
    retrace->tries = 0;
    if (generator_case(&retrace->generator, wanted->number, &retrace->script) < 0)
        return -1;
    holes = has_holes(retrace);
    retrace->most = holes ? TRIES_HOLES : TRIES;
    /* As it was left, then as it may have been left. */
    for (unsigned turns = 0; turns <= TURNS && !same; turns++)
        same = search_from(retrace, retrace->was_open, turns) ||
               (turns && search_from(retrace, !retrace->was_open, turns - 1));
    retrace->was_open = !same || retrace->open;
    *result = same ? RETRACED_SAME : holes ? RETRACED_HOLES : RETRACED_OTHER;
    return 0;
}
