/* Hardware that is switched and heard: /bin/sh plays relays, consoles and probes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/clock.h"
#include "device/device.h"
#include "scratch.h"
#include "soon.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct bench {
    char folder[SCRATCH_PATH];
    struct yaml_document *document;
    struct device *device;
    struct observation seen;
    struct error error;
};

static int set_up(void **state)
{
    struct bench *bench = calloc(1, sizeof *bench);

    scratch_make(bench->folder);
    observation_init(&bench->seen);
    *state = bench;
    return 0;
}

static int tear_down(void **state)
{
    struct bench *bench = *state;

    device_free(bench->device);
    yaml_close(bench->document);
    observation_free(&bench->seen);
    scratch_remove(bench->folder);
    free(bench);
    return 0;
}

/* In a text, @ is the scratch folder. */
static void make(struct bench *bench, const char *settings)
{
    char text[4000];
    size_t used = (size_t)snprintf(text, sizeof text, "kind: external\n");

    for (; *settings && used + SCRATCH_PATH < sizeof text; settings++)
        used +=
            (size_t)(*settings == '@'
                         ? snprintf(text + used, sizeof text - used, "%s", bench->folder)
                         : snprintf(text + used, sizeof text - used, "%c", *settings));
    bench->document = yaml_parse("c.yaml", view_text(text), &bench->error);
    if (bench->document)
        bench->device = device_create(yaml_root(bench->document), &bench->error);
    if (!bench->device)
        fail_msg("%s", bench->error.text);
}

static int start(struct bench *bench)
{
    return bench->device->ops->start(bench->device, soon(), &bench->error);
}

static int reset(struct bench *bench, enum reset_kind kind)
{
    return bench->device->ops->reset(bench->device, kind, soon(), &bench->error);
}

static int observe(struct bench *bench, int64_t until_ns)
{
    return bench->device->ops->observe(bench->device, until_ns, &bench->seen,
                                       &bench->error);
}

static bool has_heard(const struct bench *bench, const char *words)
{
    struct view text = buffer_view(&bench->seen.text);

    return text.length && memmem(text.data, text.length, words, strlen(words));
}

static void expect_log(struct bench *bench, const char *wanted)
{
    scratch_expect(bench->folder, "log", wanted);
}

#define POWER_KEYS                                                           \
    "settle: 1ms\npower:\n  pause: 1ms\n  on: [sh, -c, 'echo on >>@/log']\n" \
    "  off: [sh, -c, 'echo off >>@/log']\n"

static void power_is_left_as_declared(void **state)
{
    static const struct {
        const char *safe, *log;
    } safes[] = {{"  safe: off\n", "on\noff\n"},
                 {"", "on\noff\n"},
                 {"  safe: on\n", "on\non\n"},
                 {"  safe: leave\n", "on\n"}};
    struct bench *bench = *state;
    char settings[600], path[SCRATCH_PATH + 8], text[200];

    snprintf(path, sizeof path, "%s/log", bench->folder);
    for (size_t i = 0; i < sizeof safes / sizeof safes[0]; i++) {
        snprintf(settings, sizeof settings, POWER_KEYS "%s", safes[i].safe);
        make(bench, settings);
        assert_int_equal(start(bench), 0);
        bench->device->ops->stop(bench->device);
        bench->device->ops->stop(bench->device); /* once is enough */
        expect_log(bench, safes[i].log);
        unlink(path);
        bench->device->ops->describe(bench->device, text, sizeof text);
        assert_non_null(strstr(text, "power by command"));
        device_free(bench->device);
        yaml_close(bench->document);
        bench->device = NULL;
        bench->document = NULL;
    }
}

static void a_switch_that_fails_is_tried_twice_and_told(void **state)
{
    struct bench *bench = *state;

    make(bench, "settle: 1ms\npower:\n  safe: on\n"
                "  on: [sh, -c, 'echo on >>@/log; echo jammed; exit 3']\n");
    assert_int_equal(start(bench), -1);
    assert_non_null(strstr(bench->error.text, "power-on"));
    assert_non_null(strstr(bench->error.text, "jammed"));
    bench->device->ops->stop(bench->device);
    expect_log(bench, "on\non\non\non\n");
    assert_non_null(strstr(bench->device->unsafe.text, "may be off"));
}

/* The button is a switch that is let go, come what may. */
static void a_button_is_pressed_and_let_go(void **state)
{
    struct bench *bench = *state;

    make(bench,
         "settle: 1ms\nreset:\n  pulse: 1ms\n  on: [sh, -c, 'echo press >>@/log']\n"
         "  off: [sh, -c, 'echo let go >>@/log']\n");
    assert_int_equal(bench->device->resets, 1u << RESET_WARM);
    assert_int_equal(reset(bench, RESET_WARM), 0);
    expect_log(bench, "press\nlet go\n");
}

static void a_button_that_jams_is_let_go(void **state)
{
    struct bench *bench = *state;

    make(bench, "settle: 1ms\nreset:\n  pulse: 1ms\n  on: [sh, -c, 'exit 1']\n"
                "  off: [sh, -c, 'echo let go >>@/log']\n");
    assert_int_equal(reset(bench, RESET_WARM), -1);
    assert_non_null(strstr(bench->error.text, "reset-on"));
    expect_log(bench, "let go\n");
}

/* --- the console -------------------------------------------------------------------- */

#define CONSOLE "console: [sh, -c, 'touch @/said; exec tail -n +1 -f @/said']\n"

static void a_banner_is_awaited_after_a_reset(void **state)
{
    struct bench *bench = *state;

    make(bench, CONSOLE "reset: [sh, -c, 'echo boot 1.2 >>@/said']\n"
                        "ready: {banner: '^boot [0-9]', within: 5s}\n");
    assert_true(bench->device->can & DEVICE_SEES_CONSOLE);
    assert_int_equal(start(bench), 0);
    assert_int_equal(reset(bench, RESET_WARM), 0);
    assert_int_equal(observe(bench, 0), 0);
    assert_non_null(
        memmem(bench->seen.text.data, bench->seen.text.length, "boot 1.2", 8));
}

/* What it said before the reset is no banner of it. */
static void a_device_that_boots_forever_is_given_up(void **state)
{
    struct bench *bench = *state;

    make(bench, CONSOLE "start: [sh, -c, 'echo boot >>@/said']\n"
                        "reset: [sh, -c, 'echo loading >>@/said']\n"
                        "ready: {banner: boot, within: 200ms}\n");
    assert_int_equal(start(bench), 0);
    while (!has_heard(bench, "boot"))
        assert_int_equal(observe(bench, clock_now_ns() + CLOCK_MS), 0);
    assert_int_equal(reset(bench, RESET_WARM), -1);
    assert_non_null(strstr(bench->error.text, "ready.banner"));
    assert_true(bench->device->answer_limit_ns == 200 * CLOCK_MS);
}

static void a_ready_command_is_tried_until_it_succeeds(void **state)
{
    struct bench *bench = *state;

    make(bench, "restart: [sh, -c, 'true']\nready:\n  within: 10s\n"
                "  command: [sh, -c, 'echo >>@/log; test $(wc -l <@/log) -gt 2']\n");
    assert_int_equal(reset(bench, RESET_RESTART), 0);
    expect_log(bench, "\n\n\n");
}

static void one_that_never_succeeds_ends(void **state)
{
    struct bench *bench = *state;

    make(bench,
         "restore: [sh, -c, 'true']\nready: {within: 150ms, command: [sh, -c, 'echo "
         "still booting; exit 1']}\n");
    assert_int_equal(reset(bench, RESET_RESTORE), -1);
    assert_non_null(strstr(bench->error.text, "not ready in time"));
    assert_non_null(strstr(bench->error.text, "still booting"));
}

/* A converter that is pulled out again and again is not opened forever. */
static void a_console_that_ends_is_told_and_bounded(void **state)
{
    struct bench *bench = *state;
    int opened = 0;

    make(bench, "settle: 1ms\nreset: [sh, -c, 'true']\n"
                "console: [sh, -c, 'echo opened >>@/log; echo gone; exit 9']\n");
    assert_int_equal(start(bench), 0);
    while (opened < 20 && reset(bench, RESET_WARM) == 0) {
        opened++;
        while (observe(bench, soon()) == 0)
            clock_sleep_until_ns(clock_now_ns() + CLOCK_MS);
        assert_non_null(strstr(bench->error.text, "exit status 9"));
    }
    assert_in_range(opened, 1, 5);
    assert_non_null(strstr(bench->error.text, "ended 4 times"));
    expect_log(bench, "opened\nopened\nopened\nopened\n");
}

int main(void)
{
#define EXTERNAL_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        EXTERNAL_TEST(power_is_left_as_declared),
        EXTERNAL_TEST(a_switch_that_fails_is_tried_twice_and_told),
        EXTERNAL_TEST(a_button_is_pressed_and_let_go),
        EXTERNAL_TEST(a_button_that_jams_is_let_go),
        EXTERNAL_TEST(a_banner_is_awaited_after_a_reset),
        EXTERNAL_TEST(a_device_that_boots_forever_is_given_up),
        EXTERNAL_TEST(a_ready_command_is_tried_until_it_succeeds),
        EXTERNAL_TEST(one_that_never_succeeds_ends),
        EXTERNAL_TEST(a_console_that_ends_is_told_and_bounded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
