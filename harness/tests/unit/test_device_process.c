/* Programs as devices: /bin/sh plays them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/clock.h"
#include "device/device.h"
#include "soon.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct bench {
    struct yaml_document *document;
    struct device *device;
    struct observation seen;
    struct error error;
};

/* A device that runs the script; `more` are further settings, each line ended. */
static void bench_make(struct bench *bench, const char *script, const char *more)
{
    char settings[2000];

    memset(bench, 0, sizeof *bench);
    snprintf(settings, sizeof settings,
             "kind: process\n%scommand:\n- sh\n- -c\n- |\n  %s\n", more, script);
    bench->document = yaml_parse("campaign.yaml", view_text(settings), &bench->error);
    if (!bench->document)
        fail_msg("%s", bench->error.text);
    bench->device = device_create(yaml_root(bench->document), &bench->error);
    if (!bench->device)
        fail_msg("%s", bench->error.text);
    observation_init(&bench->seen);
}

static int start(struct bench *bench)
{
    return bench->device->ops->start(bench->device, soon(), &bench->error);
}

static void bench_start(struct bench *bench, const char *script, const char *more)
{
    bench_make(bench, script, more);
    if (start(bench) < 0)
        fail_msg("%s", bench->error.text);
}

static void bench_close(struct bench *bench)
{
    device_free(bench->device);
    observation_free(&bench->seen);
    yaml_close(bench->document);
}

static void observe(struct bench *bench, int64_t wait_until_ns)
{
    assert_int_equal(bench->device->ops->observe(bench->device, wait_until_ns,
                                                 &bench->seen, &bench->error),
                     0);
}

static bool text_has(const struct bench *bench, const char *what)
{
    struct view text = buffer_view(&bench->seen.text);

    return text.length && memmem(text.data, text.length, what, strlen(what));
}

static void expect_one_fault(struct bench *bench, enum fault_kind kind, const char *title)
{
    observe(bench, soon());
    assert_int_equal(bench->seen.fault_count, 1);
    assert_int_equal(bench->seen.faults[0].kind, kind);
    assert_string_equal(bench->seen.faults[0].title, title);
    assert_true(bench->seen.faults[0].detail_offset +
                    bench->seen.faults[0].detail_length <=
                bench->seen.text.length);
}

#define WAITS "echo listening on 127.0.0.1 port 1502; sleep 1000"
#define READY "ready: 'port ([0-9]+)'\n"

static void test_ready_line_names_the_port(void **state)
{
    struct bench bench;

    (void)state;
    bench_start(&bench, WAITS, READY);
    assert_string_equal(bench.device->ops->endpoint(bench.device, "port"),
                        "127.0.0.1:1502");
    assert_null(bench.device->ops->endpoint(bench.device, "uart0"));
    observe(&bench, 0);
    assert_true(bench.seen.running);
    assert_int_equal(bench.seen.fault_count, 0);
    bench_close(&bench);

    bench_start(&bench, "echo port /dev/pts/9; sleep 1000", "ready: 'port (.+)'\n");
    assert_string_equal(bench.device->ops->endpoint(bench.device, "port"), "/dev/pts/9");
    bench_close(&bench);
}

static void test_exit_is_seen_once(void **state)
{
    struct bench bench;

    (void)state;
    bench_start(&bench, "echo oh no >&2; exit 3", "");
    expect_one_fault(&bench, FAULT_EXIT, "exit status 3");
    assert_false(bench.seen.running);
    assert_true(text_has(&bench, "oh no"));
    observation_clear(&bench.seen);
    observe(&bench, soon());
    assert_int_equal(bench.seen.fault_count, 0);
    assert_false(bench.seen.running);
    bench_close(&bench);
}

/* It ends between its ready line and the first look at it. */
static void test_exit_right_after_ready(void **state)
{
    (void)state;
    for (int i = 0; i < 20; i++) {
        struct bench bench;

        bench_start(&bench, "echo port 1; exit 4", READY);
        expect_one_fault(&bench, FAULT_EXIT, "exit status 4");
        bench_close(&bench);
    }
}

static void test_signal(void **state)
{
    struct bench bench;

    (void)state;
    bench_start(&bench, WAITS, READY);
    assert_int_equal(
        bench.device->ops->provoke(bench.device, PROVOKE_FAULT, &bench.error), 0);
    expect_one_fault(&bench, FAULT_EXIT, "killed by SIGSEGV");
    assert_string_equal(bench.seen.faults[0].cause, "killed by SIGSEGV");
    bench_close(&bench);
}

static void test_pause_is_no_end(void **state)
{
    struct bench bench;

    (void)state;
    bench_start(&bench, WAITS, READY);
    bench.device->ops->provoke(bench.device, PROVOKE_PAUSE, &bench.error);
    observe(&bench, clock_now_ns() + 20 * CLOCK_MS);
    assert_true(bench.seen.running);
    assert_int_equal(bench.seen.fault_count, 0);
    assert_int_equal(
        bench.device->ops->provoke(bench.device, PROVOKE_CONTINUE, &bench.error), 0);
    bench.device->ops->provoke(bench.device, PROVOKE_PAUSE, &bench.error);
    assert_int_equal(
        bench.device->ops->reset(bench.device, RESET_RESTART, soon(), &bench.error), 0);
    assert_int_equal(
        bench.device->ops->provoke(bench.device, PROVOKE_RESET, &bench.error), -1);
    bench_close(&bench);
}

/* The report comes in pieces, with pauses, and the end is no second fault. */
static void test_report_is_gathered_whole(void **state)
{
    struct bench bench;

    (void)state;
    bench_start(&bench,
                "exec >&2; echo '==1==ERROR: AddressSanitizer: heap-use-after-free on "
                "address 0x1'; sleep 0.3; echo 'READ of size 1'; sleep 0.1; "
                "echo '    #0 0x1 in answer a.c:1'; exit 99",
                "");
    expect_one_fault(&bench, FAULT_SANITIZER, "heap-use-after-free READ in answer");
    assert_string_equal(bench.seen.faults[0].cause, "heap-use-after-free READ answer");
    assert_false(bench.seen.running);
    assert_memory_equal(bench.seen.text.data + bench.seen.faults[0].detail_offset,
                        "==1==", 5);
    bench_close(&bench);
}

static void test_note_of_a_program_that_goes_on(void **state)
{
    struct bench bench;

    (void)state;
    bench_start(&bench, "echo 'a.c:1:2: runtime error: division by zero' >&2; sleep 1000",
                "");
    expect_one_fault(&bench, FAULT_SANITIZER, "division by zero in a.c:1");
    assert_true(bench.seen.running);
    bench_close(&bench);
}

static void test_not_ready(void **state)
{
    struct bench bench;

    (void)state;
    bench_make(&bench, "echo warming up; sleep 1000", READY "start-timeout: 100ms\n");
    assert_int_equal(start(&bench), -1);
    assert_non_null(strstr(bench.error.text, "in time"));
    bench_close(&bench);

    bench_make(&bench, "echo bind: address in use >&2; exit 7", READY);
    assert_int_equal(start(&bench), -1);
    assert_non_null(strstr(bench.error.text, "exit status 7"));
    assert_non_null(strstr(bench.error.text, "address in use"));
    observe(&bench, 0);
    assert_false(bench.seen.running);
    bench_close(&bench);

    bench_make(&bench, "yes; true", READY);
    assert_int_equal(start(&bench), -1);
    bench_close(&bench);
}

static void test_flood_is_bounded(void **state)
{
    struct bench bench;
    bool filled = false;

    (void)state;
    bench_start(&bench, "yes & yes >&2", "");
    for (int i = 0; i < 2000 && !filled; i++) {
        observe(&bench, clock_now_ns() + CLOCK_MS);
        filled = bench.seen.text.length == bench.seen.text.maximum;
    }
    assert_true(filled);
    assert_int_equal(bench.seen.fault_count, 0);
    assert_true(bench.seen.running);
    bench_close(&bench);
}

static void test_environment(void **state)
{
    struct bench bench;

    (void)state;
    setenv("ASAN_OPTIONS_SEEN", "inherited", 1);
    bench_start(
        &bench,
        "echo \"port 1\"; echo \"$COLOUR|$ASAN_OPTIONS_SEEN|$ASAN_OPTIONS|\"; exit 0",
        READY "environment: {COLOUR: blue}\n");
    observe(&bench, soon());
    assert_true(text_has(&bench, "blue|inherited|"));
    assert_true(text_has(&bench, "exitcode=99"));
    bench_close(&bench);
    unsetenv("ASAN_OPTIONS_SEEN");

    bench_start(&bench, "echo \"<$ASAN_OPTIONS>\"; exit 0",
                "environment: {ASAN_OPTIONS: mine}\n");
    observe(&bench, soon());
    assert_true(text_has(&bench, "<mine>"));
    bench_close(&bench);
}

static size_t count_descriptors(void)
{
    DIR *folder = opendir("/proc/self/fd");
    size_t count = 0;

    assert_non_null(folder);
    while (readdir(folder))
        count++;
    closedir(folder);
    return count;
}

static void test_restarts_leak_nothing(void **state)
{
    struct bench bench;
    size_t before;

    (void)state;
    bench_start(&bench, WAITS, READY);
    before = count_descriptors();
    for (int i = 0; i < 200; i++) {
        if (bench.device->ops->reset(bench.device, RESET_RESTART, soon(), &bench.error) <
            0)
            fail_msg("restart %d: %s", i, bench.error.text);
        observe(&bench, 0);
        assert_true(bench.seen.running);
        assert_int_equal(bench.seen.fault_count, 0);
    }
    assert_int_equal(count_descriptors(), before);
    bench_close(&bench);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* no zombie either */
    assert_int_equal(errno, ECHILD);
}

static bool is_gone(long pid)
{
    char path[40], line[200] = "";
    FILE *file;
    const char *name_end;

    snprintf(path, sizeof path, "/proc/%ld/stat", pid);
    file = fopen(path, "r");
    if (!file)
        return true;
    if (!fgets(line, sizeof line, file))
        line[0] = '\0';
    fclose(file);
    name_end = strrchr(line, ')');
    return !name_end || name_end[2] == 'Z' || name_end[2] == 'X';
}

static void await_gone(long pid)
{
    int64_t until_ns = soon();

    while (!is_gone(pid) && clock_now_ns() < until_ns)
        clock_sleep_until_ns(clock_now_ns() + CLOCK_MS);
    assert_true(is_gone(pid));
}

/* A grandchild dies with the device. */
static void test_stop_takes_the_whole_group(void **state)
{
    struct bench bench;
    long pid;

    (void)state;
    bench_start(&bench, "sleep 1000 & echo port $!; wait", READY);
    pid = strtol(strchr(bench.device->ops->endpoint(bench.device, "port"), ':') + 1, NULL,
                 10);
    assert_false(is_gone(pid));
    bench_close(&bench);
    await_gone(pid);
}

/* The harness is killed: its device must not survive it. */
static void test_device_dies_with_the_harness(void **state)
{
    int pipes[2];
    pid_t harness;
    long device = 0;

    (void)state;
    assert_int_equal(pipe(pipes), 0);
    harness = fork();
    assert_true(harness >= 0);
    if (harness == 0) {
        struct bench bench;

        bench_start(&bench, "echo port $$; exec sleep 1000", READY);
        device = strtol(
            strchr(bench.device->ops->endpoint(bench.device, "port"), ':') + 1, NULL, 10);
        rmdir(bench.device->scratch);
        if (write(pipes[1], &device, sizeof device) != sizeof device)
            _exit(1);
        for (;;)
            pause();
    }
    assert_int_equal(read(pipes[0], &device, sizeof device), sizeof device);
    assert_false(is_gone(device));
    kill(harness, SIGKILL);
    assert_int_equal(waitpid(harness, NULL, 0), harness);
    await_gone(device);
    close(pipes[0]);
    close(pipes[1]);
}

static void test_describes_and_claims(void **state)
{
    struct bench bench;
    char text[300];

    (void)state;
    bench_make(&bench, WAITS, READY);
    bench.device->ops->describe(bench.device, text, sizeof text);
    assert_non_null(strstr(text, "sh, program sha256 "));
    assert_null(strstr(text, "unreadable"));
    /* /bin/sh is not built with a sanitizer: nothing is claimed. */
    assert_false(bench.device->can & DEVICE_SEES_SANITIZER);
    assert_true(bench.device->can & DEVICE_SEES_EXIT);
    assert_int_equal(bench.device->resets, 1u << RESET_RESTART);
    bench_close(&bench);
}

/* --- its console and what it holds -------------------------------------------------- */

static bool has_said(const struct bench *bench, const char *text)
{
    return bench->seen.text.length &&
           memmem(bench->seen.text.data, bench->seen.text.length, text, strlen(text));
}

static void it_can_be_made_to_speak(void **state)
{
    struct bench bench;
    int64_t limit_ns = soon();

    (void)state;
    bench_start(&bench, "echo ready; exec sleep 100", "ready: ready\n");
    assert_true(bench.device->can & DEVICE_SEES_CONSOLE);
    assert_int_equal(
        bench.device->ops->speak(bench.device, "assertion failed: 1", &bench.error), 0);
    while (!has_said(&bench, "assertion failed: 1\n") && clock_now_ns() < limit_ns)
        observe(&bench, clock_now_ns() + CLOCK_MS);
    assert_true(has_said(&bench, "ready\n")); /* what it said while it started, too */
    assert_true(has_said(&bench, "assertion failed: 1\n"));
    bench.device->ops->stop(bench.device);
    assert_int_equal(bench.device->ops->speak(bench.device, "dead", &bench.error), -1);
    bench_close(&bench);
    /* A log of its own is left alone. */
    bench_start(&bench, "exec 2>/dev/null; echo ready; exec sleep 100", "ready: ready\n");
    assert_int_equal(bench.device->ops->speak(bench.device, "log", &bench.error), -1);
    bench_close(&bench);
}

static void what_it_holds_is_measured(void **state)
{
    struct resource_use few, more;
    struct bench bench;

    (void)state;
    bench_start(&bench, "echo ready; exec sleep 100", "ready: ready\n");
    assert_true(bench.device->can & DEVICE_SEES_RESOURCES);
    assert_int_equal(bench.device->ops->resources(bench.device, &few, &bench.error), 0);
    assert_true(few.memory_kib > 0 && few.handles >= 3);
    bench_close(&bench);
    bench_start(&bench, "exec 7>/dev/null 8>/dev/null; echo ready; exec sleep 100",
                "ready: ready\n");
    assert_int_equal(bench.device->ops->resources(bench.device, &more, &bench.error), 0);
    assert_int_equal(more.handles, few.handles + 2);
    bench.device->ops->stop(bench.device);
    assert_int_equal(bench.device->ops->resources(bench.device, &more, &bench.error), -1);
    bench_close(&bench);
}

/* --- a program for each connection -------------------------------------------------- */

#define PER_CONNECTION "starts: per-connection\n"

static int dial(struct bench *bench, int64_t deadline_ns)
{
    return bench->device->ops->dial(bench->device, deadline_ns, &bench->error);
}

static void test_ends_with_its_connection(void **state)
{
    static const char *const scripts[] = {"exit 0", "echo no answer >&2; exit 3",
                                          "kill -PIPE $$"};
    struct bench bench;

    (void)state;
    for (size_t i = 0; i < sizeof scripts / sizeof scripts[0]; i++) {
        bench_start(&bench, scripts[i], PER_CONNECTION);
        assert_true(bench.device->can & DEVICE_DIALS);
        assert_false(bench.device->can & DEVICE_SEES_RESOURCES);
        for (int times = 0; times < 3; times++)
            assert_int_equal(dial(&bench, soon()), 0);
        observe(&bench, clock_now_ns() + 100 * CLOCK_MS);
        assert_int_equal(bench.seen.fault_count, 0);
        assert_true(bench.seen.running);
        assert_true(i != 1 || text_has(&bench, "no answer"));
        bench_close(&bench);
    }
}

static void test_nothing_runs_before_it_is_dialled(void **state)
{
    struct bench bench;

    (void)state;
    bench_start(&bench, "echo here; sleep 1000", PER_CONNECTION);
    observe(&bench, clock_now_ns() + 20 * CLOCK_MS);
    assert_int_equal(bench.seen.text.length, 0);
    assert_int_equal(
        bench.device->ops->provoke(bench.device, PROVOKE_DEATH, &bench.error), -1);
    assert_int_equal(dial(&bench, soon()), 0);
    assert_int_equal(
        bench.device->ops->provoke(bench.device, PROVOKE_DEATH, &bench.error), 0);
    expect_one_fault(&bench, FAULT_EXIT, "killed by SIGKILL");
    bench_close(&bench);
}

/* Who asks for the next connection before looking has not lost what the last one showed.
 */
static void test_failure_waits_to_be_seen(void **state)
{
    struct bench bench;

    (void)state;
    bench_start(&bench, "echo last words; test -e /nonexistent || kill -SEGV $$",
                PER_CONNECTION);
    assert_int_equal(dial(&bench, soon()), 0);
    assert_int_equal(dial(&bench, soon()), 0);
    observe(&bench, 0);
    assert_true(bench.seen.fault_count >= 1);
    assert_string_equal(bench.seen.faults[0].title, "killed by SIGSEGV");
    assert_true(text_has(&bench, "last words"));
    bench_close(&bench);

    bench_start(&bench,
                "exec >&2; echo '==1==ERROR: AddressSanitizer: heap-use-after-free on "
                "address 0x60'; echo '    #0 0x1 in parse_answer a.c:1'; exit 99",
                PER_CONNECTION);
    assert_int_equal(dial(&bench, soon()), 0);
    assert_int_equal(dial(&bench, soon()), 0);
    observe(&bench, 0);
    assert_int_equal(bench.seen.fault_count, 1);
    assert_int_equal(bench.seen.faults[0].kind, FAULT_SANITIZER);
    assert_non_null(strstr(bench.seen.faults[0].title, "parse_answer"));
    bench_close(&bench);
}

static void test_stuck_behind_its_connection(void **state)
{
    struct bench bench;

    (void)state;
    bench_start(&bench, "while :; do echo busy; sleep 0.01; done", PER_CONNECTION);
    assert_int_equal(dial(&bench, soon()), 0);
    assert_int_equal(dial(&bench, clock_now_ns() + 50 * CLOCK_MS), -1);
    assert_non_null(strstr(bench.error.text, "still runs, and its connection has ended"));
    assert_int_equal(
        bench.device->ops->reset(bench.device, RESET_RESTART, soon(), &bench.error), 0);
    assert_int_equal(dial(&bench, soon()), 0);
    bench_close(&bench);
}

static int dialled(struct bench *bench)
{
    return bench->device->ops->dialled(bench->device, &bench->error);
}

static void test_why_it_did_not_connect(void **state)
{
    struct bench bench;

    (void)state;
    bench_start(&bench, "sleep 1000", PER_CONNECTION "start-timeout: 50ms\n");
    assert_int_equal(dial(&bench, soon()), 0);
    while (dialled(&bench) == 0)
        clock_sleep_until_ns(clock_now_ns() + CLOCK_MS);
    assert_non_null(strstr(bench.error.text, "did not connect within"));
    assert_int_equal(dial(&bench, soon()), 0); /* another one */
    bench_close(&bench);

    bench_start(&bench, "echo no such host >&2; exit 3", PER_CONNECTION);
    assert_int_equal(dial(&bench, soon()), 0);
    while (dialled(&bench) == 0)
        clock_sleep_until_ns(clock_now_ns() + CLOCK_MS);
    assert_non_null(strstr(bench.error.text, "ended without having connected (exit "
                                             "status 3)"));
    assert_non_null(strstr(bench.error.text, "no such host"));
    observe(&bench, 0);
    assert_int_equal(bench.seen.fault_count, 0);
    assert_true(text_has(&bench, "no such host"));
    bench_close(&bench);
}

static void test_per_connection_settings(void **state)
{
    struct bench bench;

    (void)state;
    memset(&bench, 0, sizeof bench);
    bench.document = yaml_parse(
        "campaign.yaml",
        view_text("kind: process\ncommand: [sh]\nstarts: per-connection\nready: x\n"),
        &bench.error);
    assert_null(device_create(yaml_root(bench.document), &bench.error));
    assert_non_null(strstr(bench.error.text, "`ready` has no meaning"));
    yaml_close(bench.document);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ready_line_names_the_port),
        cmocka_unit_test(test_exit_is_seen_once),
        cmocka_unit_test(test_exit_right_after_ready),
        cmocka_unit_test(test_signal),
        cmocka_unit_test(test_pause_is_no_end),
        cmocka_unit_test(test_report_is_gathered_whole),
        cmocka_unit_test(test_note_of_a_program_that_goes_on),
        cmocka_unit_test(test_not_ready),
        cmocka_unit_test(test_flood_is_bounded),
        cmocka_unit_test(test_environment),
        cmocka_unit_test(test_restarts_leak_nothing),
        cmocka_unit_test(test_stop_takes_the_whole_group),
        cmocka_unit_test(test_device_dies_with_the_harness),
        cmocka_unit_test(test_describes_and_claims),
        cmocka_unit_test(it_can_be_made_to_speak),
        cmocka_unit_test(what_it_holds_is_measured),
        cmocka_unit_test(test_ends_with_its_connection),
        cmocka_unit_test(test_nothing_runs_before_it_is_dialled),
        cmocka_unit_test(test_failure_waits_to_be_seen),
        cmocka_unit_test(test_stuck_behind_its_connection),
        cmocka_unit_test(test_why_it_did_not_connect),
        cmocka_unit_test(test_per_connection_settings),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
