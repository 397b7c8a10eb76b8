/* The link exec: cat, sh and a real socat carry the bytes. */
#include "links.h"

#include <errno.h>
#include <signal.h>

static void bench_open(struct bench *bench, const char *settings)
{
    need(bench, settings);
    open_at(bench, bench->link->address);
}

static void test_bytes_go_through(void **state)
{
    struct bench bench;

    (void)state;
    bench_open(&bench, "{kind: exec, command: [cat], carries: [half-close]}");
    assert_string_equal(bench.link->address, "cat");
    assert_int_equal(bench.link->carries, LINK_STREAM | LINK_HALF_CLOSE);
    say(&bench, "ping");
    expect_said(&bench, "ping");
    say(&bench, "last");
    link_half_close(bench.link);
    expect_said(&bench, "last");
    assert_int_equal(receive(&bench, 1), LINK_CLOSED);
    assert_string_equal(bench.error.text, "cat ended (exit status 0)");
    bench_close(&bench);
}

static void test_each_connection_is_a_command(void **state)
{
    struct bench bench;
    char first[40];

    (void)state;
    bench_open(&bench, "{kind: exec, command: [sh, -c, 'echo $$; exec cat']}");
    assert_int_equal(bench.link->carries, LINK_STREAM);
    assert_true(receive(&bench, 2) > 0);
    snprintf(first, sizeof first, "%.*s", (int)bench.in.length,
             (const char *)bench.in.data);
    assert_int_equal(kill((pid_t)strtol(first, NULL, 10), 0), 0);
    assert_int_equal(link_open(bench.link, "", soon(), &bench.error), 0);
    assert_int_equal(kill((pid_t)strtol(first, NULL, 10), 0), -1);
    assert_int_equal(errno, ESRCH);
    assert_true(receive(&bench, 2) > 0);
    assert_false(bench.in.length == strlen(first) &&
                 memcmp(bench.in.data, first, strlen(first)) == 0);
    bench_close(&bench);
}

static void test_why_it_ended(void **state)
{
    static const struct {
        const char *script, *said;
    } ends[] = {
        {"echo first >&2; echo no route >&2; exit 7",
         "sh ended (exit status 7): no route"},
        {"kill -9 $$", "sh ended (killed by signal 9)"},
        {"exec >&- <&-; sleep 1000", "sh ended (its output is closed)"},
    };
    char settings[200];
    struct bench bench;

    (void)state;
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        snprintf(settings, sizeof settings, "kind: exec\ncommand:\n- sh\n- -c\n- '%s'\n",
                 ends[i].script);
        bench_open(&bench, settings);
        assert_int_equal(receive(&bench, 1), LINK_CLOSED);
        assert_string_equal(bench.error.text, ends[i].said);
        bench_close(&bench);
    }
}

/* One that ignores what ends others is ended all the same, and what it started with it.
 */
static void test_stubborn_commands_end(void **state)
{
    struct bench bench;
    pid_t pid;

    (void)state;
    bench_open(&bench,
               "{kind: exec, command: [sh, -c, 'trap \"\" TERM; echo $$; sleep 1000']}");
    assert_true(receive(&bench, 2) > 0);
    pid = (pid_t)strtol((const char *)bench.in.data, NULL, 10);
    assert_true(pid > 1);
    link_close(bench.link);
    assert_int_equal(kill(pid, 0), -1);
    assert_int_equal(errno, ESRCH);
    bench_close(&bench);
}

/* A peer that leads elsewhere: socat, to a Unix socket where another socat echoes. */
static void test_socat(void **state)
{
    char folder[SCRATCH_PATH], settings[600], command[600];
    struct bench echo, bench;
    bool there = false;

    (void)state;
    scratch_make(folder);
    snprintf(command, sizeof command,
             "{kind: exec, command: [socat, 'UNIX-LISTEN:%s/port,fork', 'EXEC:cat']}",
             folder);
    snprintf(settings, sizeof settings,
             "{kind: exec, command: [socat, '-', 'UNIX-CONNECT:%s/port'], carries: "
             "[connections, half-close, gaps]}",
             folder);
    bench_open(&echo, command);
    snprintf(command, sizeof command, "%s/port", folder);
    for (int64_t deadline_ns = soon(); !there && clock_now_ns() < deadline_ns;)
        there = access(command, F_OK) == 0;
    assert_true(there);
    bench_open(&bench, settings);
    for (int i = 0; i < 3; i++) {
        say(&bench, "over there");
        expect_said(&bench, "over there");
        assert_int_equal(link_open(bench.link, "", soon(), &bench.error), 0);
    }
    bench_close(&bench);
    bench_close(&echo);
    scratch_remove(folder);
}

static void test_settings(void **state)
{
    static const struct refused wrong[] = {
        {"{kind: exec}", "command"},
        {"{kind: exec, command: cat}", "command"},
        {"{kind: exec, command: []}", "program"},
        {"{kind: exec, command: [[cat]]}", "a text"},
        {"{kind: exec, command: [cat], carries: gaps}", "a list"},
        {"{kind: exec, command: [cat], carries: [parity]}", "connections, half-close"},
        {"{kind: exec, command: [cat], address: 'h:1'}", "address"},
    };
    struct bench bench;

    (void)state;
    expect_refused(wrong, sizeof wrong / sizeof wrong[0]);
    assert_non_null(make(&bench, "{kind: exec, command: [/nonexistent/program]}"));
    assert_int_equal(link_open(bench.link, "", soon(), &bench.error), LINK_FAILED);
    assert_non_null(strstr(bench.error.text, "cannot run /nonexistent/program"));
    assert_false(bench.link->ops->is_local(bench.link->address));
    bench_close(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bytes_go_through),
        cmocka_unit_test(test_each_connection_is_a_command),
        cmocka_unit_test(test_why_it_ended),
        cmocka_unit_test(test_stubborn_commands_end),
        cmocka_unit_test(test_socat),
        cmocka_unit_test(test_settings),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
