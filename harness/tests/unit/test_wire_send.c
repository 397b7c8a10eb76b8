/* What goes out over the wire, delivery by delivery: over a link that only takes notes.
 */
#include "engine/wire.h"
#include "scratch.h"

#include <stdio.h>

enum { NOTES = 64 };

/* What was done on the link, in order. */
struct note {
    unsigned what; /* 0: sent; LINK_BREAK …: disturbed */
    int64_t amount;
    uint8_t bytes[32];
    size_t length;
};

struct world {
    char folder[SCRATCH_PATH], path[SCRATCH_PATH];
    struct campaign *campaign;
    struct link_ops ops;
    struct link link;
    struct wire wire;
    struct error error;
    struct note notes[NOTES];
    size_t count;
    size_t refuse_at; /* the link is closed at this send, counted from 1; 0: never */
    bool stuck;       /* nothing is taken */
};

static struct note *take_note(struct link *link, struct view bytes)
{
    struct world *world = link->state;
    struct note *note = &world->notes[world->count];

    assert_true(world->count++ < NOTES && bytes.length <= sizeof note->bytes);
    *note = (struct note){.length = bytes.length};
    if (bytes.length)
        memcpy(note->bytes, bytes.data, bytes.length);
    return note;
}

static int take_send(struct link *link, struct view bytes, int64_t deadline_ns,
                     struct error *error)
{
    struct world *world = link->state;

    if (world->stuck) {
        clock_sleep_until_ns(deadline_ns);
        return error_set(error, "stuck");
    }
    take_note(link, bytes);
    return world->count == world->refuse_at ? LINK_CLOSED : 0;
}

static int take_disturbance(struct link *link, unsigned what, int64_t amount,
                            struct view bytes, int64_t deadline_ns, struct error *error)
{
    struct note *note = take_note(link, bytes);

    (void)deadline_ns;
    (void)error;
    note->what = what;
    note->amount = amount;
    return 0;
}

static int receive_nothing(struct link *link, struct buffer *in, int64_t deadline_ns,
                           struct error *error)
{
    (void)link;
    (void)in;
    (void)deadline_ns;
    (void)error;
    return LINK_TIMEOUT;
}

static void close_nothing(struct link *link)
{
    (void)link;
}

static struct world *make_world(const char *model, const char *session, const char *more)
{
    struct world *world = calloc(1, sizeof *world);
    char text[2000];

    assert_non_null(world);
    scratch_make(world->folder);
    snprintf(text, sizeof text,
             "campaign: wire\ntarget: {model: %s/targets/modbus/%s, session: "
             "%s/targets/modbus/%s}\ndevice: {kind: external}\n"
             "link: {kind: tcp, address: '127.0.0.1:9'}\n%s\n",
             PROJECT_FOLDER, model, PROJECT_FOLDER, session, more);
    scratch_write(world->folder, "campaign.yaml", text, world->path);
    world->campaign = campaign_load(world->path, "/none", NULL, &world->error);
    if (!world->campaign)
        fail_msg("%s", world->error.text);
    world->ops = (struct link_ops){.name = "notes",
                                   .send = take_send,
                                   .disturb = take_disturbance,
                                   .receive = receive_nothing,
                                   .close = close_nothing};
    world->link = (struct link){.ops = &world->ops,
                                .carries = LINK_STREAM | LINK_BREAK | LINK_PARITY,
                                .is_open = true,
                                .state = world};
    assert_int_equal(
        wire_init(&world->wire, world->campaign, NULL, &world->link, &world->error), 0);
    return world;
}

static int set_up(void **state)
{
    *state = make_world("modbus_tcp.ksy", "registers.yaml", "");
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;

    wire_free(&world->wire);
    campaign_free(world->campaign);
    scratch_remove(world->folder);
    free(world);
    return 0;
}

static int deliver(struct world *world, const char *hex, const struct delivery *delivery,
                   size_t *sent)
{
    struct buffer bytes = buffer_make(1000);
    int64_t sent_ns;
    int status;

    assert_int_equal(bytes_from_hex(&bytes, hex), 0);
    status = wire_deliver(&world->wire, buffer_view(&bytes), delivery, &sent_ns, sent,
                          &world->error);
    buffer_free(&bytes);
    return status;
}

/* "0102 03": what each send held. */
static void assert_sends(const struct world *world, const char *wanted)
{
    char text[400];
    size_t used = 0;

    for (size_t i = 0; i < world->count; i++) {
        used += (size_t)snprintf(text + used, sizeof text - used, "%s", i ? " " : "");
        for (size_t b = 0; b < world->notes[i].length; b++)
            used += (size_t)snprintf(text + used, sizeof text - used, "%02x",
                                     world->notes[i].bytes[b]);
    }
    assert_string_equal(text, wanted);
}

/* --- ways --------------------------------------------------------------------------- */

static void the_link_gets_the_parts(void **state)
{
    static const struct {
        struct delivery delivery;
        const char *sends;
        size_t sent;
    } ways[] = {
        {{.way = DELIVERY_WHOLE}, "0102030405", 5},
        {{.way = DELIVERY_PARTS, .unit = 1}, "01 02 03 04 05", 5},
        {{.way = DELIVERY_PARTS, .unit = 2, .pause_ns = 1000}, "0102 0304 05", 5},
        {{.way = DELIVERY_PARTS}, "0102030405", 5},
        {{.way = DELIVERY_CUT, .unit = 3, .pause_ns = 1000}, "010203 0405", 5},
        {{.way = DELIVERY_CUT, .unit = 9}, "0102030405", 5},
        {{.way = DELIVERY_LATE, .pause_ns = 1000}, "0102030405", 5},
        {{.way = DELIVERY_JOINED, .unit = 2}, "0102030405", 5},
        {{.way = DELIVERY_JOINED, .unit = 2, .pause_ns = 1000}, "0102 030405", 5},
        {{.way = DELIVERY_HALF_CLOSED}, "0102030405", 5},
        {{.way = DELIVERY_HALF_CLOSED, .unit = 2}, "0102", 2},
        {{.way = DELIVERY_ABANDONED, .unit = 4}, "01020304", 4},
        {{.way = DELIVERY_FLOOD, .unit = 3}, "0102030405 0102030405 0102030405", 15},
    };
    struct world *world = *state;

    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        size_t sent;

        world->count = 0;
        assert_int_equal(deliver(world, "0102030405", &ways[i].delivery, &sent), 0);
        assert_sends(world, ways[i].sends);
        assert_int_equal(sent, ways[i].sent);
    }
}

static void pauses_are_between_the_parts(void **state)
{
    struct world *world = *state;
    struct delivery slow = {.way = DELIVERY_PARTS, .unit = 1, .pause_ns = 3 * CLOCK_MS};
    int64_t start_ns = clock_now_ns();
    size_t sent;

    assert_int_equal(deliver(world, "010203", &slow, &sent), 0);
    assert_true(clock_now_ns() - start_ns >= 6 * CLOCK_MS);
    assert_int_equal(world->count, 3);
}

static void a_disturbed_line_gets_its_orders(void **state)
{
    struct world *world = *state;
    struct delivery broken = {.way = DELIVERY_BREAK, .pause_ns = 5000};
    size_t sent;

    assert_int_equal(deliver(world, "0102", &broken, &sent), 0);
    assert_int_equal(world->count, 2);
    assert_int_equal(world->notes[0].what, LINK_BREAK);
    assert_int_equal(world->notes[0].amount, 5000);
    assert_int_equal(world->notes[1].what, 0);
    world->count = 0;
    assert_int_equal(
        deliver(world, "0102", &(struct delivery){.way = DELIVERY_PARITY}, &sent), 0);
    assert_int_equal(world->notes[0].what, LINK_PARITY);
    assert_int_equal(world->notes[0].amount, 0);
    assert_sends(world, "0102");
    world->count = 0;
    assert_int_equal(deliver(world, "0102",
                             &(struct delivery){.way = DELIVERY_PARITY, .unit = 2},
                             &sent),
                     0);
    assert_int_equal(world->notes[0].what, LINK_PARITY);
    assert_int_equal(world->notes[0].amount, 2);
    assert_sends(world, "0102");
    /* What the link does not carry is no case of the device's. */
    assert_int_equal(deliver(world, "0102",
                             &(struct delivery){.way = DELIVERY_BAUD, .percent = 50},
                             &sent),
                     WIRE_FAILED);
    assert_int_equal(wire_lacks(world->campaign, &world->link,
                                &(struct delivery){.way = DELIVERY_BAUD}),
                     LINK_BAUD);
    assert_int_equal(wire_lacks(world->campaign, &world->link,
                                &(struct delivery){.way = DELIVERY_PARITY}),
                     0);
}

static void a_link_that_closes_ends_the_delivery(void **state)
{
    struct world *world = *state;
    struct delivery bytewise = {.way = DELIVERY_PARTS, .unit = 1};
    size_t sent;

    world->refuse_at = 2;
    assert_int_equal(deliver(world, "01020304", &bytewise, &sent), WIRE_CLOSED);
    assert_int_equal(world->count, 2);
    assert_false(world->link.is_open);
}

/* --- rates -------------------------------------------------------------------------- */

static void a_flood_has_the_declared_rate(void **state)
{
    struct world *world =
        make_world("modbus_tcp.ksy", "registers.yaml", "timing: {maximum-rate: 50}");
    struct delivery flood = {.way = DELIVERY_FLOOD, .percent = 200, .pause_ns = CLOCK_S};
    int64_t interval_ns;
    void *own = world;

    (void)state;
    assert_int_equal(wire_flood_size(world->campaign, &flood, &interval_ns), 100);
    assert_int_equal(interval_ns, 10 * CLOCK_MS);
    assert_int_equal(wire_lacks(world->campaign, &world->link, &flood), 0);
    flood = (struct delivery){.way = DELIVERY_FLOOD, .unit = 7};
    assert_int_equal(wire_flood_size(world->campaign, &flood, &interval_ns), 7);
    assert_int_equal(interval_ns, 0);
    tear_down(&own);
}

static void without_a_declared_rate_there_is_nothing_above_it(void **state)
{
    struct world *world = *state;
    struct delivery flood = {.way = DELIVERY_FLOOD, .percent = 200, .pause_ns = CLOCK_S};

    assert_int_equal(wire_lacks(world->campaign, &world->link, &flood), LINK_RATE);
    flood = (struct delivery){.way = DELIVERY_FLOOD, .unit = 7};
    assert_int_equal(wire_lacks(world->campaign, &world->link, &flood), 0);
}

/* A campaign that spares its device sends no burst, either. */
static void who_limits_the_rate_gets_no_burst(void **state)
{
    struct world *world =
        make_world("modbus_tcp.ksy", "registers.yaml", "timing: {rate-limit: 10}");
    struct delivery flood = {.way = DELIVERY_FLOOD, .unit = 7};
    void *own = world;

    (void)state;
    assert_int_equal(wire_lacks(world->campaign, &world->link, &flood), LINK_RATE);
    tear_down(&own);
}

/* --- the gate ----------------------------------------------------------------------- */

#define READ "0100 0000 0006 01 03 0160 0004"
#define WRITE "0100 0000 0006 01 06 0168 0007"

/* All of a message is judged before its first byte goes. */
static void no_part_of_what_the_gate_keeps_back_goes_out(void **state)
{
    struct world *world = make_world("modbus_tcp.ksy", "registers.yaml",
                                     "exclude: [{id: writes, when: request.pdu.function "
                                     "== 6, rationale: r}]");
    void *own = world;
    size_t sent;

    (void)state;
    for (int way = 0; way < DELIVERY_WAYS; way++) {
        struct delivery delivery = {.way = (enum delivery_way)way, .unit = 1};

        assert_int_equal(deliver(world, WRITE, &delivery, &sent), WIRE_REFUSED);
        assert_int_equal(deliver(world, READ WRITE, &delivery, &sent), WIRE_REFUSED);
        assert_int_equal(sent, 0);
    }
    assert_int_equal(world->count, 0);
    tear_down(&own);
}

/* Behind a pause that ends frames the rest of a message is a message. */
static void a_part_that_is_a_message_is_judged(void **state)
{
    struct world *world = make_world("modbus_rtu.ksy", "pump.yaml",
                                     "exclude: [{id: writes, when: request.pdu.function "
                                     "== 6, rationale: r}]");
    struct delivery gap = {.way = DELIVERY_CUT, .unit = 3, .pause_ns = 20 * CLOCK_MS};
    void *own = world;
    size_t sent;

    (void)state;
    assert_int_equal(deliver(world, "01 03 00 01 06 00 00 00 01", &gap, &sent),
                     WIRE_REFUSED);
    assert_int_equal(world->count, 0);
    gap.way = DELIVERY_WHOLE;
    assert_int_equal(deliver(world, "01 03 00 01 06 00 00 00 01", &gap, &sent), 0);
    tear_down(&own);
}

static void what_arrives_garbled_cannot_be_judged(void **state)
{
    struct world *world =
        make_world("modbus_tcp.ksy", "registers.yaml", "exclude-unparsed: true");
    void *own = world;
    size_t sent;

    (void)state;
    assert_int_equal(
        deliver(world, READ, &(struct delivery){.way = DELIVERY_PARITY}, &sent),
        WIRE_REFUSED);
    assert_int_equal(deliver(world, READ,
                             &(struct delivery){.way = DELIVERY_ABANDONED, .unit = 5},
                             &sent),
                     WIRE_REFUSED);
    assert_int_equal(world->wire.gate_hits[GATE_UNPARSED], 2);
    assert_int_equal(world->count, 0);
    tear_down(&own);
}

/* --- the record --------------------------------------------------------------------- */

static void the_record_has_the_delivery_and_what_was_sent(void **state)
{
    struct world *world = *state;
    struct delivery half = {.way = DELIVERY_ABANDONED, .unit = 2};
    struct buffer wanted = buffer_make(100);
    uint8_t record[DELIVERY_RECORD];
    size_t sent;

    wire_begin_case(&world->wire, 5);
    assert_int_equal(deliver(world, "010203", &half, &sent), 0);
    digest_begin(&wanted, 5);
    digest_add(&wanted, DIGEST_DELIVERED, delivery_record(&half, record));
    digest_add(&wanted, DIGEST_SENT, view_text("\1\2"));
    assert_true(view_equal(wire_end_case(&world->wire), buffer_view(&wanted)));
    /* Whole and at once nothing is said of it: that is what a record is without. */
    wire_begin_case(&world->wire, 5);
    assert_int_equal(
        deliver(world, "0102", &(struct delivery){.way = DELIVERY_WHOLE}, &sent), 0);
    digest_begin(&wanted, 5);
    digest_add(&wanted, DIGEST_SENT, view_text("\1\2"));
    assert_true(view_equal(wire_end_case(&world->wire), buffer_view(&wanted)));
    buffer_free(&wanted);
}

/* A device that takes no bytes is the device's fault, not ours. */
static void a_device_that_takes_nothing_has_closed(void **state)
{
    struct world *world =
        make_world("modbus_tcp.ksy", "registers.yaml", "timing: {answer: 1ms}");
    void *own = world;
    size_t sent;

    (void)state;
    world->stuck = true;
    assert_int_equal(
        deliver(world, "0102", &(struct delivery){.way = DELIVERY_WHOLE}, &sent),
        WIRE_CLOSED);
    assert_false(world->link.is_open);
    tear_down(&own);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_link_gets_the_parts),
        TEST(pauses_are_between_the_parts),
        TEST(a_disturbed_line_gets_its_orders),
        TEST(a_link_that_closes_ends_the_delivery),
        cmocka_unit_test(a_flood_has_the_declared_rate),
        cmocka_unit_test(who_limits_the_rate_gets_no_burst),
        TEST(without_a_declared_rate_there_is_nothing_above_it),
        cmocka_unit_test(no_part_of_what_the_gate_keeps_back_goes_out),
        cmocka_unit_test(a_part_that_is_a_message_is_judged),
        cmocka_unit_test(what_arrives_garbled_cannot_be_judged),
        TEST(the_record_has_the_delivery_and_what_was_sent),
        cmocka_unit_test(a_device_that_takes_nothing_has_closed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
