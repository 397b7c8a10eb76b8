/* Valid exchanges: what proves that the device lives; and what a reply belongs to. */
#include "engine/exchange_parts.h"

#include "core/clock.h"

const struct framing *exchange_framing(const struct runner *runner)
{
    return model_framing(runner->campaign->model);
}

int64_t exchange_deadline(const struct runner *runner)
{
    return clock_now_ns() +
           (runner->patience_ns ? runner->patience_ns : latency_limit_ns(runner));
}

bool exchange_has_datagrams(const struct runner *runner)
{
    return runner->link->carries & LINK_DATAGRAMS;
}

/* What the device says first. A connection that it has given up meanwhile, while it
 * waited to be taken, is not one. */
static enum wire_status await_greeting(struct runner *runner, int64_t deadline_ns,
                                       struct error *error)
{
    enum wire_status status = wire_receive(&runner->wire, deadline_ns, error);
    bool right = status == WIRE_FRAME &&
                 session_greets(runner->campaign->session, &runner->wire.reply);

    if (right) {
        exchange_learn_greeting(runner);
        return status;
    }
    wire_disconnect(&runner->wire);
    if (status != WIRE_FAILED)
        error_set(error, "the device connected and %s",
                  status == WIRE_FRAME ? "said something else than the session's "
                                         "`greeting`"
                  : status == WIRE_CLOSED
                      ? "hung up before its `greeting`"
                      : "did not say the session's `greeting` in time");
    return status == WIRE_FRAME ? WIRE_TIMEOUT : status;
}

int exchange_connect(struct runner *runner, struct error *error)
{
    int64_t deadline_ns = exchange_deadline(runner) + CLOCK_S;
    enum wire_status status = WIRE_CLOSED;

    if (runner->link->is_open)
        return 0;
    if (!runner->campaign->session->greeting.expected)
        return wire_connect(&runner->wire, deadline_ns, error);
    do {
        if (wire_connect(&runner->wire, deadline_ns, error) < 0)
            return -1;
        status = await_greeting(runner, exchange_deadline(runner) + CLOCK_S, error);
    } while (status == WIRE_CLOSED && !(runner->device->can & DEVICE_DIALS) &&
             clock_now_ns() < deadline_ns);
    return status == WIRE_FRAME ? 0 : -1;
}

bool exchange_is_line(const struct runner *runner)
{
    return !(runner->link->carries & LINK_CONNECTIONS);
}

/* Opens the link. Where nothing tells a late answer from the next one, because no
 * connection keeps them apart, what came late is dropped; that may show that the device's
 * port was closed meanwhile. */
int exchange_ready(struct runner *runner, struct error *error)
{
    if (exchange_connect(runner, error) < 0)
        return -1;
    if (exchange_framing(runner)->kind != FRAMING_SILENCE &&
        !exchange_has_datagrams(runner) && !exchange_is_line(runner))
        return 0;
    wire_discard(&runner->wire);
    return exchange_connect(runner, error);
}

/* On a line, and with datagrams, nothing below repeats what got lost, as TCP does: a
 * message that should be answered and is not is sent a second time, as a master on a bus
 * does. Counted, case by case. */
bool exchange_repeats(const struct runner *runner)
{
    return exchange_is_line(runner) && runner->link->is_open;
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

static bool more_follow(const struct session *session, const struct tree *request,
                        const struct tree *reply)
{
    struct binding bindings[NAMES_COUNT];

    session_bind(bindings, request, reply, 0);
    return session->more && expression_true(session->more, bindings);
}

/* --- the case's own reply ----------------------------------------------------------- */

static void set_outcome(struct runner *runner, struct exchange_result *result)
{
    const struct session *session = runner->campaign->session;
    struct binding bindings[NAMES_COUNT];

    session_bind(bindings, &runner->request, &runner->reply, 0);
    result->more_to_come = more_follow(session, &runner->request, &runner->reply);
    result->trails = session->trails && expression_true(session->trails, bindings);
    result->outcome =
        expression_true(session->rejected, bindings) ? OUTCOME_REJECT : OUTCOME_ACCEPT;
}

/* Keeps the frame in wire as the case's reply, once; later ones are counted as surplus.
 * The wire takes the last reply's bytes and tree in exchange: each is parsed once. */
static void keep_reply(struct runner *runner, int64_t sent_ns,
                       struct exchange_result *result)
{
    const struct session *session = runner->campaign->session;
    struct wire *wire = &runner->wire;
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
    set_outcome(runner, result);
}

bool exchange_read_on(struct runner *runner, struct exchange_result *result)
{
    size_t before = runner->reply_bytes.length, more;

    if (!result->has_reply || exchange_framing(runner)->kind != FRAMING_SILENCE ||
        exchange_has_datagrams(runner))
        return false;
    more = wire_rest(&runner->wire, &runner->reply_bytes);
    if (more == 0)
        return false;
    if (tree_parse(&runner->reply, buffer_view(&runner->reply_bytes), true) < 0 ||
        runner->reply.violation_count) {
        runner->reply_bytes.length = before;
        tree_parse(&runner->reply, buffer_view(&runner->reply_bytes), true);
        return false;
    }
    result->received_bytes += more;
    set_outcome(runner, result);
    return true;
}

/* Waits for one reply, or for the last of several. Returns the wire's status. */
enum wire_status exchange_await_reply(struct runner *runner, int64_t sent_ns,
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
int exchange_send_exemplar(struct runner *runner, unsigned message, struct error *error)
{
    struct view bytes;
    size_t length;
    int status;

    buffer_clear(&runner->exemplar);
    runner->probe_request.context = wire_context(&runner->wire);
    if (generator_exemplar(&runner->generator, message, runner->serial++,
                           &runner->exemplar) < 0)
        return error_set(error, "out of memory for a valid message");
    bytes = exchange_fill_exemplar(runner, message, buffer_view(&runner->exemplar));
    if (joiner_read(&runner->probe_joiner, bytes, false, &runner->probe_request,
                    &length) < 0)
        return error_set(error, "out of memory for a valid message");
    status = wire_send(&runner->wire, bytes, error);
    if (status == WIRE_REFUSED)
        return error_set(error,
                         "the exclude rules keep the session's own message '%s' off the "
                         "wire: choose another for probe and canary",
                         runner->campaign->session->messages[message].name);
    return status;
}

/* Waits for the answer to the exemplar just sent. Frames that answer something else are
 * the case's, when there is one (`result`), else late and dropped. */
enum answer exchange_await_exemplar(struct runner *runner, int64_t sent_ns,
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
                         &runner->wire.reply)) {
            if (!more_follow(runner->campaign->session, &runner->probe_request,
                             &runner->wire.reply))
                return ANSWER_RIGHT;
            continue;
        }
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

/* One exemplar and its answer, on the open link; none is awaited of one that only leads
 * on and gets none. *sent_ns: when it was sent. UNASKED: it was not; *error says why. */
static enum answer ask(struct runner *runner, unsigned message, bool leads,
                       int64_t *sent_ns, struct error *error)
{
    if (exchange_ready(runner, error) < 0)
        return ANSWER_UNASKED;
    *sent_ns = clock_now_ns();
    if (exchange_send_exemplar(runner, message, error) < 0)
        return ANSWER_UNASKED;
    if (leads && session_goes_on(runner->campaign->session, &runner->probe_request,
                                 runner->wire.opened)) {
        runner->wire.opened |=
            session_opens(runner->campaign->session, &runner->probe_request);
        return ANSWER_RIGHT;
    }
    return exchange_await_exemplar(runner, *sent_ns, NULL, exchange_deadline(runner),
                                   error);
}

/* exchange_valid in the state that the link is in; `leads`: to the state of another one.
 */
static bool exchange_here(struct runner *runner, unsigned message, bool leads,
                          int64_t *latency_ns, struct error *error)
{
    struct error why = {""};
    enum answer answer;
    int64_t sent_ns = 0;

    if (exchange_connect(runner, error) < 0)
        return false;
    answer = ask(runner, message, leads, &sent_ns, &why);
    if (answer == ANSWER_NONE && exchange_repeats(runner)) {
        runner->resent++;
        answer = ask(runner, message, leads, &sent_ns, &why);
    }
    if (answer == ANSWER_UNASKED) {
        *error = why;
        return false;
    }
    if (answer != ANSWER_RIGHT) {
        error_set(error, "no right answer to the valid message '%s'%s%s",
                  runner->campaign->session->messages[message].name,
                  why.text[0] ? ": " : "", why.text);
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
        if (!exchange_here(runner, state->path[i], true, NULL, error))
            return false;
    return true;
}

bool exchange_valid(struct runner *runner, unsigned message, int64_t *latency_ns,
                    struct error *error)
{
    bool right = exchange_enter(runner, message, error) &&
                 exchange_here(runner, message, false, latency_ns, error);

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
        if (runner->link->carries & LINK_CONNECTIONS)
            wire_disconnect(&runner->wire);
        else
            wire_discard(&runner->wire);
        if (runner_observe(runner, 0, error))
            return false;
    }
    return false;
}
