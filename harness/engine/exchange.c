/* One message and what became of it. */
#include "engine/runner.h"

#include "core/clock.h"

#include <string.h>

enum { EXTRA_REPLIES = 10000 }; /* counted for one message */

/* Devices that are stopped mid-frame get this long to notice that no more will come. */
static const int64_t linger_ns = 100 * CLOCK_MS;

static const struct framing *framing_of(const struct runner *runner)
{
    return model_framing(runner->campaign->model);
}

static int64_t answer_deadline(const struct runner *runner)
{
    return clock_now_ns() +
           (runner->patience_ns ? runner->patience_ns : runner->campaign->answer_ns);
}

static bool has_datagrams(const struct runner *runner)
{
    return runner->link->ops->carries & LINK_DATAGRAMS;
}

static int connect_link(struct runner *runner, struct error *error)
{
    return runner->link->is_open
               ? 0
               : wire_connect(&runner->wire, answer_deadline(runner) + CLOCK_S, error);
}

static bool is_line(const struct runner *runner)
{
    return !(runner->link->ops->carries & LINK_CONNECTIONS);
}

/* Opens the link. Where nothing tells a late answer from the next one, because no
 * connection keeps them apart, what came late is dropped; that may show that the device's
 * port was closed meanwhile. */
static int make_ready(struct runner *runner, struct error *error)
{
    if (connect_link(runner, error) < 0)
        return -1;
    if (framing_of(runner)->kind != FRAMING_SILENCE && !has_datagrams(runner) &&
        !is_line(runner))
        return 0;
    wire_discard(&runner->wire);
    return connect_link(runner, error);
}

/* On a line, and with datagrams, nothing below repeats what got lost, as TCP does: a
 * message that should be answered and is not is sent a second time, as a master on a bus
 * does. Counted, case by case. */
static bool repeats(const struct runner *runner)
{
    return is_line(runner) && runner->link->is_open;
}

/* --- whose reply -------------------------------------------------------------------- */

static bool reply_answers(const struct session *session, const struct tree *request,
                          const struct tree *reply)
{
    struct binding bindings[NAMES_COUNT];

    session_bind(bindings, request, reply, 0);
    return reply->violation_count == 0 && expression_true(session->belongs, bindings);
}

/* A right answer to a probe: it belongs, is no refusal, and keeps every rule. */
static bool reply_proves(const struct session *session, const struct tree *request,
                         const struct tree *reply)
{
    struct binding bindings[NAMES_COUNT];

    if (!reply_answers(session, request, reply))
        return false;
    session_bind(bindings, request, reply, 0);
    if (expression_true(session->rejected, bindings))
        return false;
    for (size_t i = 0; i < session->conform_count; i++)
        if ((!session->conforms[i].when ||
             expression_true(session->conforms[i].when, bindings)) &&
            !expression_true(session->conforms[i].rule, bindings))
            return false;
    return true;
}

/* --- the case's own reply ----------------------------------------------------------- */

/* Keeps the frame in wire as the case's reply, once; later ones are counted as surplus.
 * The wire takes the last reply's bytes and tree in exchange: each is parsed once. */
static void keep_reply(struct runner *runner, int64_t sent_ns,
                       struct exchange_result *result)
{
    const struct session *session = runner->campaign->session;
    struct wire *wire = &runner->wire;
    struct binding bindings[NAMES_COUNT];
    struct buffer bytes = runner->reply_bytes;
    struct tree tree = runner->reply;

    result->received_bytes += wire->frame.length;
    if (result->has_reply && !result->more_to_come) {
        result->extra_replies++;
        return;
    }
    runner->reply_bytes = wire->frame;
    runner->reply = wire->reply;
    wire->frame = bytes;
    wire->reply = tree;
    if (!result->has_reply)
        result->latency_ns = clock_now_ns() - sent_ns;
    result->has_reply = true;
    session_learn(session, &runner->request, &runner->reply, &wire->context);
    session_bind(bindings, &runner->request, &runner->reply, 0);
    result->more_to_come = session->more && expression_true(session->more, bindings);
    result->outcome =
        expression_true(session->rejected, bindings) ? OUTCOME_REJECT : OUTCOME_ACCEPT;
}

/* Waits for one reply, or for the last of several. Returns the wire's status. */
static enum wire_status await_reply(struct runner *runner, int64_t sent_ns,
                                    int64_t deadline_ns, struct exchange_result *result,
                                    struct error *error)
{
    enum wire_status status;

    do {
        status = wire_receive(&runner->wire, deadline_ns, error);
        if (status == WIRE_FRAME)
            keep_reply(runner, sent_ns, result);
    } while (status == WIRE_FRAME && result->more_to_come);
    return status;
}

/* --- probes ------------------------------------------------------------------------- */

/* Sends exemplar `message`; its parsed form is in runner->probe_request. */
static int send_exemplar(struct runner *runner, unsigned message, struct error *error)
{
    size_t length;
    int status;

    buffer_clear(&runner->exemplar);
    runner->probe_request.context = wire_context(&runner->wire);
    if (generator_exemplar(&runner->generator, message, runner->serial++,
                           &runner->exemplar) < 0 ||
        joiner_read(&runner->probe_joiner, buffer_view(&runner->exemplar), false,
                    &runner->probe_request, &length) < 0)
        return error_set(error, "out of memory for a valid message");
    status = wire_send(&runner->wire, buffer_view(&runner->exemplar), error);
    if (status == WIRE_REFUSED)
        return error_set(error,
                         "the exclude rules keep the session's own message '%s' off the "
                         "wire: choose another for probe and canary",
                         runner->campaign->session->messages[message].name);
    return status;
}

enum answer { ANSWER_NONE, ANSWER_WRONG, ANSWER_RIGHT, ANSWER_UNASKED };

/* Waits for the answer to the exemplar just sent. Frames that answer something else are
 * the case's, when there is one (`result`), else late and dropped. */
static enum answer await_exemplar(struct runner *runner, int64_t sent_ns,
                                  struct exchange_result *result, int64_t deadline_ns,
                                  struct error *error)
{
    while (clock_now_ns() < deadline_ns || runner->wire.in.length) {
        enum wire_status status = wire_receive(&runner->wire, deadline_ns, error);
        bool refused;

        if (status != WIRE_FRAME)
            return ANSWER_NONE;
        session_learn(runner->campaign->session, &runner->probe_request,
                      &runner->wire.reply, &runner->wire.context);
        if (reply_proves(runner->campaign->session, &runner->probe_request,
                         &runner->wire.reply))
            return ANSWER_RIGHT;
        /* A refused probe is an answer, but not the right one. */
        refused = reply_answers(runner->campaign->session, &runner->probe_request,
                                &runner->wire.reply);
        if (result)
            keep_reply(runner, sent_ns, result);
        if (refused)
            return ANSWER_WRONG;
    }
    return ANSWER_NONE;
}

/* One exemplar and its answer, on the open link. *sent_ns: when it was sent. UNASKED: it
 * was not; *error says why. */
static enum answer ask(struct runner *runner, unsigned message, int64_t *sent_ns,
                       struct error *error)
{
    if (make_ready(runner, error) < 0)
        return ANSWER_UNASKED;
    *sent_ns = clock_now_ns();
    if (send_exemplar(runner, message, error) < 0)
        return ANSWER_UNASKED;
    return await_exemplar(runner, *sent_ns, NULL, answer_deadline(runner), error);
}

/* exchange_valid in the state that the link is in. */
static bool exchange_here(struct runner *runner, unsigned message, int64_t *latency_ns,
                          struct error *error)
{
    enum answer answer;
    int64_t sent_ns = 0;

    if (connect_link(runner, error) < 0)
        return false;
    answer = ask(runner, message, &sent_ns, error);
    if (answer == ANSWER_NONE && repeats(runner)) {
        runner->resent++;
        answer = ask(runner, message, &sent_ns, error);
    }
    if (answer == ANSWER_UNASKED)
        return false;
    if (answer != ANSWER_RIGHT) {
        error_set(error, "no right answer to the valid message '%s'",
                  runner->campaign->session->messages[message].name);
        return false;
    }
    runner->control_latency_ns = clock_now_ns() - sent_ns;
    if (latency_ns)
        *latency_ns = runner->control_latency_ns;
    return true;
}

bool exchange_enter(struct runner *runner, unsigned message, struct error *error)
{
    const struct session_state *state = session_home(runner->campaign->session, message);

    if (!runner->campaign->connection_per_case)
        return true;
    wire_disconnect(&runner->wire);
    for (size_t i = 0; i < state->path_count; i++)
        if (!exchange_here(runner, state->path[i], NULL, error))
            return false;
    return true;
}

bool exchange_valid(struct runner *runner, unsigned message, int64_t *latency_ns,
                    struct error *error)
{
    bool right = exchange_enter(runner, message, error) &&
                 exchange_here(runner, message, latency_ns, error);

    if (runner->campaign->connection_per_case)
        wire_disconnect(&runner->wire);
    return right;
}

bool exchange_probe(struct runner *runner, struct error *error)
{
    for (int i = 0; i < RUNNER_PROBES; i++) {
        runner->resent += i > 0;
        if (exchange_valid(runner, runner->campaign->session->probe, NULL, error))
            return true;
        /* Whatever is stuck in this connection or in the line's buffer must not spoil the
         * next. */
        if (runner->link->ops->carries & LINK_CONNECTIONS)
            wire_disconnect(&runner->wire);
        else
            wire_discard(&runner->wire);
        if (runner_observe(runner, 0, error))
            return false;
    }
    return false;
}

/* A valid exchange right behind the case: proves that silence was silence. On a stream it
 * may be sent at once; where silence ends frames the line has been quiet long enough by
 * now. A state that belongs to the case's connection is no place for a probe: it has its
 * own. */
static int prove_silence(struct runner *runner, int64_t sent_ns,
                         struct exchange_result *result, struct error *error)
{
    bool asked = runner->link->is_open && !runner->campaign->connection_per_case &&
                 send_exemplar(runner, runner->campaign->session->probe, error) == 0;

    result->probed = true;
    if (asked)
        result->probe_ok = await_exemplar(runner, sent_ns, result,
                                          answer_deadline(runner), error) == ANSWER_RIGHT;
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
    if (!framing_is_self_delimiting(framing_of(runner)) || has_datagrams(runner))
        return false;
    if (result->expectation.status != FRAME_WHOLE ||
        result->expectation.frame_length < length)
        return true;
    if (framing_of(runner)->kind == FRAMING_TERMINATOR)
        return false; /* its end is there, whatever is in it */
    for (size_t i = 0; i < runner->request.violation_count; i++)
        if (runner->request.violations[i].kind == VIOLATION_TRUNCATED ||
            runner->request.violations[i].kind == VIOLATION_SURPLUS)
            return true;
    return false;
}

/* End our side, read what comes until the device closes, and prove the next connection.
 * `unanswered`: what it is when nothing comes. */
static int run_to_the_end(struct runner *runner, int64_t sent_ns, unsigned unanswered,
                          struct exchange_result *result, struct error *error)
{
    int64_t deadline_ns = clock_now_ns() + linger_ns;
    enum wire_status status;

    wire_half_close(&runner->wire);
    do {
        status = await_reply(runner, sent_ns, deadline_ns, result, error);
        if (has_datagrams(runner))
            deadline_ns = sent_ns; /* there is no end to wait for behind a reply */
    } while (status == WIRE_FRAME);
    if (status == WIRE_FAILED)
        return -1;
    if (!result->has_reply)
        result->outcome = unanswered;
    wire_disconnect(&runner->wire);
    result->probed = true;
    result->probe_ok = exchange_probe(runner, error);
    return 0;
}

/* How long a line must be silent before a probe follows: it is busy with the message
 * first, and answers that name no request must not be taken for the probe's. */
static int64_t quiet_ns(const struct runner *runner, const struct exchange_result *result)
{
    const struct framing *framing = framing_of(runner);

    return framing->kind == FRAMING_SILENCE
               ? framing->silence_ns * 2 + CLOCK_MS / 2 +
                     (int64_t)result->sent_bytes * runner->campaign->byte_ns
               : runner->campaign->silence_ns;
}

static int run_expecting_silence(struct runner *runner, int64_t sent_ns,
                                 struct exchange_result *result, struct error *error)
{
    int64_t wait_ns = quiet_ns(runner, result);
    enum wire_status status;

    if (runner->campaign->connection_per_case)
        return run_to_the_end(runner, sent_ns, OUTCOME_SILENCE, result, error);
    if (wait_ns) {
        status = await_reply(runner, sent_ns, sent_ns + wait_ns, result, error);
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
    const struct framing *framing = framing_of(runner);
    size_t length;

    if (has_datagrams(runner))
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
           await_reply(runner, sent_ns, sent_ns, result, error) == WIRE_FRAME)
        ;
}

static int run_expecting_answer(struct runner *runner, int64_t sent_ns,
                                struct exchange_result *result, struct error *error)
{
    enum wire_status status = await_reply(
        runner, sent_ns, sent_ns + runner->campaign->answer_ns, result, error);

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

static int run_message(struct runner *runner, struct view bytes,
                       struct exchange_result *result, struct error *error)
{
    int64_t sent_ns;
    int status;

    *result = (struct exchange_result){.latency_ns = -1};
    runner->request.context = wire_context(&runner->wire);
    session_expect(runner->campaign->session, bytes,
                   runner->link->is_open && runner->wire.opened, &runner->joiner,
                   &runner->request, &result->expectation);
    if (make_ready(runner, error) < 0) {
        result->closed = true;
        result->probed = true;
        return 0;
    }
    sent_ns = clock_now_ns();
    status = wire_send(&runner->wire, bytes, error);
    result->sent_bytes = status == 0 ? bytes.length : 0;
    result->refused = status == WIRE_REFUSED;
    if (result->refused || status == WIRE_FAILED)
        return result->refused ? 0 : -1;
    if (is_open_ended(runner, result, bytes.length))
        return run_open_ended(runner, sent_ns, result, error);
    if (result->expectation.outcomes & OUTCOME_SILENCE)
        return run_expecting_silence(runner, sent_ns, result, error);
    if (run_expecting_answer(runner, sent_ns, result, error) < 0)
        return -1;
    return result->outcome == OUTCOME_SILENCE && repeats(runner)
               ? send_again(runner, bytes, result, error)
               : 0;
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

int exchange_run(struct runner *runner, struct view bytes, struct exchange_result *result,
                 struct error *error)
{
    if (run_message(runner, bytes, result, error) < 0)
        return -1;
    if (ends_connection(runner, result))
        wire_disconnect(&runner->wire);
    else if (result->outcome == OUTCOME_ACCEPT &&
             session_opens(runner->campaign->session, &runner->request))
        runner->wire.opened = true;
    return 0;
}
