#include "message.h"

#include "bytes.h"
#include "console.h"

#define OUT_OF_ORDER "out of order"
#define BAD_NUMBER "sequence number"

void message_begin(struct message *message)
{
    message->stage = MESSAGE_OUTSIDE;
    message->reason = 0;
    message->length = 0;
    message->pending_count = 0;
    message->query.is_set = message->asking.is_set = false;
    message->declared = record_usual;
    message->delimiters = &message->declared;
}

static struct view field_of(const struct message *message, struct view record, unsigned n)
{
    return record_field(record, message->delimiters, n);
}

/* A text of 1 to size - 1 characters. */
static bool take_text(const struct message *message, struct view field, char *to,
                      uint16_t size)
{
    return record_decode(field, message->delimiters, to, size) && to[0] != '\0';
}

/* --- records ---------------------------------------------------------------------------
 */

static const char *take_header(struct message *message, struct view record)
{
    if (message->stage != MESSAGE_OUTSIDE) {
        return OUT_OF_ORDER;
    }
    if (record.length < 5) {
        return "delimiters";
    }
    message->declared =
        (struct delimiters){record.at[1], record.at[2], record.at[3], record.at[4]};
    if (!record_are_delimiters(&message->declared) ||
        (record.length > 5 && record.at[5] != message->declared.field)) {
        return "delimiters";
    }
    message->stage = MESSAGE_HEADER;
    message->asking.is_set = false;
    return 0;
}

static const char *take_patient(struct message *message, struct view record)
{
    const uint16_t room = ANALYSER_DEFECTIVE ? UINT16_MAX : ORDERS_NAME + 1; /* A07 */
    struct view name[RECORD_COMPONENTS];
    struct patient patient = {.id = ""};

    if (message->stage == MESSAGE_OUTSIDE || message->asking.is_set) {
        return OUT_OF_ORDER;
    }
    if (record_number(field_of(message, record, 2)) < 1) {
        return BAD_NUMBER;
    }
    if (!record_decode(field_of(message, record, 3), message->delimiters, patient.id,
                       sizeof patient.id)) {
        return "patient";
    }
    if (!record_split(field_of(message, record, 6), message->delimiters, name) ||
        !record_decode(name[0], message->delimiters, patient.last, room) ||
        !record_decode(name[1], message->delimiters, patient.first, room)) {
        return "name";
    }
    message->patient = patient;
    message->stage = MESSAGE_PATIENT;
    return 0;
}

/* Universal test identifier: its fourth component is the code. */
static int find_test(const struct message *message, struct view field)
{
    struct view parts[RECORD_COMPONENTS];

    return record_split(field, message->delimiters, parts) ? orders_find_test(parts[3])
                                                           : -1;
}

static bool take_tests(const struct message *message, struct view field,
                       struct order *order)
{
    struct view one;

    while (record_take(&field, message->delimiters->repeat, &one)) {
        int test = find_test(message, one);

        if (test < 0 || order->test_count == ORDERS_TESTS) {
            return false;
        }
        order->tests[order->test_count++] = (uint8_t)test;
    }
    return order->test_count > 0;
}

/* One of `letters`, or nothing, which stands for the first. 0 if it is none of them. */
static char take_letter(struct view field, const char *letters)
{
    if (field.length == 0) {
        return letters[0];
    }
    for (; *letters != '\0'; letters++) {
        if (field.length == 1 && field.at[0] == (uint8_t)*letters) {
            return *letters;
        }
    }
    return 0;
}

static const char *take_order(struct message *message, struct view record)
{
    struct order *order = &message->pending[message->pending_count];
    char action = take_letter(field_of(message, record, 12), "NAC");

    if (message->stage != MESSAGE_PATIENT && message->stage != MESSAGE_ORDER) {
        return OUT_OF_ORDER;
    }
    if (record_number(field_of(message, record, 2)) < 1) {
        return BAD_NUMBER;
    }
    if (message->pending_count == MESSAGE_ORDERS) {
        return "too many orders";
    }
    *order = (struct order){.patient = message->patient};
    if (!take_text(message, field_of(message, record, 3), order->specimen,
                   sizeof order->specimen)) {
        return "specimen";
    }
    if (!take_tests(message, field_of(message, record, 5), order)) {
        return "test";
    }
    order->priority = take_letter(field_of(message, record, 6), "RSAP");
    if (order->priority == 0 || action == 0) {
        return order->priority == 0 ? "priority" : "action";
    }
    message->is_cancel[message->pending_count++] = action == 'C';
    message->stage = MESSAGE_ORDER;
    return 0;
}

/* A comment is the order's that came before it; elsewhere it has no effect. */
static const char *take_comment(struct message *message, struct view record)
{
    char comment[ORDERS_COMMENT + 1];

    if (message->stage == MESSAGE_OUTSIDE) {
        return OUT_OF_ORDER;
    }
    if (record_number(field_of(message, record, 2)) < 1) {
        return BAD_NUMBER;
    }
    if (!record_decode(field_of(message, record, 4), message->delimiters, comment,
                       sizeof comment)) {
        return "comment";
    }
    if (message->stage == MESSAGE_ORDER) {
        memcpy(message->pending[message->pending_count - 1].comment, comment,
               sizeof comment);
    }
    return 0;
}

static const char *take_query(struct message *message, struct view record)
{
    struct view range[RECORD_COMPONENTS], tests = field_of(message, record, 5);
    struct query query = {.is_set = true, .test = ORDERS_ALL};
    int test;

    if (message->stage != MESSAGE_HEADER || message->asking.is_set) {
        return OUT_OF_ORDER;
    }
    if (record_number(field_of(message, record, 2)) < 1) {
        return BAD_NUMBER;
    }
    if (!record_split(field_of(message, record, 3), message->delimiters, range) ||
        !take_text(message, range[range[1].length > 0], query.specimen,
                   sizeof query.specimen)) {
        return "specimen";
    }
    if (tests.length > 0 && !record_is(tests, "ALL")) {
        test = find_test(message, tests);
        if (test < 0) {
            return "test";
        }
        query.test = (uint8_t)test;
    }
    message->asking = query;
    return 0;
}

/* The pending orders become active, and cancellations take effect. */
static void commit(struct message *message)
{
    for (uint8_t i = 0; i < message->pending_count; i++) {
        if (message->is_cancel[i]) {
            orders_cancel(&message->orders, message->pending[i].specimen);
        } else {
            orders_add(&message->orders, &message->pending[i]);
        }
    }
    console_text("message accepted orders=");
    console_number(message->pending_count);
    console_text("\n");
    message->pending_count = 0;
}

static const char *take_terminator(struct message *message, struct view record)
{
    if (message->stage == MESSAGE_OUTSIDE) {
        return OUT_OF_ORDER;
    }
    if (record_number(field_of(message, record, 2)) < 1) {
        return BAD_NUMBER;
    }
    if (take_letter(field_of(message, record, 3), "NF") == 0) {
        return "termination code";
    }
    commit(message);
    if (message->asking.is_set) {
        message->query = message->asking;
    }
    message->stage = MESSAGE_OUTSIDE;
    return 0;
}

/* Results, manufacturer's and scientific records are not for the analyser. */
static const char *ignore(struct message *message, struct view record)
{
    (void)record;
    return message->stage == MESSAGE_OUTSIDE ? OUT_OF_ORDER : 0;
}

static const char *take_record(struct message *message, struct view record)
{
    typedef const char *handler(struct message * message, struct view record);
    static handler *const handlers[26] = {
        ['H' - 'A'] = take_header, ['P' - 'A'] = take_patient,
        ['O' - 'A'] = take_order,  ['C' - 'A'] = take_comment,
        ['Q' - 'A'] = take_query,  ['L' - 'A'] = take_terminator,
        ['R' - 'A'] = ignore,      ['M' - 'A'] = ignore,
        ['S' - 'A'] = ignore,
    };
    struct view type = {record.at, record.length < 1 ? 0 : 1};

    if (type.length == 0 || type.at[0] < 'A' || type.at[0] > 'Z') {
        return "record type";
    }
    if (type.at[0] != 'H') {
        type = field_of(message, record, 1);
    }
    if (type.length != 1 ||
        (!ANALYSER_DEFECTIVE && handlers[type.at[0] - 'A'] == 0)) { /* A09 */
        return "record type";
    }
    return handlers[type.at[0] - 'A'](message, record);
}

/* --- messages --------------------------------------------------------------------------
 */

static void refuse(struct message *message, const char *reason)
{
    message->reason = reason;
    message->pending_count = 0;
    message->query.is_set = false;
    console_text("message refused: ");
    console_text(reason);
    console_text("\n");
}

static void end_record(struct message *message)
{
    const char *reason =
        take_record(message, (struct view){message->record, message->length});

    message->length = 0;
    if (reason != 0) {
        refuse(message, reason);
    }
}

void message_text(struct message *message, const uint8_t *bytes, uint16_t length,
                  bool is_last)
{
    for (uint16_t i = 0; i < length && message->reason == 0; i++) {
        if (bytes[i] == '\r') {
            end_record(message);
        } else if (ANALYSER_DEFECTIVE || message->length < MESSAGE_RECORD_MAX) { /* A08 */
            message->record[message->length++] = bytes[i];
        } else {
            refuse(message, "record too long");
        }
    }
    if (is_last && message->length > 0 && message->reason == 0) {
        refuse(message, "record without end");
    }
}

/* A message whose terminator did not come has no effect. */
static void leave(struct message *message)
{
    if (message->reason == 0 &&
        (message->stage != MESSAGE_OUTSIDE || message->length > 0)) {
        if (ANALYSER_DEFECTIVE) { /* A05 */
            commit(message);
        } else {
            refuse(message, "no terminator");
        }
    }
}

bool message_end(struct message *message)
{
    leave(message);
    return message->query.is_set;
}

void message_abort(struct message *message)
{
    leave(message);
    message->query.is_set = false;
}
