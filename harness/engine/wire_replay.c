#include "engine/wire_replay.h"

#include "core/clock.h"
#include "device/device.h"
#include "engine/campaign_parts.h"
#include "engine/wire.h"
#include "link/link.h"

#include <inttypes.h>
#include <string.h>

enum { IN_MAXIMUM = 4 << 20 };
static const int64_t start_ns = 30 * CLOCK_S;
/* Longer than it took then: another host is not this one. */
static const int64_t patience_ns = CLOCK_S;
/* A device that failed gets this long to show it, and one that has said what is expected
 * to say more. */
static const int64_t explain_ns = 300 * CLOCK_MS, surplus_ns = 20 * CLOCK_MS;

/* --- the bench ---------------------------------------------------------------------- */

static int check_scope(const struct yaml *root, const struct reproducer *reproducer,
                       struct error *error)
{
    const struct yaml *device = yaml_need(root, "device", YAML_MAP, error);
    const struct yaml *link = device ? yaml_need(root, "link", YAML_MAP, error) : NULL;

    if (!link)
        return -1;
    if (yaml_get(root, "exclude") || yaml_get(root, "exclude-unparsed"))
        return error_set(error,
                         "%s: its campaign keeps messages off the wire, and which they "
                         "are only the model tells: replay it with the campaign",
                         reproducer->id);
    if (reproducer->trace.count == 0)
        return error_set(error,
                         "%s: it never repeated, or it is something that grows: no "
                         "traffic of one replay shows it. Replay it with the campaign",
                         reproducer->id);
    if (!yaml_get(root, "authorisation") && !campaign_is_local(device, link))
        return error_set(error,
                         "%s: this device is not on this machine: its campaign must name "
                         "an `authorisation: {by, scope}`",
                         reproducer->id);
    return 0;
}

int wire_replay_open(struct wire_replay *replay, const struct reproducer *reproducer,
                     const char *build_folder, struct error *error)
{
    const struct yaml *root;
    char folder[1100];

    *replay =
        (struct wire_replay){.reproducer = reproducer, .in = buffer_make(IN_MAXIMUM)};
    observation_init(&replay->observation);
    replay->document = yaml_parse(reproducer->campaign_path,
                                  view_text(reproducer->campaign_text), error);
    if (!replay->document)
        return -1;
    campaign_folder(reproducer->campaign_path, folder, sizeof folder);
    if (campaign_substitute(replay->document, folder, build_folder, error) < 0)
        return -1;
    root = yaml_root(replay->document);
    if (check_scope(root, reproducer, error) < 0 ||
        console_read(&replay->console, root, error) < 0)
        return -1;
    replay->device = device_create(yaml_get(root, "device"), error);
    if (replay->device)
        replay->link = link_create(yaml_get(root, "link"), error);
    return replay->link ? 0 : -1;
}

void wire_replay_close(struct wire_replay *replay)
{
    link_free(replay->link);
    device_free(replay->device);
    console_free(&replay->console);
    observation_free(&replay->observation);
    buffer_free(&replay->in);
    yaml_close(replay->document);
    *replay = (struct wire_replay){0};
}

/* --- events ------------------------------------------------------------------------- */

static int open_link(struct wire_replay *replay, struct error *error)
{
    if (wire_open(replay->device, replay->link, clock_now_ns() + start_ns, error) < 0)
        return -1;
    buffer_clear(&replay->in);
    return 0;
}

/* Takes what comes until `wanted` bytes are there or the deadline has passed. */
static void receive(struct wire_replay *replay, size_t wanted, int64_t deadline_ns)
{
    struct error ignored;

    while (replay->in.length < wanted && replay->link->is_open) {
        int status = link_receive(replay->link, &replay->in, deadline_ns, &ignored);

        if (status == LINK_CLOSED)
            link_close(replay->link);
        if (status <= 0)
            return;
    }
}

static int differ(struct error *difference, size_t index, const char *found,
                  size_t length)
{
    error_set(difference, "event %zu: %s (%zu bytes)", index + 1, found, length);
    return 0;
}

static int expect_bytes(struct wire_replay *replay, size_t index,
                        struct error *difference)
{
    const struct trace *trace = &replay->reproducer->trace;
    const struct trace_event *event = &trace->events[index];
    struct view came;
    int same;

    receive(replay, event->most, clock_now_ns() + event->lasted_ns + patience_ns);
    came = view_slice(buffer_view(&replay->in), 0, event->most);
    same = trace_matches(trace, index, came) ||
           differ(difference, index,
                  came.length ? "another answer came" : "no answer came", came.length);
    buffer_drop_front(&replay->in, came.length);
    return same;
}

static int expect_silence(struct wire_replay *replay, size_t index,
                          struct error *difference)
{
    receive(replay, 1,
            clock_now_ns() + replay->reproducer->trace.events[index].lasted_ns);
    return replay->in.length == 0 ||
           differ(difference, index, "an answer came where none came then",
                  replay->in.length);
}

static int expect_end(struct wire_replay *replay, size_t index, struct error *difference)
{
    receive(replay, replay->in.length + 1, clock_now_ns() + patience_ns);
    return !replay->link->is_open ||
           differ(difference, index, "the device did not close", replay->in.length);
}

/* One event. 1: as then; 0: otherwise; -1: this machine failed. */
static int play(struct wire_replay *replay, size_t index, struct error *difference,
                struct error *error)
{
    const struct trace *trace = &replay->reproducer->trace;
    const struct trace_event *event = &trace->events[index];
    int status;

    clock_sleep_until_ns(clock_now_ns() + event->after_ns);
    switch (event->kind) {
    case TRACE_OPENED:
        return open_link(replay, error) == 0 ||
               differ(difference, index, "the device takes no connection", 0);
    case TRACE_SENT:
        status = link_send(replay->link, trace_bytes(trace, index),
                           clock_now_ns() + patience_ns, error);
        if (status == LINK_CLOSED)
            link_close(replay->link);
        return status == LINK_FAILED ? -1 : 1;
    case TRACE_RECEIVED: return expect_bytes(replay, index, difference);
    case TRACE_SILENCE: return expect_silence(replay, index, difference);
    case TRACE_ENDED: return expect_end(replay, index, difference);
    case TRACE_HALF_CLOSED: link_half_close(replay->link); return 1;
    default: link_close(replay->link); return 1;
    }
}

/* --- one replay --------------------------------------------------------------------- */

static bool same_fault(const struct wire_replay *replay)
{
    const struct fault *expected = &replay->reproducer->fault;

    for (size_t i = 0; i < replay->observation.fault_count; i++)
        if (replay->observation.faults[i].kind == expected->kind &&
            strcmp(replay->observation.faults[i].cause, expected->cause) == 0)
            return true;
    return false;
}

/* What the device itself shows a little later. What a fault does to the link varies: it
 * is the fault that counts. */
static int look_for_fault(struct wire_replay *replay, struct error *difference,
                          struct error *error)
{
    const struct fault *expected = &replay->reproducer->fault;
    int64_t deadline_ns = clock_now_ns() + explain_ns;

    observation_clear(&replay->observation);
    do {
        size_t from = replay->observation.text.length;

        replay->device->ops->observe(replay->device, deadline_ns, &replay->observation,
                                     error);
        console_scan(&replay->console, &replay->lines, from, &replay->observation);
        if (same_fault(replay))
            return WIRE_REPLAY_AS_THEN;
    } while (clock_now_ns() < deadline_ns && !replay->observation.fault_count);
    if (replay->observation.fault_count) {
        error_set(difference, "%s", replay->observation.faults[0].title);
        return WIRE_REPLAY_OTHERWISE;
    }
    if (expected->kind != FAULT_NONE)
        error_set(difference, "the device did not show '%s'", expected->title);
    return WIRE_REPLAY_DIFFERED;
}

int wire_replay_run(struct wire_replay *replay, struct error *difference,
                    struct error *error)
{
    const struct trace *trace = &replay->reproducer->trace;
    bool fault = replay->reproducer->fault.kind != FAULT_NONE;
    int64_t limit_ns = replay->device->step_limit_ns;
    int status = 1;

    if (limit_ns < start_ns)
        limit_ns = start_ns;
    link_close(replay->link);
    replay->device->ops->stop(replay->device);
    if (replay->device->ops->start(replay->device, clock_now_ns() + limit_ns, error) < 0)
        return -1;
    buffer_clear(&replay->in);
    for (size_t i = 0; i < trace->count && status > 0; i++) {
        status = play(replay, i, difference, error);
        if (fault && status == 0)
            status = 1;
    }
    if (status < 0)
        return status;
    if (fault || status == 0)
        return look_for_fault(replay, difference, error);
    receive(replay, replay->in.length + 1, clock_now_ns() + surplus_ns);
    return replay->in.length == 0 ||
           differ(difference, trace->count - 1, "more came than then", replay->in.length);
}
