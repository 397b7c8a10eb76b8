#include "engine/watch.h"

#include "engine/runner.h"

#include <string.h>

/* Serial numbers of a case that its own probes do not reach; cases between two reads of a
 * state that changes all the time. */
enum { ASIDE_SERIALS = 8, STATE_EVERY = 4 };

void watch_init(struct runner *runner)
{
    tree_init(&runner->watch.plant, runner->campaign->model);
    runner->watch.bytes = buffer_make(1 << 20);
}

void watch_free(struct runner *runner)
{
    tree_free(&runner->watch.plant);
    buffer_free(&runner->watch.bytes);
}

/* --- readings ----------------------------------------------------------------------- */

void reader_begin(struct reader *reader)
{
    reader->fresh = false;
}

static bool ask(struct runner *runner, unsigned message, struct error *error)
{
    struct reader *reader = &runner->watch.reader;

    if (!reader->fresh || reader->message != message)
        reader->fresh = exchange_valid(runner, message, NULL, error);
    reader->message = message;
    return reader->fresh;
}

/* The value of `expression` over the reply to `message`. False: it could not be read. */
static bool value_of(struct runner *runner, unsigned message,
                     const struct expression *expression, struct value *value,
                     struct error *error)
{
    struct binding bindings[NAMES_COUNT];

    if (!ask(runner, message, error))
        return false;
    session_bind(bindings, &runner->probe_request, &runner->wire.reply, 0);
    *value = expression_evaluate(expression, bindings);
    return true;
}

bool reader_integer(struct runner *runner, unsigned message,
                    const struct expression *expression, int64_t *integer,
                    struct error *error)
{
    struct value value;

    if (!value_of(runner, message, expression, &value, error) ||
        (value.kind != VALUE_INTEGER && value.kind != VALUE_BOOL))
        return false;
    *integer = value.integer;
    return true;
}

static bool is_for(const struct target *target, const char *oracle)
{
    return target && strcmp(oracle_kinds[target->oracle]->name, oracle) == 0;
}

struct aside watch_step_aside(struct runner *runner)
{
    struct aside aside = {runner->wire.in_case, runner->serial};

    runner->wire.in_case = false;
    runner->serial += ASIDE_SERIALS;
    return aside;
}

void watch_step_back(struct runner *runner, struct aside aside)
{
    runner->wire.in_case = aside.in_case;
    runner->serial = aside.serial;
}

/* --- state -------------------------------------------------------------------------- */

/* All that a reply says but what numbers and checks it. */
static void hash_reply(const struct tree *reply, struct hash_state *state)
{
    for (uint32_t i = 0; i < reply->count; i++) {
        const struct node *node = &reply->nodes[i];
        const struct field *field = tree_field(reply, i);

        if (!field || field->role == ROLE_SEQUENCE || field->role == ROLE_CHECKSUM)
            continue;
        hash_add_integer(state, node->kind == FIELD_INTEGER ? node->integer : node->kind);
        hash_add_integer(state, node->bytes.length);
        if (node->kind == FIELD_BYTES || node->kind == FIELD_TEXT)
            hash_add(state, node->bytes);
    }
}

/* False for what has no value to compare. */
static bool hash_value(const struct value *value, struct hash_state *state)
{
    switch (value->kind) {
    case VALUE_INTEGER:
    case VALUE_BOOL: hash_add_integer(state, (uint64_t)value->integer); return true;
    case VALUE_BYTES:
        hash_add_integer(state, value->bytes.length);
        hash_add(state, value->bytes);
        return true;
    default: return false;
    }
}

static bool read_part(struct runner *runner, const struct session_state_read *part,
                      struct hash_state *state, struct error *error)
{
    struct value value;

    if (!part->value) {
        if (!ask(runner, part->read, error))
            return false;
        hash_reply(&runner->wire.reply, state);
        return true;
    }
    return value_of(runner, part->read, part->value, &value, error) &&
           hash_value(&value, state);
}

static bool read_state(struct runner *runner, struct hash *hash, struct error *error)
{
    const struct session *session = runner->campaign->session;
    struct hash_state *state = session->state_read_count ? hash_begin() : NULL;
    bool read = state != NULL;

    for (size_t i = 0; i < session->state_read_count && read; i++)
        read = read_part(runner, &session->state_reads[i], state, error);
    if (!read) {
        hash_free(state);
        return false;
    }
    *hash = hash_end(state);
    return true;
}

/* From here on the state is what it is: one change is one failure. */
static void sample_state(struct runner *runner, struct error *error)
{
    struct watch *watch = &runner->watch;
    struct readings *readings = &watch->readings;

    readings->state.judged = watch->state_known && !watch->state_free;
    readings->state.before = readings->state.now;
    readings->state.read = read_state(runner, &readings->state.now, error);
    watch->state_known = readings->state.read;
    watch->state_free = false;
    watch->since_state = 0;
}

void watch_before(struct runner *runner, const struct target *target, struct error *error)
{
    struct watch *watch = &runner->watch;
    struct aside aside;

    watch->since_state++;
    if (!watch->state_known || !watch->state_free ||
        (watch->since_state < STATE_EVERY && !is_for(target, "state")))
        return;
    aside = watch_step_aside(runner);
    reader_begin(&watch->reader);
    sample_state(runner, error);
    watch_step_back(runner, aside);
}

/* --- signs of a reset --------------------------------------------------------------- */

static void sample_reboots(struct runner *runner, struct error *error)
{
    const struct session *session = runner->campaign->session;
    struct watch *watch = &runner->watch;

    watch->readings.reboot_count = session->reboot_count;
    for (size_t i = 0; i < session->reboot_count; i++) {
        struct reboot_reading *reading = &watch->readings.reboots[i];
        const struct session_reboot *reboot = &session->reboots[i];
        bool known = watch->reboot_known[i];

        reading->reboot = reboot;
        reading->before = reading->now;
        watch->reboot_known[i] =
            reader_integer(runner, reboot->read, reboot->value, &reading->now, error);
        reading->known = known && watch->reboot_known[i];
    }
}

/* --- all of it ---------------------------------------------------------------------- */

bool watch_reads(const struct runner *runner)
{
    const struct session *session = runner->campaign->session;

    return session->invariant_count || session->state_read_count ||
           session->reboot_count || session->resource_count;
}

void watch_adopt(struct runner *runner, struct error *error)
{
    struct watch *watch = &runner->watch;

    watch->state_known = false;
    memset(watch->reboot_known, 0, sizeof watch->reboot_known);
    sample_state(runner, error);
    sample_reboots(runner, error);
    growth_begin(runner);
    watch->planted = watch->canary_count = 0;
    canaries_plant(runner, error);
}

static bool may_change(const struct session *session, const struct tree *request)
{
    struct binding bindings[NAMES_COUNT];
    bool may = session->state_change_count == 0;

    session_bind(bindings, request, NULL, 0);
    for (size_t i = 0; i < session->state_change_count && !may; i++)
        may = expression_true(session->state_changes[i].when, bindings);
    return may;
}

void watch_follow(struct runner *runner, const struct tree *request, bool may_act)
{
    if (may_act && !runner->watch.state_free)
        runner->watch.state_free = may_change(runner->campaign->session, request);
}

void watch_sample(struct runner *runner, const struct target *target, struct error *error)
{
    sample_state(runner, error);
    sample_reboots(runner, error);
    growth_sample(runner, error);
    latency_sample(runner, is_for(target, "latency"), error);
    canaries_plant(runner, error);
}
