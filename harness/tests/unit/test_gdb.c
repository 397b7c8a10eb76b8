/* The GDB client against dialogues that are played to it: those of QEMU, OpenOCD and the
 * Black Magic Probe in form, damaged ones, and noise. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/clock.h"
#include "device/gdb_packet.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const struct gdb_pc thumb_pc = {15, 60, 4};

/* A script: lines of ">" what the client must send, "<" what it is sent then. Packets are
 * written without their sum: "$g" stands for "$g#67". */
struct server {
    int fd;
    const char *const *script;
    char wrong[300]; /* what differed; "": nothing */
    pthread_t thread;
};

static size_t raw(const char *text, char bytes[4096])
{
    unsigned sum = 0;

    if ((text[0] != '$' && text[0] != '%') || strchr(text, '#'))
        return (size_t)snprintf(bytes, 4096, "%s", text);
    for (const char *letter = text + 1; *letter; letter++)
        sum += (uint8_t)*letter;
    return (size_t)snprintf(bytes, 4096, "%s#%02x", text, sum & 0xff);
}

static bool hear(int fd, const char *expected, size_t length, char *heard)
{
    size_t got = 0;

    while (got < length) {
        ssize_t count = recv(fd, heard + got, length - got, 0);

        if (count <= 0)
            break;
        got += (size_t)count;
    }
    heard[got] = '\0';
    return got == length && memcmp(heard, expected, length) == 0;
}

static void *serve(void *context)
{
    struct server *server = context;

    for (const char *const *line = server->script; *line; line++) {
        char bytes[4096], heard[4096];
        size_t length = raw(*line + 1, bytes);

        if (**line == '<') {
            if (send(server->fd, bytes, length, MSG_NOSIGNAL) != (ssize_t)length)
                break;
        } else if (!hear(server->fd, bytes, length, heard)) {
            snprintf(server->wrong, sizeof server->wrong, "expected %.120s, heard %.120s",
                     bytes, heard);
            break;
        }
    }
    shutdown(server->fd, SHUT_WR);
    return NULL;
}

static void begin(struct server *server, const char *const *script, int *client)
{
    int ends[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    *server = (struct server){.fd = ends[1], .script = script};
    *client = ends[0];
    assert_int_equal(pthread_create(&server->thread, NULL, serve, server), 0);
}

static void end(struct server *server, struct gdb *gdb)
{
    gdb_close(gdb);
    pthread_join(server->thread, NULL);
    close(server->fd);
    if (server->wrong[0])
        fail_msg("%s", server->wrong);
}

static int64_t soon(void)
{
    return clock_now_ns() + 5 * CLOCK_S;
}

#define OPENING                                                                        \
    ">$qSupported", "<+", "<$PacketSize=1000;qXfer:features:read+", ">+", ">$?", "<+", \
        "<$T05thread:01;", ">+"

static void test_qemu(void **state)
{
    static const char *const script[] = {
        "<$T02thread:01;", /* because somebody connected */
        ">$qSupported", ">+", "<+", "<$PacketSize=1000", ">+", ">$?", "<+",
        "<$T02thread:01;", ">+", ">$Z1,12a4,2", "<+", "<$OK", ">+", ">$c", "<+",
        "<$T05thread:01;", ">+", ">$g", "<+",
        /* r0 to r15 */
        "<$0*~0*2a4120000", ">+", ">$z1,12a4,2", "<+", "<$OK", ">+", ">$s", "<+",
        "<$T05thread:01;", ">+", ">$qRcmd,73797374656d5f7265736574", "<+", "<$O6f6b0a",
        ">+", "<$OK", ">+", ">$c", "<+", ">\x03", "<$T02thread:01;", ">+", NULL};
    struct error error = {""};
    struct server server;
    struct gdb gdb;
    uint64_t pc = 0;
    int fd;

    (void)state;
    gdb_init(&gdb, thumb_pc);
    begin(&server, script, &fd);
    if (gdb_open(&gdb, fd, soon(), &error) < 0)
        fail_msg("%s (%s)", error.text, server.wrong);
    assert_int_equal(
        gdb_set_breakpoint(&gdb, GDB_HARDWARE, true, 0x12a4, 2, soon(), &error), 0);
    assert_int_equal(gdb_continue(&gdb, soon(), &error), 0);
    assert_int_equal(gdb_await_stop(&gdb, soon(), &error), 1);
    assert_int_equal(gdb.stop.signal, 5);
    assert_false(gdb.stop.has_pc || gdb.stop.gone);
    assert_int_equal(gdb_read_pc(&gdb, &pc, soon(), &error), 0);
    assert_int_equal(pc, 0x12a4);
    assert_int_equal(
        gdb_set_breakpoint(&gdb, GDB_HARDWARE, false, 0x12a4, 2, soon(), &error), 0);
    assert_int_equal(gdb_step(&gdb, soon(), &error), 0);
    assert_int_equal(gdb_monitor(&gdb, "system_reset", soon(), &error), 0);
    assert_true(view_equal(buffer_view(&gdb.said), view_text("ok\n")));
    assert_int_equal(gdb_continue(&gdb, soon(), &error), 0);
    assert_int_equal(gdb_await_stop(&gdb, 0, &error), 0);
    assert_int_equal(gdb_interrupt(&gdb, &error), 0);
    assert_int_equal(gdb_await_stop(&gdb, soon(), &error), 1);
    assert_int_equal(gdb.stop.signal, 2);
    end(&server, &gdb);
}

/* While the program runs OpenOCD sends keep-alives, notifications and what the program
 * says; its stops tell registers. */
static void test_openocd(void **state)
{
    static const char *const script[] = {OPENING,
                                         ">$c",
                                         "<+",
                                         "<%Stop:T05thread:01;",
                                         "<$O",
                                         ">+",
                                         "<$O68656c6c6f",
                                         ">+",
                                         "<++",
                                         "<$T050b:20001000;0f:0e030008;thread:01;",
                                         ">+",
                                         ">$qRcmd,72657365742068616c74",
                                         "<+",
                                         "<$6f6b",
                                         ">+",
                                         NULL};
    struct error error = {""};
    struct server server;
    struct gdb gdb;
    int fd;

    (void)state;
    gdb_init(&gdb, thumb_pc);
    begin(&server, script, &fd);
    assert_int_equal(gdb_open(&gdb, fd, soon(), &error), 0);
    assert_int_equal(gdb_continue(&gdb, soon(), &error), 0);
    assert_int_equal(gdb_await_stop(&gdb, soon(), &error), 1);
    assert_true(gdb.stop.has_pc);
    assert_int_equal(gdb.stop.pc, 0x0800030e);
    assert_true(view_equal(buffer_view(&gdb.said), view_text("hello")));
    buffer_clear(&gdb.said);
    assert_int_equal(gdb_monitor(&gdb, "reset halt", soon(), &error), 0);
    assert_true(view_equal(buffer_view(&gdb.said), view_text("ok")));
    end(&server, &gdb);
}

static void test_damage_on_the_line(void **state)
{
    static const char *const script[] = {
        OPENING,      ">$Z1,100,2", "<-",     ">$Z1,100,2", "<+", /* ours was damaged */
        "<$OK#00",    ">-",         "<noise", "<$OK",       ">+", /* theirs was */
        ">$Z1,102,2", "<+",         "<$E22",  ">+",         ">$Z1,104,2",
        "<+",         "<$",         ">+",     NULL};
    struct error error = {""};
    struct server server;
    struct gdb gdb;
    int fd;

    (void)state;
    gdb_init(&gdb, thumb_pc);
    begin(&server, script, &fd);
    assert_int_equal(gdb_open(&gdb, fd, soon(), &error), 0);
    assert_int_equal(
        gdb_set_breakpoint(&gdb, GDB_HARDWARE, true, 0x100, 2, soon(), &error), 0);
    assert_int_equal(
        gdb_set_breakpoint(&gdb, GDB_HARDWARE, true, 0x102, 2, soon(), &error), 1);
    assert_non_null(strstr(error.text, "refuses Z1,102,2"));
    assert_int_equal(
        gdb_set_breakpoint(&gdb, GDB_HARDWARE, true, 0x104, 2, soon(), &error), 1);
    assert_non_null(strstr(error.text, "does not know Z1,104,2"));
    end(&server, &gdb);
}

/* 700 bytes are more than a packet of 1,024 bytes can hold as hex. */
static void test_memory_in_parts(void **state)
{
    static char first[1100], second[600];
    static const char *script[] = {OPENING, ">$m20000000,1fc",
                                   "<+",    first,
                                   ">+",    ">$m200001fc,c0",
                                   "<+",    second,
                                   ">+",    NULL};
    struct buffer bytes = buffer_make(4096);
    struct error error = {""};
    struct server server;
    struct gdb gdb;
    int fd;

    (void)state;
    snprintf(first, sizeof first, "<$");
    for (int i = 0; i < 508; i++)
        snprintf(first + 2 + 2 * i, 3, "%02x", i & 0xff);
    snprintf(second, sizeof second, "<$");
    for (int i = 508; i < 700; i++)
        snprintf(second + 2 + 2 * (i - 508), 3, "%02x", i & 0xff);
    gdb_init(&gdb, thumb_pc);
    begin(&server, script, &fd);
    assert_int_equal(gdb_open(&gdb, fd, soon(), &error), 0);
    assert_int_equal(gdb_read_memory(&gdb, 0x20000000, 700, &bytes, soon(), &error), 0);
    assert_int_equal(bytes.length, 700);
    for (size_t i = 0; i < 700; i++)
        assert_int_equal(bytes.data[i], i & 0xff);
    buffer_free(&bytes);
    end(&server, &gdb);
}

/* What a stub may get wrong ends in an error in time, and in no other way. */
static void test_bad_servers(void **state)
{
    static const struct {
        const char *script[20];
        const char *complaint;
    } bad[] = {
        {{NULL}, "closed the connection"},
        {{">$qSupported", "<+", "<$W00", ">+", "<$", ">+", ">$?", "<+", "<$W00", ">+"},
         "no program"},
        {{">$qSupported", "<+", "<$", ">+", ">$?", "<+", "<$E01", ">+"}, "refuses ?"},
        {{">$qSupported", "<-", ">$qSupported", "<-", ">$qSupported", "<-",
          ">$qSupported", "<-"},
         "does not answer"},
        {{">$qSupported", "<+", "<$OK#00", ">-", "<$OK#00", ">-", "<$OK#00", ">-",
          "<$OK#00", ">-", "<$OK#00"},
         "closed the connection"},
        {{">$qSupported", "<+", "<$00*"}, "closed the connection"},
        {{">$qSupported", "<+", "<$0123"}, "closed the connection"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct error error = {""};
        struct server server;
        struct gdb gdb;
        int fd;

        gdb_init(&gdb, thumb_pc);
        begin(&server, bad[i].script, &fd);
        assert_int_equal(gdb_open(&gdb, fd, soon(), &error), -1);
        if (!strstr(error.text, bad[i].complaint))
            fail_msg("server %zu: %s", i, error.text);
        assert_int_equal(gdb.fd, -1);
        end(&server, &gdb);
    }
}

/* A server that is silent, or that never stops talking, is waited for until the deadline
 * and not longer: this test ends. */
static void *babble(void *context)
{
    static const char said[] = "$O6162#8c%Stop:x#00+";
    int fd = *(int *)context;

    while (send(fd, said, sizeof said - 1, MSG_NOSIGNAL) > 0)
        ;
    return NULL;
}

static void test_deadlines(void **state)
{
    int ends[2];
    struct error error = {""};
    pthread_t thread;
    struct gdb gdb;

    (void)state;
    gdb_init(&gdb, thumb_pc);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    assert_int_equal(gdb_open(&gdb, ends[0], clock_now_ns() + 50 * CLOCK_MS, &error), -1);
    assert_non_null(strstr(error.text, "does not answer qSupported"));
    close(ends[1]);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    assert_int_equal(pthread_create(&thread, NULL, babble, &ends[1]), 0);
    assert_int_equal(gdb_open(&gdb, ends[0], clock_now_ns() + 200 * CLOCK_MS, &error),
                     -1);
    pthread_join(thread, NULL);
    close(ends[1]);
    assert_int_equal(gdb_connect(&gdb, "unix:/nonexistent/gdb", soon(), &error), -1);
    assert_non_null(strstr(error.text, "unix:/nonexistent/gdb"));
    assert_int_equal(gdb_connect(&gdb, "127.0.0.1:1", soon(), &error), -1);
    assert_int_equal(gdb_connect(&gdb, "nowhere", soon(), &error), -1);
    gdb_close(&gdb);
}

/* Any bytes at all, in any pieces: items come out until none is left. */
static void test_noise(void **state)
{
    static const char letters[] = "$%#+-}*0123456789abcdefTSOWKE:;\x1d\xff";
    struct buffer in = buffer_make(256), packet = buffer_make(512);
    struct gdb_stop stop;
    struct buffer said = buffer_make(64);
    uint64_t seed = 9;

    (void)state;
    for (int round = 0; round < 20000; round++) {
        size_t count;

        seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        count = (seed >> 40) % 64;
        for (size_t i = 0; i < count; i++) {
            seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
            buffer_append_byte(&in,
                               (uint8_t)letters[(seed >> 33) % (sizeof letters - 1)]);
        }
        for (int items = 0; gdb_packet_take(&in, &packet) != GDB_NOTHING; items++) {
            assert_true(items < 300);
            assert_true(packet.length <= packet.maximum);
            gdb_packet_stop(buffer_view(&packet), &thumb_pc, &stop);
            gdb_packet_output(buffer_view(&packet), &said);
        }
        assert_true(in.length < in.maximum);
    }
    buffer_free(&in);
    buffer_free(&packet);
    buffer_free(&said);
}

static void test_packet_forms(void **state)
{
    struct buffer in = buffer_make(256), packet = buffer_make(64);
    char text[GDB_PACKET + 1], longest[GDB_PACKET + 8], bytes[4096];

    (void)state;
    /* "0* " is four zeros; "}\x03" is '#'. */
    raw("$0* }\x03x", bytes);
    assert_int_equal(buffer_append(&in, view_text(bytes)), 0);
    assert_int_equal(gdb_packet_take(&in, &packet), GDB_IS_PACKET);
    assert_true(view_equal(buffer_view(&packet), view_text("0000#x")));
    assert_int_equal(in.length, 0);
    /* Runs that grow beyond the packet's ceiling. */
    raw("$0*~0*~", bytes);
    assert_int_equal(buffer_append(&in, view_text(bytes)), 0);
    assert_int_equal(gdb_packet_take(&in, &packet), GDB_DAMAGED);
    assert_int_equal(gdb_packet_make("qSupported", text), 0);
    assert_string_equal(text, "$qSupported#37");
    assert_int_equal(gdb_packet_make("a$b", text), -1);
    memset(longest, 'a', sizeof longest);
    longest[GDB_PACKET - 4] = '\0';
    assert_int_equal(gdb_packet_make(longest, text), 0);
    assert_int_equal(strlen(text), GDB_PACKET);
    longest[GDB_PACKET - 4] = 'a';
    longest[GDB_PACKET - 3] = '\0';
    assert_int_equal(gdb_packet_make(longest, text), -1);
    buffer_free(&in);
    buffer_free(&packet);
}

/* Target descriptions are read by their look; damaged and hostile ones end. */
static void test_descriptions(void **state)
{
    static const struct {
        const char *text;
        bool found;
        unsigned number;
        int includes;
    } table[] = {
        {"<reg name=\"psp\" regnum=\"18\"/>", true, 18, 0},
        {"<reg name='a' regnum='0x10'/><reg bitsize='32' name='psp'/>", true, 17, 0},
        {"<reg name='a'/><reg name='b'/><reg\n name='psp'\t/>", true, 2, 0},
        {"<reg xname='psp'/><reg name='psp2'/><register name='psp'/>", false, 0, 0},
        {"<reg name='psp", false, 0, 0},
        {"<<<<reg name=psp/>", false, 0, 0},
        {"<xi:include href=\"arm-core.xml\"/><xi:include href='a$b'/>", false, 0, 1},
        {"<xi:include href='1'/><xi:include href='2'/><xi:include href='3'/>"
         "<xi:include href='4'/><xi:include href='5'/><xi:include href='6'/>"
         "<xi:include href='7'/><xi:include href='8'/><xi:include href='9'/>",
         false, 0, GDB_INCLUDES},
    };

    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        for (size_t cut = 0; cut <= strlen(table[i].text); cut++) {
            struct gdb_description description = {.wanted = "psp"};
            size_t length = strlen(table[i].text) - cut;
            uint8_t *text = malloc(length + 1); /* so that reading on would show */

            assert_non_null(text);
            memcpy(text, table[i].text, length);
            gdb_packet_describe((struct view){text, length}, &description);
            free(text);
            if (cut)
                continue;
            assert_int_equal(description.found, table[i].found);
            assert_int_equal(description.include_count, table[i].includes);
            if (table[i].found)
                assert_int_equal(description.number, table[i].number);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_descriptions),    cmocka_unit_test(test_qemu),
        cmocka_unit_test(test_openocd),         cmocka_unit_test(test_damage_on_the_line),
        cmocka_unit_test(test_memory_in_parts), cmocka_unit_test(test_bad_servers),
        cmocka_unit_test(test_deadlines),       cmocka_unit_test(test_noise),
        cmocka_unit_test(test_packet_forms),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
