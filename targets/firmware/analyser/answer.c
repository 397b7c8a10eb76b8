#include "answer.h"

struct writer {
    uint8_t *to;
    uint16_t length;
};

static void put(struct writer *writer, const char *text)
{
    while (*text != '\0') {
        writer->to[writer->length++] = (uint8_t)*text++;
    }
}

/* Text that came from outside: delimiters become escapes. */
static void put_escaped(struct writer *writer, const char *text)
{
    for (; *text != '\0'; text++) {
        switch (*text) {
        case '|': put(writer, "&F&"); break;
        case '^': put(writer, "&S&"); break;
        case '\\': put(writer, "&R&"); break;
        case '&': put(writer, "&E&"); break;
        default: writer->to[writer->length++] = (uint8_t)*text; break;
        }
    }
}

static void put_number(struct writer *writer, uint16_t value)
{
    char digits[6];
    unsigned at = sizeof digits - 1;

    digits[at] = '\0';
    do {
        digits[--at] = (char)('0' + value % 10);
        value /= 10;
    } while (value != 0);
    put(writer, digits + at);
}

static void put_tenths(struct writer *writer, uint16_t tenths)
{
    put_number(writer, tenths / 10);
    put(writer, ".");
    put_number(writer, tenths % 10);
}

void answer_start(struct answer *answer, const struct query *query,
                  const struct orders *orders)
{
    *answer = (struct answer){.query = query, .orders = orders};
}

static bool is_test_asked(const struct answer *answer, uint8_t test)
{
    return answer->query->test == ORDERS_ALL || answer->query->test == test;
}

static bool is_asked(const struct answer *answer, const struct order *order)
{
    bool any = false;

    for (uint8_t i = 0; i < order->test_count; i++) {
        any |= is_test_asked(answer, order->tests[i]);
    }
    return any && (orders_is_same(answer->query->specimen, "ALL") ||
                   orders_is_same(answer->query->specimen, order->specimen));
}

/* Moves on to an order that was asked for, or to the end. */
static void find_order(struct answer *answer)
{
    while (answer->order < answer->orders->count &&
           !is_asked(answer, &answer->orders->list[answer->order])) {
        answer->order++;
    }
    answer->step =
        answer->order < answer->orders->count ? ANSWER_PATIENT : ANSWER_TERMINATOR;
    answer->test = answer->results = 0;
}

static void find_test(struct answer *answer, const struct order *order)
{
    while (answer->test < order->test_count &&
           !is_test_asked(answer, order->tests[answer->test])) {
        answer->test++;
    }
    if (answer->test == order->test_count) {
        answer->order++;
        find_order(answer);
    } else {
        answer->step = ANSWER_RESULT;
    }
}

static void put_patient(struct writer *writer, const struct order *order, uint8_t number)
{
    put(writer, "P|");
    put_number(writer, number);
    put(writer, "|");
    put_escaped(writer, order->patient.id);
    put(writer, "|||");
    put_escaped(writer, order->patient.last);
    put(writer, "^");
    put_escaped(writer, order->patient.first);
}

static void put_order(struct writer *writer, const struct order *order)
{
    const char priority[] = {order->priority, '\0'};

    put(writer, "O|1|");
    put_escaped(writer, order->specimen);
    put(writer, "||");
    for (uint8_t i = 0; i < order->test_count; i++) {
        put(writer, i == 0 ? "^^^" : "\\^^^");
        put(writer, orders_tests[order->tests[i]].code);
    }
    put(writer, "|");
    put(writer, priority);
}

static void put_result(struct writer *writer, const struct order *order, uint8_t at,
                       uint8_t number)
{
    const struct test *test = &orders_tests[order->tests[at]];

    put(writer, "R|");
    put_number(writer, number);
    put(writer, "|^^^");
    put(writer, test->code);
    put(writer, "|");
    put_tenths(writer, orders_result(order, order->tests[at]));
    put(writer, "|");
    put(writer, test->unit);
    put(writer, "|");
    put_tenths(writer, test->low);
    put(writer, " to ");
    put_tenths(writer, test->high);
    put(writer, "|N||F");
}

static void put_order_step(struct answer *answer, struct writer *writer)
{
    const struct order *order = &answer->orders->list[answer->order];

    switch (answer->step) {
    case ANSWER_PATIENT:
        put_patient(writer, order, ++answer->patients);
        answer->step = ANSWER_ORDER;
        break;
    case ANSWER_ORDER:
        put_order(writer, order);
        answer->step = ANSWER_COMMENT;
        if (order->comment[0] == '\0') {
            find_test(answer, order);
        }
        break;
    case ANSWER_COMMENT:
        put(writer, "C|1|I|");
        put_escaped(writer, order->comment);
        put(writer, "|G");
        find_test(answer, order);
        break;
    default:
        put_result(writer, order, answer->test++, ++answer->results);
        find_test(answer, order);
        break;
    }
}

uint16_t answer_next(struct answer *answer, uint8_t record[ANSWER_RECORD_MAX])
{
    struct writer writer = {record, 0};

    switch (answer->step) {
    case ANSWER_DONE: return 0;
    case ANSWER_HEADER:
        put(&writer, "H|\\^&|||CA-20^1.0|||||HOST||P|LIS2-A2");
        find_order(answer);
        break;
    case ANSWER_TERMINATOR:
        put(&writer, answer->patients > 0 ? "L|1|F" : "L|1|I");
        answer->step = ANSWER_DONE;
        break;
    default: put_order_step(answer, &writer); break;
    }
    put(&writer, "\r");
    return writer.length;
}
