/* One message and what became of it. */
#include "engine/exchange_parts.h"

#include "core/clock.h"

enum { EXTRA_REPLIES = 10000 };     /* counted for one message */
enum { UNREAD = 20, SETTLED = 10 }; /* behind a flood: answers at most, latencies */
/* The first look at a device that has not answered. */
static const int64_t first_look_ns = 4 * CLOCK_MS;

/* A valid exchange right behind the case: proves that silence was silence. On a stream it
 * may be sent at once; where silence ends frames the line has been quiet long enough by
 * now. A state that belongs to the case's connection is no place for a probe: it has its
 * own. */
static int prove_silence(struct runner *runner, int64_t sent_ns,
                         struct exchange_result *result, struct error *error)
{
    bool asked =
        runner->link->is_open && !runner->campaign->connection_per_case &&
        exchange_send_exemplar(runner, runner->campaign->session->probe, error) == 0;

    result->probed = true;
    if (asked)
        result->probe_ok =
            exchange_await_exemplar(runner, sent_ns, result, exchange_deadline(runner),
                                    error) == ANSWER_RIGHT;
    if (!result->probe_ok && !runner->link->is_open)
        result->closed = true;
    if (!result->probe_ok) {
        runner->resent += asked;
        result->probe_ok = exchange_probe(runner, error);
    }
    if (!result->has_reply || result->more_to_come)
        result->outcome = result->closed     ? OUTCOME_CLOSE
                          : result->probe_ok ? OUTCOME_SILENCE
                                             : 0;
    return 0;
}

/* --- the three ways of a message ---------------------------------------------------- */

/* The device may wait for more bytes, or take what comes next for the rest of this
 * message: the bytes are not exactly one frame, or the frame and what is in it disagree
 * about its length. */
static bool is_open_ended(const struct runner *runner,
                          const struct exchange_result *result, size_t length)
{
    if (!framing_is_self_delimiting(exchange_framing(runner)) ||
        exchange_has_datagrams(runner))
        return false;
    if (result->expectation.status != FRAME_WHOLE ||
        result->expectation.frame_length < length)
        return true;
    if (exchange_framing(runner)->kind == FRAMING_TERMINATOR)
        return false; /* its end is there, whatever is in it */
    for (size_t i = 0; i < runner->request.violation_count; i++)
        if (runner->request.violations[i].kind == VIOLATION_TRUNCATED ||
            runner->request.violations[i].kind == VIOLATION_SURPLUS)
            return true;
    return false;
}

/* Further frames are right behind several requests, and behind a reply that has a tail.
 */
static void forgive_extra_replies(struct exchange_result *result)
{
    if (result->expectation.several || result->trails)
        result->extra_replies = 0;
}

/* End our side, read what comes until the device closes, and prove the next connection.
 * `unanswered`: what it is when nothing comes. */
static int run_to_the_end(struct runner *runner, int64_t sent_ns, unsigned unanswered,
                          struct exchange_result *result, struct error *error)
{
    int64_t deadline_ns = clock_now_ns() + runner->campaign->linger_ns;
    enum wire_status status;

    wire_half_close(&runner->wire);
    do {
        status = exchange_await_reply(runner, sent_ns, deadline_ns, result, error);
        if (exchange_has_datagrams(runner))
            deadline_ns = sent_ns; /* there is no end to wait for behind a reply */
    } while (status == WIRE_FRAME);
    if (status == WIRE_FAILED)
        return -1;
    if (!result->has_reply)
        result->outcome = unanswered;
    forgive_extra_replies(result);
    wire_disconnect(&runner->wire);
    result->probed = true;
    result->probe_ok = exchange_probe(runner, error);
    return 0;
}

/* How long a line must be silent before a probe follows: it is busy with the message
 * first, and answers that name no request must not be taken for the probe's. */
static int64_t quiet_ns(const struct runner *runner, const struct exchange_result *result)
{
    const struct framing *framing = exchange_framing(runner);

    return framing->kind == FRAMING_SILENCE
               ? device_time_ns(runner->device,
                                framing->silence_ns * 2 + (int64_t)result->sent_bytes *
                                                              runner->campaign->byte_ns) +
                     CLOCK_MS / 2
               : runner->campaign->silence_ns;
}

static int run_expecting_silence(struct runner *runner, int64_t sent_ns,
                                 struct exchange_result *result, struct error *error)
{
    int64_t wait_ns = quiet_ns(runner, result);
    enum wire_status status;

    if (runner->followed && session_goes_on(runner->campaign->session, &runner->request,
                                            runner->wire.opened)) {
        result->outcome = OUTCOME_SILENCE;
        result->went_on = true;
        return 0;
    }
    if (runner->campaign->connection_per_case)
        return run_to_the_end(runner, sent_ns, OUTCOME_SILENCE, result, error);
    if (wait_ns) {
        status = exchange_await_reply(runner, sent_ns, sent_ns + wait_ns, result, error);
        if (status == WIRE_FAILED)
            return -1;
        if (status == WIRE_FRAME)
            return 0;
    }
    return prove_silence(runner, sent_ns, result, error);
}

/* A further whole frame has arrived, or may have: only receiving shows a datagram. */
static bool may_hold_frame(const struct runner *runner)
{
    const struct framing *framing = exchange_framing(runner);
    size_t length;

    if (exchange_has_datagrams(runner))
        return runner->link->is_open;
    return framing_is_self_delimiting(framing) && runner->wire.in.length &&
           framing_split(framing, buffer_view(&runner->wire.in), &length) == FRAME_WHOLE;
}

/* Whole frames that came with the reply answer nothing: they are counted here, so that
 * the next message does not take them for its own answer. A flood of datagrams has no
 * end: the rest of it is dropped before the next message. */
static void count_extra_replies(struct runner *runner, int64_t sent_ns,
                                struct exchange_result *result, struct error *error)
{
    while (result->extra_replies < EXTRA_REPLIES && may_hold_frame(runner) &&
           exchange_await_reply(runner, sent_ns, sent_ns, result, error) == WIRE_FRAME)
        ;
    forgive_extra_replies(result);
}

/* A device whose sanitizer is at work keeps its connections open until it has looked up
 * all names. Looking at it meanwhile, ever less often, tells what is going on. */
static enum wire_status await_answer(struct runner *runner, int64_t sent_ns,
                                     struct exchange_result *result, struct error *error)
{
    int64_t limit_ns = sent_ns + latency_limit_ns(runner), wait_ns = first_look_ns;
    int heard = !(runner->device->can & DEVICE_SEES_SANITIZER);

    for (; !heard && sent_ns + wait_ns < limit_ns; wait_ns *= 2) {
        heard = wire_hear(&runner->wire, sent_ns + wait_ns, error);
        if (!heard)
            runner_observe(runner, 0, error);
    }
    return heard < 0 ? WIRE_FAILED
                     : exchange_await_reply(runner, sent_ns, limit_ns, result, error);
}

static int run_expecting_answer(struct runner *runner, int64_t sent_ns,
                                struct exchange_result *result, struct error *error)
{
    enum wire_status status = await_answer(runner, sent_ns, result, error);

    if (status == WIRE_FAILED)
        return -1;
    if (status == WIRE_FRAME) {
        count_extra_replies(runner, sent_ns, result, error);
        return 0;
    }
    if (status == WIRE_CLOSED)
        result->closed = true;
    return prove_silence(runner, sent_ns, result, error);
}

/* The device lives and did not answer: perhaps the message was lost. */
static int send_again(struct runner *runner, struct view bytes,
                      struct exchange_result *result, struct error *error)
{
    int64_t sent_ns = clock_now_ns();
    int status = wire_send(&runner->wire, bytes, error);

    if (status < 0)
        return status == WIRE_FAILED ? -1 : 0;
    runner->resent++;
    result->sent_bytes += bytes.length;
    return run_expecting_answer(runner, sent_ns, result, error);
}

/* Several requests may lie in these bytes, so several answers may be right. */
static int run_open_ended(struct runner *runner, int64_t sent_ns,
                          struct exchange_result *result, struct error *error)
{
    int status = run_to_the_end(runner, sent_ns, OUTCOME_CLOSE, result, error);

    result->extra_replies = 0;
    return status;
}

/* --- the ways of a delivery --------------------------------------------------------- */

/* Behind a flood answers come for a while. It is over when nothing has come for many
 * times as long as the last valid exchange took. */
static int64_t settled_ns(const struct runner *runner)
{
    int64_t many = SETTLED * runner->control_latency_ns;

    many = many > 30 * CLOCK_MS ? many : 30 * CLOCK_MS;
    return many < runner->campaign->answer_ns ? many : runner->campaign->answer_ns;
}

/* What the device makes of it is not read: it must be usable when it is done. */
static int run_unread(struct runner *runner, bool abandon, struct exchange_result *result,
                      struct error *error)
{
    int64_t deadline_ns = clock_now_ns() + UNREAD * runner->campaign->answer_ns;

    if (abandon)
        wire_abandon(&runner->wire);
    else
        result->received_bytes +=
            wire_settle(&runner->wire, settled_ns(runner), deadline_ns);
    result->closed = !runner->link->is_open;
    result->probed = true;
    result->probe_ok = exchange_probe(runner, error);
    result->outcome = result->closed     ? OUTCOME_CLOSE
                      : result->probe_ok ? OUTCOME_SILENCE
                                         : 0;
    return 0;
}

static bool is_unread(const struct runner *runner, const struct delivery *delivery)
{
    return delivery->way == DELIVERY_ABANDONED || delivery->way == DELIVERY_FLOOD ||
           (exchange_is_line(runner) &&
            (delivery->way == DELIVERY_JOINED || delivery_is_slow(delivery)));
}

/* Several answers may come, or none before our side has ended. */
static bool ends_our_side(const struct delivery *delivery)
{
    return delivery->way == DELIVERY_JOINED || delivery->way == DELIVERY_HALF_CLOSED ||
           delivery_is_slow(delivery);
}

/* The first reply may be to a later message of those that were sent together, or what the
 * device said by itself meanwhile. */
static void disown_reply(struct runner *runner, struct exchange_result *result)
{
    struct binding bindings[NAMES_COUNT];

    if (!result->has_reply || runner->reply.violation_count)
        return;
    session_bind(bindings, &runner->request, &runner->reply, 0);
    if (expression_true(runner->campaign->session->belongs, bindings))
        return;
    result->has_reply = false;
    result->latency_ns = -1;
    result->outcome = OUTCOME_CLOSE;
}

static int run_delivered(struct runner *runner, struct view bytes,
                         const struct delivery *delivery, int64_t sent_ns,
                         struct exchange_result *result, struct error *error)
{
    if (is_unread(runner, delivery))
        return run_unread(runner, delivery->way == DELIVERY_ABANDONED, result, error);
    if (ends_our_side(delivery) || is_open_ended(runner, result, bytes.length)) {
        if (run_open_ended(runner, sent_ns, result, error) < 0)
            return -1;
        if (ends_our_side(delivery))
            disown_reply(runner, result);
        return 0;
    }
    /* Where silence is right for the delivery's sake an answer is waited for all the
     * same. */
    if (result->expectation.outcomes & OUTCOME_SILENCE &&
        !delivery_widens(delivery, exchange_framing(runner)))
        return run_expecting_silence(runner, sent_ns, result, error);
    if (run_expecting_answer(runner, sent_ns, result, error) < 0)
        return -1;
    return result->outcome == OUTCOME_SILENCE && exchange_repeats(runner) &&
                   !(result->expectation.outcomes & OUTCOME_SILENCE)
               ? send_again(runner, bytes, result, error)
               : 0;
}

/* What cannot be opened shows when the message's own connection is. */
static void open_and_close(struct runner *runner, unsigned times)
{
    struct error ignored;

    for (unsigned i = 0; i < times; i++) {
        if (runner->link->is_open)
            wire_abandon(&runner->wire);
        if (wire_connect(&runner->wire, exchange_deadline(runner) + CLOCK_S, &ignored) <
            0)
            return;
    }
    wire_abandon(&runner->wire);
}

static int run_message(struct runner *runner, struct view bytes,
                       const struct delivery *delivery, struct exchange_result *result,
                       struct error *error)
{
    int64_t sent_ns;
    int status;

    *result = (struct exchange_result){.latency_ns = -1};
    if (delivery->way == DELIVERY_RECONNECTED)
        open_and_close(runner, delivery->unit);
    /* What the device says by itself meanwhile comes before the message, not behind it.
     */
    if (delivery->way == DELIVERY_LATE)
        clock_sleep_until_ns(clock_now_ns() +
                             device_time_ns(runner->device, delivery->pause_ns));
    runner->request.context = wire_context(&runner->wire);
    delivery_expect(runner->campaign->session,
                    link_filled(runner->link->ops, bytes, runner->request_filled),
                    delivery, runner->link->is_open && runner->wire.opened,
                    &runner->joiner, &runner->request, &result->expectation);
    if (exchange_ready(runner, error) < 0) {
        result->closed = true;
        result->probed = true;
        return 0;
    }
    status = wire_deliver(&runner->wire, bytes, delivery, &sent_ns, &result->sent_bytes,
                          error);
    result->refused = status == WIRE_REFUSED && result->sent_bytes == 0;
    if (result->refused || status == WIRE_FAILED)
        return result->refused ? 0 : -1;
    /* Who may refuse may hang up before the last part has come. */
    if (status == WIRE_CLOSED && result->expectation.outcomes & OUTCOME_REJECT &&
        !delivery_is_whole(delivery))
        result->expectation.outcomes |= OUTCOME_CLOSE;
    return run_delivered(runner, bytes, delivery, sent_ns, result, error);
}

/* The reply says that nothing more is said over this connection. */
static bool ends_connection(const struct runner *runner,
                            const struct exchange_result *result)
{
    const struct session *session = runner->campaign->session;
    struct binding bindings[NAMES_COUNT];

    if (!result->has_reply || !session->ends)
        return false;
    session_bind(bindings, &runner->request, &runner->reply, 0);
    return expression_true(session->ends, bindings);
}

int exchange_deliver(struct runner *runner, struct view bytes,
                     const struct delivery *delivery, struct exchange_result *result,
                     struct error *error)
{
    if (run_message(runner, bytes, delivery, result, error) < 0)
        return -1;
    if (ends_connection(runner, result))
        wire_disconnect(&runner->wire);
    else if ((result->outcome == OUTCOME_ACCEPT || result->went_on) &&
             session_opens(runner->campaign->session, &runner->request))
        runner->wire.opened = true;
    return 0;
}

int exchange_run(struct runner *runner, struct view bytes, struct exchange_result *result,
                 struct error *error)
{
    const struct delivery whole = {.way = DELIVERY_WHOLE};

    return exchange_deliver(runner, bytes, &whole, result, error);
}
