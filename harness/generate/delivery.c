#include "generate/delivery.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
    unsigned needs;
    unsigned also; /* outcomes that are right beside those of the bytes */
} ways[DELIVERY_WAYS] = {
    [DELIVERY_WHOLE] = {"whole", 0, 0},
    [DELIVERY_PARTS] = {"parts", LINK_STREAM, 0},
    [DELIVERY_CUT] = {"cut", LINK_STREAM, 0},
    /* Devices give up a state, and connections, on which nothing is said. */
    [DELIVERY_LATE] = {"late", LINK_GAPS,
                       OUTCOME_REJECT | OUTCOME_SILENCE | OUTCOME_CLOSE},
    [DELIVERY_JOINED] = {"joined", 0, OUTCOME_UNKNOWN},
    [DELIVERY_HALF_CLOSED] = {"half-closed", LINK_HALF_CLOSE,
                              OUTCOME_SILENCE | OUTCOME_CLOSE},
    [DELIVERY_ABANDONED] = {"abandoned", LINK_CONNECTIONS, OUTCOME_UNKNOWN},
    [DELIVERY_RECONNECTED] = {"reconnected", LINK_CONNECTIONS, 0},
    [DELIVERY_FLOOD] = {"flood", 0, OUTCOME_UNKNOWN},
    [DELIVERY_BREAK] = {"break", LINK_BREAK, OUTCOME_UNKNOWN},
    [DELIVERY_PARITY] = {"parity", LINK_PARITY, OUTCOME_UNKNOWN},
    [DELIVERY_FRAMING] = {"framing", LINK_FRAMING, OUTCOME_UNKNOWN},
    [DELIVERY_BAUD] = {"baud", LINK_BAUD, OUTCOME_UNKNOWN},
};

bool delivery_is_whole(const struct delivery *delivery)
{
    return delivery->way == DELIVERY_WHOLE;
}

const char *delivery_name(enum delivery_way way)
{
    return ways[way].name;
}

int delivery_named(const char *name)
{
    for (int way = 0; way < DELIVERY_WAYS; way++)
        if (strcmp(ways[way].name, name) == 0)
            return way;
    return -1;
}

unsigned delivery_needs(const struct delivery *delivery)
{
    if (delivery->way == DELIVERY_FLOOD && delivery->percent)
        return LINK_RATE;
    return ways[delivery->way].needs;
}

/* --- text --------------------------------------------------------------------------- */

static const char *pause_text(int64_t pause_ns, char text[24])
{
    if (pause_ns % 1000000 == 0)
        snprintf(text, 24, "%" PRId64 " ms", pause_ns / 1000000);
    else
        snprintf(text, 24, "%" PRId64 " us", pause_ns / 1000);
    return text;
}

static void parts_text(const struct delivery *delivery, char *text, size_t size)
{
    char pause[24];

    snprintf(text, size, "%s%" PRIu32 "%s",
             delivery->way == DELIVERY_CUT ? "cut at " : "", delivery->unit,
             delivery->way == DELIVERY_CUT ? "" : " at a time");
    if (delivery->pause_ns)
        snprintf(text + strlen(text), size - strlen(text), ", %s between",
                 pause_text(delivery->pause_ns, pause));
}

static void flood_text(const struct delivery *delivery, char *text, size_t size)
{
    char pause[24];

    if (delivery->percent)
        snprintf(text, size, "%s at %" PRIu32 " %% of the maximum rate",
                 pause_text(delivery->pause_ns, pause), delivery->percent);
    else
        snprintf(text, size, "%" PRIu32 " at once", delivery->unit);
}

/* "half-closed", or "half-closed at 5" */
static void end_text(const struct delivery *delivery, const char *what, char *text,
                     size_t size)
{
    snprintf(text, size, "%s", what);
    if (delivery->unit)
        snprintf(text + strlen(text), size - strlen(text), " at %" PRIu32,
                 delivery->unit);
}

const char *delivery_text(const struct delivery *delivery, char *text, size_t size)
{
    char pause[24];

    text[0] = '\0';
    pause_text(delivery->pause_ns, pause);
    switch (delivery->way) {
    case DELIVERY_PARTS:
    case DELIVERY_CUT: parts_text(delivery, text, size); break;
    case DELIVERY_LATE: snprintf(text, size, "%s late", pause); break;
    case DELIVERY_JOINED:
        snprintf(text, size, delivery->pause_ns ? "the next %s behind" : "with the next",
                 pause);
        break;
    case DELIVERY_HALF_CLOSED:
    case DELIVERY_ABANDONED:
        end_text(delivery, ways[delivery->way].name, text, size);
        break;
    case DELIVERY_RECONNECTED:
        snprintf(text, size, "after %" PRIu32 " connections", delivery->unit);
        break;
    case DELIVERY_FLOOD: flood_text(delivery, text, size); break;
    case DELIVERY_BREAK: snprintf(text, size, "after a break of %s", pause); break;
    case DELIVERY_PARITY: end_text(delivery, "wrong parity", text, size); break;
    case DELIVERY_FRAMING: snprintf(text, size, "no stop bits"); break;
    case DELIVERY_BAUD:
        snprintf(text, size, "at %" PRIu32 " %% of the speed", delivery->percent);
        break;
    default: break;
    }
    return text;
}

struct view delivery_record(const struct delivery *delivery,
                            uint8_t record[DELIVERY_RECORD])
{
    record[0] = (uint8_t)delivery->way;
    bytes_write_be(record + 1, 4, delivery->unit);
    bytes_write_be(record + 5, 4, delivery->percent);
    bytes_write_be(record + 9, 8, (uint64_t)delivery->pause_ns);
    return (struct view){record, DELIVERY_RECORD};
}

/* --- parts -------------------------------------------------------------------------- */

size_t delivery_part(const struct delivery *delivery, size_t length, size_t at)
{
    size_t unit = delivery->unit;

    switch (delivery->way) {
    case DELIVERY_PARTS: return unit && unit < length - at ? at + unit : length;
    case DELIVERY_CUT:
    case DELIVERY_JOINED:
    case DELIVERY_HALF_CLOSED:
    case DELIVERY_ABANDONED: return at < unit && unit < length ? unit : length;
    default: return length;
    }
}

size_t delivery_sent(const struct delivery *delivery, size_t length)
{
    bool given_up =
        delivery->way == DELIVERY_HALF_CLOSED || delivery->way == DELIVERY_ABANDONED;

    return given_up ? delivery_part(delivery, length, 0) : length;
}

static bool has_parts(const struct delivery *delivery)
{
    return delivery->way == DELIVERY_PARTS || delivery->way == DELIVERY_CUT;
}

bool delivery_is_slow(const struct delivery *delivery)
{
    return has_parts(delivery) && delivery->pause_ns > DELIVERY_SHORT_NS;
}

bool delivery_splits(const struct delivery *delivery, const struct framing *framing)
{
    return (has_parts(delivery) || delivery->way == DELIVERY_JOINED) &&
           framing->kind == FRAMING_SILENCE && delivery->pause_ns > framing->silence_ns;
}

bool delivery_widens(const struct delivery *delivery, const struct framing *framing)
{
    /* A host may pause where none is planned: on a line that splits frames, too. */
    return ways[delivery->way].also || delivery_is_slow(delivery) ||
           (has_parts(delivery) && framing->kind == FRAMING_SILENCE);
}

/* --- what is right ------------------------------------------------------------------ */

/* A frame with such a gap inside is several: what comes back to one of them is right. */
static void expect_parts(const struct session *session, struct view bytes,
                         const struct delivery *delivery, bool open,
                         struct joiner *joiner, struct tree *request,
                         struct expectation *expectation)
{
    unsigned outcomes = 0;

    for (size_t at = 0; at < bytes.length;) {
        size_t end = delivery_part(delivery, bytes.length, at);

        session_expect(session, view_slice(bytes, at, end - at), open, joiner, request,
                       expectation);
        outcomes |= expectation->outcomes;
        at = end;
    }
    expectation->outcomes = outcomes;
    expectation->valid = false;
}

void delivery_expect(const struct session *session, struct view bytes,
                     const struct delivery *delivery, bool open, struct joiner *joiner,
                     struct tree *request, struct expectation *expectation)
{
    const struct framing *framing = model_framing(session->model);
    char text[64];
    size_t used;

    bytes = view_slice(bytes, 0, delivery_sent(delivery, bytes.length));
    if (has_parts(delivery) && delivery_splits(delivery, framing) && bytes.length) {
        expect_parts(session, bytes, delivery, open, joiner, request, expectation);
    } else {
        unsigned also = ways[delivery->way].also;

        session_expect(session, bytes, open, joiner, request, expectation);
        if (delivery_widens(delivery, framing))
            expectation->outcomes |= also ? also : (unsigned)OUTCOME_UNKNOWN;
    }
    used = strlen(expectation->why);
    if (!delivery_is_whole(delivery))
        snprintf(expectation->why + used, sizeof expectation->why - used, "; %s",
                 delivery_text(delivery, text, sizeof text));
}
