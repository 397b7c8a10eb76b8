/* The emulated pump under the device kind qemu. CMakeLists.txt leaves it out where no
 * firmware is built. */
#include "board.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char fixed[] =
    PUMP_BOARD "image: " FIRMWARE_FOLDER "/pump-fixed-an385.elf\n";
static const char defective[] =
    PUMP_BOARD "image: " FIRMWARE_FOLDER "/pump-defective-an385.elf\n";

static int set_up_board(void **state, const char *settings)
{
    static struct bench bench;

    board_start(&bench, settings);
    *state = &bench;
    return 0;
}

static int set_up(void **state)
{
    return set_up_board(state, fixed);
}

static int set_up_defective(void **state)
{
    return set_up_board(state, defective);
}

/* The image as its own kernel: what boots is the same. */
static int set_up_with_snapshot(void **state)
{
    return set_up_board(state,
                        PUMP_BOARD "image: " FIRMWARE_FOLDER "/pump-fixed-an385.elf\n"
                                   "kernel: " FIRMWARE_FOLDER "/pump-fixed-an385.elf\n"
                                   "snapshot: true\n"
                                   "start-timeout: 90s\n");
}

static int tear_down(void **state)
{
    struct bench *bench = *state;
    char scratch[108];

    snprintf(scratch, sizeof scratch, "%s", bench->device->scratch);
    board_stop(bench);
    assert_int_not_equal(access(scratch, F_OK), 0);
    return 0;
}

static void observe(struct bench *bench, int64_t wait_until_ns)
{
    observation_clear(&bench->seen);
    assert_int_equal(bench->device->ops->observe(bench->device, wait_until_ns,
                                                 &bench->seen, &bench->error),
                     0);
}

static void test_answers_on_its_port(void **state)
{
    struct bench *bench = *state;

    board_open(bench);
    board_exchange(bench);
    observe(bench, 0);
    assert_true(bench->seen.running);
    assert_false(bench->seen.restarted);
    assert_int_equal(bench->seen.fault_count, 0);
    assert_null(bench->device->ops->endpoint(bench->device, "uart7"));
}

static void test_warm_reset_is_not_a_failure_and_keeps_the_link(void **state)
{
    struct bench *bench = *state;

    assert_false(bench->device->resets & 1u << RESET_RESTORE);
    assert_int_equal(bench->device->step_limit_ns, 0);
    board_open(bench);
    for (int i = 0; i < 20; i++) {
        board_exchange(bench);
        board_reset(bench, RESET_WARM);
        observe(bench, 0);
        assert_int_equal(bench->seen.fault_count, 0);
        assert_false(bench->seen.restarted);
    }
    board_exchange(bench);
}

static void test_unasked_reset_is_one_fault(void **state)
{
    struct bench *bench = *state;

    assert_int_equal(
        bench->device->ops->provoke(bench->device, PROVOKE_RESET, &bench->error), 0);
    observe(bench, soon());
    assert_true(bench->seen.running);
    assert_true(bench->seen.restarted);
    assert_int_equal(bench->seen.fault_count, 1);
    assert_int_equal(bench->seen.faults[0].kind, FAULT_RESET);
    assert_non_null(strstr(bench->seen.faults[0].title, "unexpected reset"));
    observe(bench, 0);
    assert_int_equal(bench->seen.fault_count, 0);
}

static void test_death_is_one_fault_and_restart_heals(void **state)
{
    struct bench *bench = *state;

    assert_int_equal(
        bench->device->ops->provoke(bench->device, PROVOKE_DEATH, &bench->error), 0);
    observe(bench, soon());
    assert_false(bench->seen.running);
    assert_int_equal(bench->seen.fault_count, 1);
    assert_int_equal(bench->seen.faults[0].kind, FAULT_EXIT);
    assert_non_null(strstr(bench->seen.faults[0].title, "SIGABRT"));
    observe(bench, 0);
    assert_int_equal(bench->seen.fault_count, 0);
    assert_false(bench->seen.running);
    board_reset(bench, RESET_WARM); /* becomes a restart */
    observe(bench, 0);
    assert_true(bench->seen.running);
    board_open(bench);
    board_exchange(bench);
}

/* A request, and the silence behind it; an answer is dropped. */
static void send_and_wait(struct bench *bench, const uint8_t *frame, size_t length)
{
    board_send(bench, frame, length);
    clock_sleep_until_ns(clock_now_ns() + 100 * CLOCK_MS);
    link_discard(bench->link);
}

/* Defect D06 of the pump: a diagnostic request that calls address 0. */
static const uint8_t d06[] = {1, 8, 0, 2, 0, 0, 0x41, 0xcb};

static void test_guest_fault_and_its_reset_are_one(void **state)
{
    struct bench *bench = *state;
    const struct fault *fault = &bench->seen.faults[0];

    board_open(bench);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(
            link_send(bench->link, (struct view){d06, sizeof d06}, soon(), &bench->error),
            0);
        observe(bench, soon());
        assert_true(bench->seen.running);
        assert_true(bench->seen.restarted);
        assert_int_equal(bench->seen.fault_count, 1);
        assert_int_equal(fault->kind, FAULT_GUEST);
        assert_non_null(strstr(fault->title, ", at bad pc called from "));
        assert_memory_equal(bench->seen.text.data + fault->detail_offset, "FAULT ", 6);
        board_exchange(bench);
        observe(bench, 0);
        assert_int_equal(bench->seen.fault_count, 0);
    }
}

/* Each fault says some 140 bytes on the console, which nobody reads meanwhile. A busy
 * host may split a frame, which then is none. */
static void test_unread_console_is_not_lost(void **state)
{
    struct bench *bench = *state;
    size_t text = 0;
    unsigned banners = 0, faults = 0;

    board_open(bench);
    for (int i = 0; i < 6; i++)
        send_and_wait(bench, d06, sizeof d06);
    board_exchange(bench);
    observe(bench, 0);
    while (text < bench->seen.text.length) {
        const char *line = (const char *)bench->seen.text.data + text;

        banners += strncmp(line, "pump ", 5) == 0;
        faults += strncmp(line, "FAULT ", 6) == 0;
        text += strcspn(line, "\n") + 1;
    }
    assert_true(faults >= 3);
    assert_int_equal(banners, faults);
}

/* Defect D05: what the console tells of it, in words. */
static void test_fault_in_words(void **state)
{
    static const uint8_t unlock[] = {1, 0x64, 1, 0x5a, 0x17, 0x2d, 0x9e};
    static const uint8_t calibrate[] = {1,    0x64, 9,    0x80, 0,   0,
                                        0x10, 0x12, 0x34, 0x8a, 0xc9};
    struct bench *bench = *state;
    const struct fault *fault = &bench->seen.faults[0];
    const char *detail;

    board_open(bench);
    send_and_wait(bench, unlock, sizeof unlock);
    observe(bench, 0); /* it says that it is unlocked */
    send_and_wait(bench, calibrate, sizeof calibrate);
    observe(bench, soon());
    assert_int_equal(bench->seen.fault_count, 1);
    assert_int_equal(fault->kind, FAULT_GUEST);
    if (strncmp(fault->title, "BusFault, precise, writing 0xa000", 33) != 0 ||
        !strstr(fault->title, " called from calibrate (service.c:") ||
        !strstr(fault->title, "), in thread mode"))
        fail_msg("%s", fault->title);
    assert_string_equal(fault->cause, "BusFault memcpy calibrate");
    assert_string_equal(fault->place, "calibrate");
    assert_int_equal(buffer_append_byte(&bench->seen.text, 0), 0);
    detail = (const char *)bench->seen.text.data + fault->detail_offset;
    assert_memory_equal(detail, "FAULT BusFault ", 15);
    assert_non_null(strstr(detail, "PRECISERR (BusFault: precise)"));
    assert_non_null(strstr(detail, ": thread mode\n"));
}

static void test_pause_and_continue(void **state)
{
    static const uint8_t request[] = {1, 3, 0, 0, 0, 1, 0x84, 0x0a};
    struct bench *bench = *state;
    struct buffer in = buffer_make(256);

    board_open(bench);
    assert_int_equal(
        bench->device->ops->provoke(bench->device, PROVOKE_PAUSE, &bench->error), 0);
    link_send(bench->link, (struct view){request, sizeof request}, soon(), &bench->error);
    assert_int_equal(
        link_receive(bench->link, &in, clock_now_ns() + 100 * CLOCK_MS, &bench->error),
        LINK_TIMEOUT);
    assert_int_equal(
        bench->device->ops->provoke(bench->device, PROVOKE_CONTINUE, &bench->error), 0);
    while (in.length < 5)
        assert_true(link_receive(bench->link, &in, soon(), &bench->error) > 0);
    /* A reset wakes a paused board. */
    bench->device->ops->provoke(bench->device, PROVOKE_PAUSE, &bench->error);
    board_reset(bench, RESET_WARM);
    board_exchange(bench);
    buffer_free(&in);
}

static void test_restarts_leak_nothing(void **state)
{
    struct bench *bench = *state;
    size_t before = board_descriptors();

    for (int i = 0; i < 10; i++)
        board_reset(bench, RESET_RESTART);
    assert_int_equal(board_descriptors(), before);
    observe(bench, 0);
    assert_int_equal(bench->seen.fault_count, 0);
}

static void test_describes_itself(void **state)
{
    struct bench *bench = *state;
    char text[200];

    bench->device->ops->describe(bench->device, text, sizeof text);
    assert_non_null(strstr(text, "QEMU "));
    assert_non_null(strstr(text, "mps2-an385"));
    assert_non_null(strstr(text, "sha256 "));
}

static void test_wrong_machine_says_so(void **state)
{
    static const char text[] =
        "kind: qemu\nmachine: no-such-board\nimage: " FIRMWARE_FOLDER
        "/pump-fixed-an385.elf\n";
    struct error error;
    struct yaml_document *document = yaml_parse("c.yaml", view_text(text), &error);
    struct device *device = device_create(yaml_root(document), &error);

    (void)state;
    assert_non_null(device);
    assert_int_equal(device->ops->start(device, soon(), &error), -1);
    if (!strstr(error.text, "unsupported machine"))
        fail_msg("%s", error.text);
    device_free(device);
    yaml_close(document);
}

/* The pump's uptime runs away from the host's clock. */
static void test_clock_runs_faster(void **state)
{
    static const uint8_t uptime[] = {1, 4, 0,    7,
                                     0, 1, 0x80, 0x0b}; /* low word, seconds */
    char settings[sizeof fixed + 32], text[200];
    int64_t began_ns, ahead_ns = 0;
    struct bench bench;
    unsigned first;

    (void)state;
    snprintf(settings, sizeof settings, "%sclock: realtime*8\n", fixed);
    board_start(&bench, settings);
    board_open(&bench);
    began_ns = clock_now_ns();
    first = board_ask(&bench, uptime);
    while (ahead_ns < 3 * CLOCK_S && clock_now_ns() < began_ns + 20 * CLOCK_S) {
        clock_sleep_until_ns(clock_now_ns() + CLOCK_S / 10);
        ahead_ns = (board_ask(&bench, uptime) - first) * CLOCK_S;
        ahead_ns -= clock_now_ns() - began_ns;
    }
    assert_true(ahead_ns >= 3 * CLOCK_S);
    assert_int_equal(device_time_ns(bench.device, 16 * CLOCK_MS), 2 * CLOCK_MS);
    assert_false(bench.device->can & DEVICE_KEEPS_TIME);
    bench.device->ops->describe(bench.device, text, sizeof text);
    assert_non_null(strstr(text, "realtime*8"));
    board_stop(&bench);
}

static void test_restore_puts_the_started_board_back(void **state)
{
    struct bench *bench = *state;
    char text[600];

    bench->device->ops->describe(bench->device, text, sizeof text);
    assert_non_null(strstr(text, ", kernel sha256 "));
    assert_null(strstr(text, "initrd"));
    assert_int_equal(bench->device->resets & (1u << RESET_WARM | 1u << RESET_RESTORE),
                     1u << RESET_RESTORE);
    assert_int_equal(bench->device->step_limit_ns, 90 * CLOCK_S);
    board_open(bench);
    for (int i = 0; i < 3; i++) {
        board_exchange(bench);
        board_reset(bench, RESET_RESTORE);
        observe(bench, 0);
        assert_int_equal(bench->seen.fault_count, 0);
        assert_false(bench->seen.restarted);
    }
    board_exchange(bench);
    assert_int_equal(
        bench->device->ops->provoke(bench->device, PROVOKE_PAUSE, &bench->error), 0);
    board_reset(bench, RESET_RESTORE);
    board_exchange(bench);
}

static void test_settings_that_cannot_be_say_so(void **state)
{
    static const char *const wrong[][2] = {
        {"initrd: " FIRMWARE_FOLDER "/pump-fixed-an385.elf", "'kernel'"},
        {"append: quiet", "'kernel'"},
        {"kernel: nowhere/vmlinuz", "can be read"},
        {"snapshot: 7", "true or false"},
        {"clock: realtime*1", "clock"},
        {"clock: realtime*65", "clock"},
        {"clock: realtime*8x", "clock"},
        {"clock: realtime8", "clock"},
        {"clock: realtime*", "clock"},
        {"clock: [realtime]", "clock"},
        {"network: {kind: bridge, forward: []}", "user, dgram, stream, tap"},
        {"network: {kind: user, frames: wire}", "frames"},
        {"network: {kind: user, forward: [], host: 10.0.0.1/24}", "host"},
        {"network: {kind: dgram}", "'frames'"},
        {"network: {kind: dgram, frames: uart0}", "no other port"},
        {"network: {kind: dgram, frames: gdb}", "another name"},
        {"network: {kind: dgram, frames: wire, forward: []}", "frames"},
        {"network: {kind: stream, frames: wire}", "frames"},
        {"network: {kind: stream}", "'forward'"},
        {"network: {kind: tap, frames: wire}", "frames"},
        {"network: {kind: tap}", "'forward'"},
        {"network: {kind: tap, forward: [], host: 10.0.0.1}", "10.0.2.2/24"},
        {"network: {kind: tap, forward: [], host: 10.0.0.1/31}", "10.0.2.2/24"},
        {"network: {kind: tap, forward: [], host: 10.0.0.256/24}", "10.0.2.2/24"},
        {"network: {kind: tap, forward: [], guest: 10.0.3.15}", "10.0.2.2/24"},
        {"network: {kind: tap, forward: [], guest: 10.0.2.2}", "another one"},
        {"network: {kind: user}", "'forward'"},
        {"network: {kind: user, forward: [{name: modbus}]}", "'port'"},
        {"network: {kind: user, forward: [{name: modbus, port: 65536}]}", "65535"},
        {"network: {kind: user, forward: [{name: uart0, port: 502}]}", "no other port"},
        {"network: {kind: user, forward: [{name: a, port: 1}, {name: a, port: 2}]}",
         "no other port"},
        {"network: {kind: user, forward: [{name: a, port: 1, protocol: sctp}]}", "tcp"},
        {"network: {kind: user, forward: []}\narguments: [-nic, none]", "-netdev"},
    };
    char settings[1024];
    struct error error;

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct yaml_document *document;

        snprintf(settings, sizeof settings, "%s%s\n", fixed, wrong[i][0]);
        document = yaml_parse("campaign.yaml", view_text(settings), &error);
        assert_non_null(document);
        assert_null(device_create(yaml_root(document), &error));
        if (!strstr(error.text, wrong[i][1]) || !strstr(error.text, "campaign.yaml:"))
            fail_msg("%s: %s", wrong[i][0], error.text);
        yaml_close(document);
    }
}

int main(void)
{
#define BENCH(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        BENCH(test_answers_on_its_port),
        BENCH(test_warm_reset_is_not_a_failure_and_keeps_the_link),
        BENCH(test_unasked_reset_is_one_fault),
        BENCH(test_death_is_one_fault_and_restart_heals),
        cmocka_unit_test_setup_teardown(test_guest_fault_and_its_reset_are_one,
                                        set_up_defective, tear_down),
        cmocka_unit_test_setup_teardown(test_unread_console_is_not_lost, set_up_defective,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_fault_in_words, set_up_defective, tear_down),
        BENCH(test_pause_and_continue),
        BENCH(test_restarts_leak_nothing),
        BENCH(test_describes_itself),
        cmocka_unit_test(test_wrong_machine_says_so),
        cmocka_unit_test(test_clock_runs_faster),
        cmocka_unit_test_setup_teardown(test_restore_puts_the_started_board_back,
                                        set_up_with_snapshot, tear_down),
        cmocka_unit_test(test_settings_that_cannot_be_say_so),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
