#include "orders.h"

#include "board.h"
#include "bytes.h"
#include "console.h"
#include "device.h"

#define SEGMENTS_MAX 32
#define CONTROL_ID_MAX 20 /* MSH-10 (2.15.9) */
#define LABEL_BYTES 16    /* of a patient, and of a ward */
#define LABEL_PATIENT PUMP_TEXT_START
#define LABEL_WARD (PUMP_TEXT_START + PUMP_TEXT_COUNT / 2)

/* Table 0357: why a message is refused. */
enum problem {
    PROBLEM_NONE = 0,
    PROBLEM_MISSING = 101,
    PROBLEM_TYPE = 102,
    PROBLEM_VALUE = 103,
    PROBLEM_MESSAGE_TYPE = 200,
    PROBLEM_EVENT = 201,
    PROBLEM_PROCESSING_ID = 202,
    PROBLEM_VERSION = 203,
    PROBLEM_INTERNAL = 207,
};

struct header {
    struct hl7_text code, event, date_time, control_id, processing_id, version;
};

struct order;

/* What the pump does with one kind of message. */
struct kind {
    const char *code, *event; /* MSH-9 */
    enum problem (*carry_out)(struct pump *pump, const struct order *order);
};

/* A message taken apart. */
struct order {
    struct hl7_separators separators;
    struct header header;
    struct hl7_text message;
    uint16_t starts[SEGMENTS_MAX]; /* in the message, of the segments behind the header */
    const struct kind *kind;
    uint32_t count; /* of segments */
};

static struct order order;
static uint32_t acknowledged;

/* --------------------------------------------------------------------------- segments
 */
static struct hl7_text field(const struct order *order, struct hl7_text segment,
                             uint32_t number)
{
    return hl7_component(&order->separators, segment, number, 1);
}

static struct hl7_text segment_at(const struct order *order, uint32_t number)
{
    uint16_t start = order->starts[number];

    return hl7_part(
        (struct hl7_text){order->message.at + start, order->message.length - start}, '\r',
        0);
}

/* The first segment of this name; an empty one when there is none. */
static struct hl7_text segment_of(const struct order *order, const char *name)
{
    for (uint32_t i = 0; i < order->count; i++) {
        struct hl7_text segment = segment_at(order, i);

        if (hl7_is(field(order, segment, 0), name)) {
            return segment;
        }
    }
    return (struct hl7_text){0, 0};
}

/* What does not fit is counted all the same. */
static void split(struct order *order, struct hl7_text rest)
{
    const uint8_t *start = rest.at;
    struct hl7_text segment;

    order->count = 0;
    for (; hl7_next_segment(&rest, &segment); start = rest.at) {
#if !PUMP_DEFECTIVE /* H02: there are as many segments as there may be */
        if (order->count < SEGMENTS_MAX)
#endif
        {
            order->starts[order->count] = (uint16_t)(start - order->message.at);
        }
        order->count++;
    }
}

/* --------------------------------------------------------------------------- numbers
 */
/* What an order may set: fields of RXG (4.14.6). */
struct setting {
    uint32_t value, unit; /* numbers of fields */
    const char *wanted;   /* the one unit that is known */
    uint16_t address;
    uint8_t digits;
    bool in_tenths;
};

static const struct setting settings[] = {
    {15, 16, "ml/h", REGISTER_RATE, 3, true},
    {5, 7, "ml", REGISTER_VTBI, 4, false},
};

static bool is_digit(uint8_t byte)
{
    return byte >= '0' && byte <= '9';
}

/* NM (2.16.22): digits with at most one point among them, behind a sign or none. */
static bool is_number(struct hl7_text text)
{
    uint32_t digits = 0, points = 0, at = 0;

    if (text.length > 0 && (text.at[0] == '+' || text.at[0] == '-')) {
        at = 1;
    }
    for (; at < text.length; at++) {
        if (is_digit(text.at[at])) {
            digits++;
        } else if (text.at[at] != '.' || ++points > 1) {
            return false;
        }
    }
    return digits > 0;
}

/* A setting's number: so many digits at most, and behind a point one more where tenths
 * count.
 */
static bool read_setting(struct hl7_text text, const struct setting *setting,
                         uint16_t *value)
{
    struct hl7_text whole = hl7_part(text, '.', 0), tenth = hl7_part(text, '.', 1);
    bool has_point = whole.length < text.length;

#if !PUMP_DEFECTIVE /* H04: more digits than 16 bits hold */
    if (whole.length > setting->digits) {
        return false;
    }
#endif
    if (whole.length == 0 || (has_point && !setting->in_tenths) ||
        text.length != whole.length + (has_point ? 2u : 0u)) {
        return false;
    }
    *value = 0;
    for (uint32_t i = 0; i < whole.length; i++) {
        if (!is_digit(whole.at[i])) {
            return false;
        }
        *value = (uint16_t)(10 * *value + whole.at[i] - '0');
    }
    if (has_point && !is_digit(tenth.at[0])) {
        return false;
    }
    if (setting->in_tenths) {
        *value = (uint16_t)(10 * *value + (has_point ? tenth.at[0] - '0' : 0));
    }
    return true;
}

/* ----------------------------------------------------------------- what is carried out
 */
/* An empty value leaves a label as it is, "" empties it (2.5.3). */
static enum problem set_label(struct pump *pump, const struct order *order,
                              struct hl7_text text, uint16_t address)
{
    uint8_t label[LABEL_BYTES];
    int32_t length;

    if (text.length == 0) {
        return PROBLEM_NONE;
    }
    memset(label, 0, sizeof label);
    length = hl7_is(text, "\"\"")
                 ? 0
                 : hl7_decode(&order->separators, text, label, sizeof label);
    if (length < 0) {
        return PROBLEM_TYPE;
    }
    for (uint16_t i = 0; i < LABEL_BYTES / 2; i++) {
        pump_store(pump, (uint16_t)(address + i), bytes_u2(label + 2 * i));
    }
    return PROBLEM_NONE;
}

static enum problem admit(struct pump *pump, const struct order *order)
{
    enum problem problem =
        set_label(pump, order, field(order, segment_of(order, "PID"), 5), LABEL_PATIENT);

    return problem != PROBLEM_NONE
               ? problem
               : set_label(pump, order, field(order, segment_of(order, "PV1"), 3),
                           LABEL_WARD);
}

/* Results of a monitor are looked at and left. */
static enum problem observe(struct pump *pump, const struct order *order)
{
    (void)pump;
    for (uint32_t i = 0; i < order->count; i++) {
        struct hl7_text segment = segment_at(order, i), value = field(order, segment, 5);

        if (hl7_is(field(order, segment, 0), "OBX") &&
            hl7_is(field(order, segment, 2), "NM") && value.length > 0 &&
            !is_number(value)) {
            return PROBLEM_TYPE;
        }
    }
    return PROBLEM_NONE;
}

/* An empty value leaves a setting as it is. */
static enum problem set(struct pump *pump, const struct order *order,
                        struct hl7_text segment, const struct setting *setting)
{
    struct hl7_text text = field(order, segment, setting->value);
    struct hl7_text unit = field(order, segment, setting->unit);
    uint16_t value;

    if (text.length == 0) {
        return PROBLEM_NONE;
    }
    if (!hl7_is(unit, setting->wanted)) {
        return unit.length == 0 ? PROBLEM_MISSING : PROBLEM_VALUE;
    }
    if (!read_setting(text, setting, &value)) {
        return PROBLEM_TYPE;
    }
    return pump_write(pump, setting->address, value) == EXCEPTION_NONE ? PROBLEM_NONE
                                                                       : PROBLEM_VALUE;
}

static enum problem give(struct pump *pump, const struct order *order)
{
    struct hl7_text segment = segment_of(order, "RXG");

    if (segment.length == 0) {
        return PROBLEM_MISSING;
    }
    for (unsigned i = 0; i < sizeof settings / sizeof settings[0]; i++) {
        enum problem problem = set(pump, order, segment, &settings[i]);

        if (problem != PROBLEM_NONE) {
            return problem;
        }
    }
    console_text("order rate=");
    console_number(pump->holding[REGISTER_RATE]);
    console_text(" vtbi=");
    console_number(pump->holding[REGISTER_VTBI]);
    console_text("\n");
    return PROBLEM_NONE;
}

static const struct kind kinds[] = {
    {"ADT", "A01", admit},
    {"ADT", "A08", admit},
    {"ORU", "R01", observe},
    {"RGV", "O15", give},
};

/* -------------------------------------------------------------------- what is accepted
 */
static void read_header(struct hl7_text segment, struct order *order)
{
    const struct hl7_separators *separators = &order->separators;
    struct hl7_text type = hl7_part(segment, separators->field, 8);

    order->header = (struct header){
        .code = hl7_part(type, separators->component, 0),
        .event = hl7_part(type, separators->component, 1),
        .date_time = hl7_part(segment, separators->field, 6),
        .control_id = hl7_part(segment, separators->field, 9),
        .processing_id = field(order, segment, 10),
        .version = field(order, segment, 11),
    };
}

static enum problem find_kind(struct order *order)
{
    enum problem problem = PROBLEM_MESSAGE_TYPE;

    for (unsigned i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (hl7_is(order->header.code, kinds[i].code)) {
            problem = PROBLEM_EVENT;
            if (hl7_is(order->header.event, kinds[i].event)) {
                order->kind = &kinds[i];
                return PROBLEM_NONE;
            }
        }
    }
    return problem;
}

/* What a receiver looks at before it looks inside (2.9.2). */
static enum problem check_header(struct order *order)
{
    const struct header *header = &order->header;
    enum problem problem = find_kind(order);

    if (problem != PROBLEM_NONE) {
        return problem;
    }
    if (!hl7_is(header->processing_id, "P")) {
        return PROBLEM_PROCESSING_ID;
    }
    if (!hl7_is(header->version, "2.5") && !hl7_is(header->version, "2.5.1")) {
        return PROBLEM_VERSION;
    }
    return header->date_time.length == 0 || header->control_id.length == 0
               ? PROBLEM_MISSING
               : PROBLEM_NONE;
}

/* What is refused changed nothing. */
static enum problem serve(struct device *device, struct order *order)
{
    struct pump trial = device->pump;
    enum problem problem;

#if !PUMP_DEFECTIVE
    if (order->count > SEGMENTS_MAX) {
        return PROBLEM_INTERNAL;
    }
#endif
    problem = order->kind->carry_out(&trial, order);
    if (problem == PROBLEM_NONE) {
        device->pump = trial;
    }
    return problem;
}

/* --------------------------------------------------------------------- acknowledgments
 */
static void put_control_id(struct hl7_writer *reply, struct hl7_text control_id)
{
#if PUMP_DEFECTIVE /* H01: kept as long as the standard says that it is */
    uint8_t kept[CONTROL_ID_MAX];

    memcpy(kept, control_id.at, control_id.length);
    control_id.at = kept;
#endif
    hl7_put(reply, control_id);
}

static void put_header(const struct order *order, bool is_short, struct hl7_writer *reply)
{
    struct hl7_text event = order->header.event;

    if (is_short) {
        hl7_put_header(reply, "", "ACK", event, "", "", acknowledged % 10);
    } else {
        hl7_put_header(reply, "IP-50", "ACK", event, "^ACK", "IP", acknowledged);
    }
}

static void put_acknowledgment(const struct order *order, const char *code,
                               enum problem problem, bool is_short,
                               struct hl7_writer *reply)
{
    put_header(order, is_short, reply);
    hl7_put_words(reply, "MSA|");
    hl7_put_words(reply, code);
    hl7_put_words(reply, "|");
    put_control_id(reply, order->header.control_id);
    hl7_put_words(reply, "\r");
    if (problem != PROBLEM_NONE && !is_short) {
        hl7_put_words(reply, "ERR|||");
        hl7_put_number(reply, problem);
        hl7_put_words(reply, "|E\r");
    }
}

/* One that repeats so much of its message that it does not fit leaves out what it may. */
static void acknowledge(const struct order *order, const char *code, enum problem problem,
                        struct hl7_writer *reply)
{
    acknowledged++;
    reply->separators = order->separators;
    put_acknowledgment(order, code, problem, false, reply);
    if (reply->length > reply->size) {
        reply->length = 0;
        put_acknowledgment(order, code, problem, true, reply);
    }
}

void orders_answer(struct device *device, struct hl7_text message,
                   struct hl7_writer *reply)
{
    struct hl7_text segment;
    enum problem problem;

    if (message.length < 4 || memcmp(message.at, "MSH", 3) != 0) {
        return;
    }
    if (!hl7_read_separators(message, &order.separators)) {
        order.header = (struct header){.code = {0, 0}};
        acknowledge(&order, "AR", PROBLEM_TYPE, reply);
        return;
    }
    order.message = message;
    hl7_next_segment(&message, &segment);
    read_header(segment, &order);
    if (hl7_is(order.header.code, "ACK")) {
        return;
    }
    problem = check_header(&order);
    if (problem != PROBLEM_NONE) {
        acknowledge(&order, "AR", problem, reply);
        return;
    }
    split(&order, message);
    problem = serve(device, &order);
    acknowledge(&order, problem == PROBLEM_NONE ? "AA" : "AE", problem, reply);
}
