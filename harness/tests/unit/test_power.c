/* Drivers of power switches: what they make of a campaign's settings is recorded by a
 * program in the tool's place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/clock.h"
#include "device/power.h"
#include "scratch.h"
#include "soon.h"

#include <fcntl.h>
#include <pty.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const no_more[] = {NULL};

struct bench {
    char folder[SCRATCH_PATH];
    char *path; /* PATH, as it was */
    struct yaml_document *document;
    struct power power;
    struct error error;
};

/* A tool that writes its command line down, a word in brackets each, and says `words`. */
static void install(struct bench *bench, const char *tool, const char *words)
{
    char text[700], path[SCRATCH_PATH];

    snprintf(text, sizeof text,
             "#!/bin/sh\nprintf '%%s' \"${0##*/}\" >>%s/log\n"
             "for i; do printf ' [%%s]' \"$i\" >>%s/log; done\necho >>%s/log\n%s\n",
             bench->folder, bench->folder, bench->folder, words);
    scratch_write(bench->folder, tool, text, path);
    assert_int_equal(chmod(path, 0755), 0);
}

static int set_up(void **state)
{
    struct bench *bench = calloc(1, sizeof *bench);
    const char *path = getenv("PATH");
    char ours[4096];

    scratch_make(bench->folder);
    bench->path = strdup(path ? path : "");
    snprintf(ours, sizeof ours, "%s:%s", bench->folder, bench->path);
    setenv("PATH", ours, 1);
    *state = bench;
    return 0;
}

static void forget(struct bench *bench)
{
    power_free(&bench->power);
    yaml_close(bench->document);
    bench->document = NULL;
}

static int tear_down(void **state)
{
    struct bench *bench = *state;

    forget(bench);
    setenv("PATH", bench->path, 1);
    scratch_remove(bench->folder);
    free(bench->path);
    free(bench);
    return 0;
}

static int read_settings(struct bench *bench, const char *settings)
{
    forget(bench);
    bench->document = yaml_parse("c.yaml", view_text(settings), &bench->error);
    if (!bench->document)
        fail_msg("%s", bench->error.text);
    return power_read(&bench->power, "power", yaml_root(bench->document), no_more,
                      &bench->error);
}

/* What the tools wrote down since the last time. */
static void expect_log(struct bench *bench, const char *wanted)
{
    char path[SCRATCH_PATH];

    scratch_expect(bench->folder, "log", wanted);
    scratch_path(bench->folder, "log", path);
    unlink(path);
}

static void drivers_call_their_tools(void **state)
{
    static const struct {
        const char *tool, *settings, *off, *on;
    } drivers[] = {
        {"uhubctl", "{driver: uhubctl, hub: 1-1.4, port: 2}",
         "uhubctl [-l] [1-1.4] [-p] [2] [-a] [off]\n",
         "uhubctl [-l] [1-1.4] [-p] [2] [-a] [on]\n"},
        {"sispmctl", "{driver: sispmctl, outlet: 3}", "sispmctl [-d] [0] [-f] [3]\n",
         "sispmctl [-d] [0] [-o] [3]\n"},
        {"sispmctl", "{driver: sispmctl, outlet: 4, device: 1}",
         "sispmctl [-d] [1] [-f] [4]\n", "sispmctl [-d] [1] [-o] [4]\n"},
        /* A value is one word, whatever is in it. */
        {"labgrid-client", "{driver: labgrid, place: 'my $(board) {x}'}",
         "labgrid-client [-p] [my $(board) {x}] [power] [off]\n",
         "labgrid-client [-p] [my $(board) {x}] [power] [on]\n"},
    };
    struct bench *bench = *state;

    for (size_t i = 0; i < sizeof drivers / sizeof drivers[0]; i++) {
        install(bench, drivers[i].tool, "");
        assert_int_equal(read_settings(bench, drivers[i].settings), 0);
        assert_true(power_can(&bench->power, POWER_OFF));
        assert_int_equal(power_set(&bench->power, POWER_OFF, soon(), &bench->error), 0);
        expect_log(bench, drivers[i].off);
        assert_int_equal(power_set(&bench->power, POWER_ON, soon(), &bench->error), 0);
        expect_log(bench, drivers[i].on);
    }
}

/* usbrelay ends with 0 when there is no such relay. */
static void what_exit_statuses_do_not_tell_is_asked(void **state)
{
    struct bench *bench = *state;

    install(bench, "usbrelay", "echo R_1=1; echo R_2=0");
    assert_int_equal(read_settings(bench, "{driver: usbrelay, relay: R_1}"), 0);
    assert_int_equal(power_set(&bench->power, POWER_ON, soon(), &bench->error), 0);
    expect_log(bench, "usbrelay [R_1=1]\nusbrelay\n");
    assert_int_equal(power_set(&bench->power, POWER_OFF, clock_now_ns() + 150 * CLOCK_MS,
                               &bench->error),
                     -1);
    assert_non_null(strstr(bench->error.text, "power-off"));
    assert_non_null(strstr(bench->error.text, "R_1=0"));
}

static void pdus_are_set_and_asked(void **state)
{
    struct bench *bench = *state;

    install(bench, "snmpset", "");
    install(bench, "snmpget", "echo 2");
    assert_int_equal(
        read_settings(bench, "{driver: apc, host: pdu, outlet: 5, community: c}"), 0);
    assert_int_equal(power_set(&bench->power, POWER_OFF, soon(), &bench->error), 0);
    expect_log(bench, "snmpset [-v] [2c] [-c] [c] [-t] [1] [-r] [1] [pdu] "
                      "[.1.3.6.1.4.1.318.1.1.12.3.3.1.1.4.5] [i] [2]\n"
                      "snmpget [-v] [2c] [-c] [c] [-t] [1] [-r] [1] [-Oqve] [pdu] "
                      "[.1.3.6.1.4.1.318.1.1.12.3.3.1.1.4.5]\n");
    install(bench, "snmpget", "echo 7");
    assert_int_equal(
        read_settings(bench, "{driver: snmp, host: pdu, oid: .1.2, on-value: 7}"), 0);
    assert_int_equal(power_set(&bench->power, POWER_ON, soon(), &bench->error), 0);
    expect_log(bench, "snmpset [-v] [2c] [-c] [private] [-t] [1] [-r] [1] [pdu] [.1.2] "
                      "[i] [7]\nsnmpget [-v] [2c] [-c] [private] [-t] [1] [-r] [1] "
                      "[-Oqve] [pdu] [.1.2]\n");
}

static void wrong_settings_are_named(void **state)
{
    static const struct {
        const char *settings, *complaint;
    } wrong[] = {
        {"{driver: uhubctl, hub: 1-1}", "port"},
        {"{driver: uhubctl, hub: 1-1, prot: 2}", "did you mean 'port'"},
        {"{driver: uhubctl, hub: [1], port: 2}", "hub"},
        {"{driver: uhubctl, hub: 1, port: 2, on: [x]}", "on"},
        {"{driver: labgrid, place: x}", "labgrid-client"}, /* not there */
        {"{driver: relay}", "usbrelay"},
        {"{driver: serial-line, port: x, on: up}", "high"},
        {"{on: relay}", "list"},
        {"{}", "driver"},
    };
    struct bench *bench = *state;
    char long_one[700];

    install(bench, "uhubctl", "");
    setenv("PATH", bench->folder, 1);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_int_equal(read_settings(bench, wrong[i].settings), -1);
        if (!strstr(bench->error.text, wrong[i].complaint) ||
            strncmp(bench->error.text, "c.yaml:1:", 9) != 0)
            fail_msg("%s: %s", wrong[i].settings, bench->error.text);
    }
    snprintf(long_one, sizeof long_one, "{driver: uhubctl, port: 1, hub: %0600d}", 1);
    assert_int_equal(read_settings(bench, long_one), -1);
    assert_non_null(strstr(bench->error.text, "shorter"));
}

/* What has no such lines is refused; those of real ports no test here can see. */
static void a_port_without_control_lines_is_refused(void **state)
{
    struct bench *bench = *state;
    int master, slave;
    char name[100], settings[200];

    assert_int_equal(openpty(&master, &slave, name, NULL, NULL), 0);
    snprintf(settings, sizeof settings, "{driver: serial-line, port: %s, line: rts}",
             name);
    assert_int_equal(read_settings(bench, settings), 0);
    for (int state_of = POWER_OFF; state_of <= POWER_ON; state_of++) {
        assert_int_equal(
            power_set(&bench->power, (enum power_state)state_of, soon(), &bench->error),
            -1);
        assert_non_null(strstr(bench->error.text, name));
        assert_non_null(strstr(bench->error.text, "control lines"));
    }
    close(master);
    close(slave);
    assert_int_equal(read_settings(bench, "{driver: serial-line, port: /dev/null}"), 0);
    assert_int_equal(power_set(&bench->power, POWER_ON, soon(), &bench->error), -1);
    assert_non_null(strstr(bench->error.text, "no serial port"));
    assert_int_equal(read_settings(bench, "{driver: serial-line, port: /none}"), 0);
    assert_int_equal(power_set(&bench->power, POWER_ON, soon(), &bench->error), -1);
    assert_non_null(strstr(bench->error.text, "power-on: /none"));
}

static void each_driver_tells_its_settings(void **state)
{
    char text[200];

    (void)state;
    for (const struct power_driver *driver = power_drivers; driver->name; driver++) {
        assert_true(strlen(power_driver_keys(driver, text, sizeof text)) > 0);
        assert_int_equal(!driver->commands[POWER_ON], !driver->commands[POWER_OFF]);
    }
    assert_string_equal(power_driver_keys(&power_drivers[0], text, sizeof text),
                        "hub, port");
}

int main(void)
{
#define POWER_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        POWER_TEST(drivers_call_their_tools),
        POWER_TEST(what_exit_statuses_do_not_tell_is_asked),
        POWER_TEST(pdus_are_set_and_asked),
        POWER_TEST(wrong_settings_are_named),
        POWER_TEST(a_port_without_control_lines_is_refused),
        POWER_TEST(each_driver_tells_its_settings),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
