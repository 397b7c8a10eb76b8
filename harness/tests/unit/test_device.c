/* What every device kind has, and the kind external. */
#include "core/clock.h"
#include "device/device.h"
#include "scratch.h"
#include "soon.h"

#include <sys/stat.h>

struct bench {
    struct yaml_document *document;
    struct device *device;
    struct error error;
};

static void make(struct bench *bench, const char *settings)
{
    *bench = (struct bench){.device = NULL};
    bench->document = yaml_parse("campaign.yaml", view_text(settings), &bench->error);
    if (!bench->document)
        fail_msg("%s", bench->error.text);
    bench->device = device_create(yaml_root(bench->document), &bench->error);
}

static void bench_close(struct bench *bench)
{
    device_free(bench->device);
    yaml_close(bench->document);
}

static void test_wrong_settings_are_named(void **state)
{
    static const struct {
        const char *settings, *complaint;
    } wrong[] = {
        {"{kind: toaster}", "qemu"},
        {"{command: [x]}", "kind"},
        {"{kind: process}", "command"},
        {"{kind: process, command: sh}", "command"},
        {"{kind: process, command: []}", "command"},
        {"{kind: process, command: [[sh]]}", "argument"},
        {"{kind: process, command: [no-such-program-here]}", "executed"},
        {"{kind: process, command: [sh], ready: '('}", "regular expression"},
        {"{kind: process, command: [sh], ready: '(a)(b)'}", "group"},
        {"{kind: process, command: [sh], environment: [a]}", "environment"},
        {"{kind: process, command: [sh], start-timeout: soon}", "start-timeout"},
        {"{kind: process, command: [sh], image: x}", "image"},
        {"{kind: qemu, image: x}", "machine"},
        {"{kind: qemu, machine: m}", "image"},
        {"{kind: qemu, machine: m, image: /nonexistent}", "firmware image"},
        {"{kind: qemu, machine: m, image: /dev/null}", "firmware image"},
        {"{kind: external, explode: [x]}", "explode"},
        {"{kind: external, reset: now}", "list"},
        {"{kind: external, power: [x]}", "map"},
        {"{kind: external, power: {safe: off}}", "driver"},
        {"{kind: external, power: {on: [x], safe: off}}", "safe"},
        {"{kind: external, power: {on: [x], off: [y], safe: maybe}}", "safe"},
        {"{kind: external, power: {driver: uhubctrl}}", "did you mean 'uhubctl'"},
        {"{kind: external, power: {driver: [uhubctl]}}", "driver"},
        {"{kind: external, power: {driver: serial-line}}", "port"},
        {"{kind: external, reset: {driver: serial-line, port: x, line: dcd}}", "dtr"},
        {"{kind: external, restore: x}", "restore"},
        {"{kind: external, ready: {banner: up}}", "console"},
        {"{kind: external, console: [sh], ready: {banner: '('}}", "regular expression"},
        {"{kind: external, ready: {within: soon}}", "within"},
        {"{kind: external, settle: long}", "settle"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct bench bench;

        make(&bench, wrong[i].settings);
        assert_null(bench.device);
        if (!strstr(bench.error.text, wrong[i].complaint) ||
            strncmp(bench.error.text, "campaign.yaml:1", 15) != 0)
            fail_msg("%s: %s", wrong[i].settings, bench.error.text);
        bench_close(&bench);
    }
}

static void test_kinds_are_complete(void **state)
{
    (void)state;
    assert_null(device_kind("toaster"));
    for (size_t i = 0; device_kinds[i]; i++) {
        assert_ptr_equal(device_kind(device_kinds[i]->name), device_kinds[i]);
        assert_non_null(device_kinds[i]->summary);
        assert_non_null(device_kinds[i]->keys);
        assert_int_not_equal(device_kinds[i]->resets, 0);
    }
    for (int i = 0; i < RESET_KINDS; i++)
        assert_string_not_equal(reset_kind_name((enum reset_kind)i), "unknown");
    for (int i = 0; i <= FAULT_EXIT; i++)
        assert_string_not_equal(fault_kind_name((enum fault_kind)i), "unknown");
    device_free(NULL);
}

static void test_scratch_folder(void **state)
{
    struct bench bench;
    char folder[108], inner[140];

    (void)state;
    make(&bench, "{kind: external}");
    assert_non_null(bench.device);
    snprintf(folder, sizeof folder, "%s", bench.device->scratch);
    assert_in_range(strlen(folder), 1, 70);
    snprintf(inner, sizeof inner, "%s/socket", folder);
    assert_int_equal(mkdir(inner, 0700), 0);
    bench_close(&bench);
    assert_int_not_equal(access(folder, F_OK), 0);
}

static void test_observation(void **state)
{
    struct observation seen;
    struct fault fault = {.kind = FAULT_EXIT, .cause = "a"};

    (void)state;
    observation_init(&seen);
    for (int i = 0; i < 20; i++) {
        observation_add(&seen, &fault);
        observation_add(&seen, &fault); /* the same again */
        fault.cause[0]++;
    }
    assert_int_equal(seen.fault_count, OBSERVATION_FAULTS);
    seen.text.maximum = 5;
    assert_int_equal(observation_append(&seen, view_text("abc")), 0);
    assert_int_equal(observation_append(&seen, view_text("def")), 3);
    assert_int_equal(observation_append(&seen, view_text("ghi")), 5);
    assert_memory_equal(seen.text.data, "abcde", 5);
    observation_clear(&seen);
    assert_int_equal(seen.fault_count + seen.text.length, 0);
    observation_free(&seen);
}

/* Commands leave their names in a file, in order. */
static void test_external_commands(void **state)
{
    char folder[SCRATCH_PATH], path[SCRATCH_PATH], settings[1000];
    struct bench bench;
    struct observation seen;

    (void)state;
    scratch_make(folder);
    scratch_path(folder, "log", path);
    snprintf(settings, sizeof settings,
             "kind: external\nsettle: 1ms\npower:\n  pause: 1ms\n"
             "  off: [sh, -c, 'echo off >> %s']\n"
             "  on: [sh, -c, 'echo on >> %s']\n"
             "reset: [sh, -c, 'echo reset >> %s']\n"
             "restore: [sh, -c, 'echo restore >> %s']\n"
             "start: [sh, -c, 'echo start >> %s']\n",
             path, path, path, path, path);
    make(&bench, settings);
    if (!bench.device)
        fail_msg("%s", bench.error.text);
    assert_int_equal(bench.device->resets,
                     1u << RESET_WARM | 1u << RESET_RESTORE | 1u << RESET_POWER);
    assert_int_equal(bench.device->ops->start(bench.device, soon(), &bench.error), 0);
    for (int kind = RESET_NONE; kind < RESET_KINDS; kind++)
        assert_int_equal(bench.device->ops->reset(bench.device, (enum reset_kind)kind,
                                                  soon(), &bench.error),
                         kind == RESET_RESTART ? -1 : 0);
    observation_init(&seen);
    bench.device->ops->observe(bench.device, 0, &seen, &bench.error);
    assert_true(seen.running);
    observation_free(&seen);
    bench_close(&bench);
    scratch_expect(folder, "log", "on\nstart\nreset\nrestore\noff\non\nstart\noff\n");
    scratch_remove(folder);
}

static void test_external_failures(void **state)
{
    struct bench bench;
    char text[200];

    (void)state;
    make(&bench, "{kind: external, settle: 1ms, start: [sh, -c, 'echo no relay "
                 "found; exit 5'], reset: [no-such-program-here], power: {off: [sh, -c, "
                 "'sleep 1000 & wait']}}");
    assert_non_null(bench.device);
    assert_int_equal(bench.device->ops->start(bench.device, soon(), &bench.error), -1);
    assert_non_null(strstr(bench.error.text, "start command"));
    assert_non_null(strstr(bench.error.text, "exit status 5"));
    assert_non_null(strstr(bench.error.text, "no relay found"));
    assert_int_equal(
        bench.device->ops->reset(bench.device, RESET_WARM, soon(), &bench.error), -1);
    assert_non_null(strstr(bench.error.text, "no-such-program-here"));
    assert_int_equal(
        bench.device->ops->reset(bench.device, RESET_RESTART, soon(), &bench.error), -1);
    bench.device->ops->describe(bench.device, text, sizeof text);
    assert_string_equal(text,
                        "external device, power by command (when percuss ends: off), "
                        "reset by command, start by command");
    /* Its power-off hangs: keep the test from waiting for it. */
    bench.device->ops->release(bench.device);
    memset(bench.device->state, 0, bench.device->ops->state_size);
    bench_close(&bench);
}

static void test_external_command_that_hangs(void **state)
{
    struct bench bench;

    (void)state;
    make(&bench, "{kind: external, reset: [sh, -c, 'sleep 1000 & wait']}");
    assert_non_null(bench.device);
    assert_int_equal(bench.device->ops->reset(bench.device, RESET_WARM,
                                              clock_now_ns() + 50 * CLOCK_MS,
                                              &bench.error),
                     -1);
    assert_non_null(strstr(bench.error.text, "did not end in time"));
    bench_close(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wrong_settings_are_named),
        cmocka_unit_test(test_kinds_are_complete),
        cmocka_unit_test(test_scratch_folder),
        cmocka_unit_test(test_observation),
        cmocka_unit_test(test_external_commands),
        cmocka_unit_test(test_external_failures),
        cmocka_unit_test(test_external_command_that_hangs),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
