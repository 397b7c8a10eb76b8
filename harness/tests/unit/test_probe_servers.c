/* The device kind gdb against a stand-in for GDB servers that are not here: it answers as
 * the manuals and sources of OpenOCD 0.12, pyOCD, J-Link's and the Black Magic Probe say
 * that these do, where they differ from QEMU's. It is no recording of them, and has no
 * processor: registers and memory are what a test puts there, the image's aside.
 * CMakeLists.txt leaves it out where no firmware is built. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/clock.h"
#include "device/device.h"
#include "device/image.h"
#include "device/symbols.h"
#include "device/unwind.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define IMAGE FIRMWARE_FOLDER "/pump-defective-an385.elf"
#define STACK 0x20001000u
#define THREAD_STACK 0x20002000u

enum { WORDS = 64 };

/* What one server does in its own way. */
struct manner {
    const char *name;
    const char *supported;   /* its answer to qSupported */
    const char *first_stop;  /* its answer to "?" before anything was attached */
    bool attaches;           /* vAttach and vRun are known; before, there is nothing */
    unsigned register_count; /* in the answer to "g" */
    const char *description; /* target.xml; NULL: none */
    const char *chatter;     /* what it says while the processor runs */
};

static const struct manner openocd = {
    .name = "openocd",
    .supported = "PacketSize=4000;qXfer:memory-map:read+;qXfer:features:read+;"
                 "QStartNoAckMode+;vContSupported+",
    .first_stop = "T05thread:0000000000000001;",
    .register_count = 17,
    .description =
        "<?xml version=\"1.0\"?><target><feature name=\"org.gnu.gdb.arm.m-system\">"
        "<reg name=\"xPSR\" bitsize=\"32\" regnum=\"16\"/>"
        "<reg name=\"msp\" bitsize=\"32\" regnum=\"17\"/>"
        "<reg name=\"psp\" bitsize=\"32\" regnum=\"18\"/></feature></target>",
    .chatter = "$O#4f%Stop:T05#3b$O74696d65720a#31", /* keep-alive, notification, words */
};
static const struct manner blackmagic = {
    .name = "blackmagic",
    .supported = "PacketSize=400;qXfer:memory-map:read+;qXfer:features:read+",
    .first_stop = "W00",
    .attaches = true,
    .register_count = 20,
    .description =
        "<?xml version='1.0'?><target><feature name='org.gnu.gdb.arm.m-profile'>"
        "<reg name='r0' bitsize='32'/><reg name='sp' bitsize='32' regnum='13'/>"
        "<reg name='lr' bitsize='32'/><reg name='pc' bitsize='32'/>"
        "<reg name='xpsr' bitsize='32'/></feature><feature name='x'>"
        "<reg name='msp' bitsize='32'/>\n<reg name='psp'\n bitsize='32'/>"
        "</feature></target>",
    .chatter = "",
};
static const struct manner pyocd = {
    .name = "pyocd",
    .supported = "PacketSize=1000;qXfer:features:read+;QStartNoAckMode+",
    .first_stop = "T05thread:1;",
    .register_count = 17,
    .chatter = "",
};
static const struct manner jlink = {
    .name = "jlink",
    .supported = "PacketSize=4000;qXfer:memory-map:read-;QStartNoAckMode+",
    .first_stop = "T05thread:0000dead;",
    .register_count = 17,
    .chatter = "",
};

struct standin {
    const struct manner *manner;
    int listener, client;
    struct symbols *symbols; /* of the image in its flash */
    struct image image;
    uint32_t r[UNWIND_REGISTERS], psp;
    struct {
        uint32_t address, value;
    } words[WORDS];
    size_t word_count;
    bool attached, refuses; /* `refuses`: monitor commands */
    char log[4096];         /* what it was asked that matters, in order */
    char stop[16];          /* sent once the processor goes on; "": it runs */
    pthread_t thread;
    char settings[600];
    struct yaml_document *document;
    struct device *device;
    struct observation seen;
    struct error error;
};

/* --- the stand-in ------------------------------------------------------------------- */

static void put_word(struct standin *standin, uint32_t address, uint32_t value)
{
    assert_true(standin->word_count < WORDS);
    standin->words[standin->word_count].address = address;
    standin->words[standin->word_count++].value = value;
}

static uint8_t byte_at(const struct standin *standin, uint32_t address)
{
    struct image_segment segment;

    for (size_t i = 0; i < standin->word_count; i++)
        if (address - standin->words[i].address < 4)
            return (uint8_t)(standin->words[i].value >>
                             8 * (address - standin->words[i].address));
    for (size_t i = 0; i < standin->image.segments; i++)
        if (image_segment(&standin->image, i, &segment) &&
            address - segment.physical < segment.bytes.length)
            return segment.bytes.data[address - segment.physical];
    return 0;
}

static void say(struct standin *standin, const char *text)
{
    char packet[4096];
    unsigned sum = 0;

    for (const char *letter = text; *letter; letter++)
        sum += (uint8_t)*letter;
    snprintf(packet, sizeof packet, "$%s#%02x", text, sum & 0xff);
    send(standin->client, packet, strlen(packet), MSG_NOSIGNAL);
}

static void note(struct standin *standin, const char *what)
{
    size_t used = strlen(standin->log);

    snprintf(standin->log + used, sizeof standin->log - used, "%s\n", what);
}

static void answer_monitor(struct standin *standin, const char *digits)
{
    char words[200] = "monitor ";
    size_t used = strlen(words);

    for (; digits[0] && digits[1] && used + 1 < sizeof words; digits += 2) {
        unsigned byte = 0;

        sscanf(digits, "%2x", &byte);
        words[used++] = (char)byte;
    }
    words[used] = '\0';
    note(standin, words);
    if (standin->refuses) {
        say(standin, "E01");
        return;
    }
    say(standin, "O646f6e650a"); /* "done" */
    say(standin, "OK");
}

static void answer_memory(struct standin *standin, const char *text)
{
    unsigned address, length;
    char reply[2048] = "";

    if (sscanf(text, "m%x,%x", &address, &length) != 2 || length > 1000) {
        say(standin, "E01");
        return;
    }
    for (unsigned i = 0; i < length; i++)
        snprintf(reply + 2 * i, 3, "%02x", byte_at(standin, address + i));
    say(standin, reply);
}

static void put_register(uint32_t value, char *digits)
{
    snprintf(digits, 9, "%02x%02x%02x%02x", value & 0xff, value >> 8 & 0xff,
             value >> 16 & 0xff, value >> 24);
}

static void answer_registers(struct standin *standin)
{
    char reply[512] = "";

    for (unsigned i = 0; i < standin->manner->register_count; i++)
        put_register(i < UNWIND_REGISTERS ? standin->r[i] : 0, reply + 8 * i);
    say(standin, reply);
}

static void answer_description(struct standin *standin, const char *text)
{
    const char *whole = standin->manner->description, *colon = strrchr(text, ':');
    unsigned offset = 0, length = 0;
    char reply[1024];

    if (!whole || !colon || sscanf(colon, ":%x,%x", &offset, &length) != 2 ||
        offset > strlen(whole)) {
        say(standin, "");
        return;
    }
    if (length > 100)
        length = 100; /* in parts */
    snprintf(reply, sizeof reply, "%c%.*s", strlen(whole) - offset > length ? 'm' : 'l',
             (int)length, whole + offset);
    say(standin, reply);
}

static void go_on(struct standin *standin)
{
    const char *chatter = standin->manner->chatter;

    note(standin, "c");
    send(standin->client, chatter, strlen(chatter), MSG_NOSIGNAL);
    if (standin->stop[0])
        say(standin, standin->stop);
    standin->stop[0] = '\0';
}

static void answer(struct standin *standin, const char *text)
{
    const struct manner *manner = standin->manner;
    char reply[16];

    if (strncmp(text, "qSupported", 10) == 0)
        say(standin, manner->supported);
    else if (strcmp(text, "?") == 0)
        say(standin, !manner->attaches || standin->attached ? "T05" : manner->first_stop);
    else if (strncmp(text, "qRcmd,", 6) == 0)
        answer_monitor(standin, text + 6);
    else if (strncmp(text, "qXfer:features:read:target.xml:", 31) == 0)
        answer_description(standin, text);
    else if (text[0] == 'm')
        answer_memory(standin, text);
    else if (strcmp(text, "g") == 0)
        answer_registers(standin);
    else if (strcmp(text, "p12") == 0 && manner->description) {
        put_register(standin->psp, reply);
        say(standin, reply);
    } else if (text[0] == 'Z' || text[0] == 'M') {
        note(standin, text);
        say(standin, "OK");
    } else if (manner->attaches && strcmp(text, "vAttach;1") == 0) {
        note(standin, text);
        standin->attached = !standin->refuses;
        say(standin, standin->refuses ? "E01" : "T05");
    } else if (manner->attaches && strcmp(text, "vRun;") == 0) {
        note(standin, text);
        say(standin, "T05");
    } else if (strcmp(text, "D") == 0) {
        note(standin, text);
        say(standin, "OK");
    } else if (strcmp(text, "c") == 0)
        go_on(standin);
    else
        say(standin, ""); /* vCont and the like are not known */
}

/* One packet after the other; an interrupt is answered by a stop. */
static void serve_client(struct standin *standin)
{
    char text[2048];
    size_t length = 0;
    char byte;

    while (recv(standin->client, &byte, 1, 0) == 1) {
        if (byte == '$')
            length = 0;
        else if (byte == '#') {
            char sum[2];

            if (recv(standin->client, sum, 2, MSG_WAITALL) != 2)
                return;
            text[length] = '\0';
            send(standin->client, "+", 1, MSG_NOSIGNAL);
            answer(standin, text);
            length = sizeof text; /* until the next '$' */
        } else if (byte == 3)
            say(standin, "T02");
        else if (length < sizeof text - 1)
            text[length++] = byte;
    }
}

static void *serve(void *context)
{
    struct standin *standin = context;
    int one = 1;

    while ((standin->client = accept(standin->listener, NULL, NULL)) >= 0) {
        setsockopt(standin->client, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        serve_client(standin);
        close(standin->client);
    }
    return NULL;
}

/* --- benches ------------------------------------------------------------------------ */

static int64_t soon(void)
{
    return clock_now_ns() + 5 * CLOCK_S;
}

static struct standin *begin(const struct manner *manner, const char *more)
{
    struct standin *standin = calloc(1, sizeof *standin);
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t length = sizeof address;

    assert_non_null(standin);
    standin->manner = manner;
    standin->symbols = symbols_load(IMAGE, &standin->error);
    assert_non_null(standin->symbols);
    assert_int_equal(
        image_open(&standin->image, symbols_file(standin->symbols), &standin->error), 0);
    standin->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(standin->listener, (struct sockaddr *)&address, length), 0);
    assert_int_equal(listen(standin->listener, 1), 0);
    getsockname(standin->listener, (struct sockaddr *)&address, &length);
    assert_int_equal(pthread_create(&standin->thread, NULL, serve, standin), 0);
    snprintf(standin->settings, sizeof standin->settings,
             "kind: gdb\nprobe: %s\nserver: 127.0.0.1:%u\nimage: %s\nsettle: 1ms\n%s",
             manner->name, (unsigned)ntohs(address.sin_port), IMAGE, more);
    standin->document =
        yaml_parse("c.yaml", view_text(standin->settings), &standin->error);
    assert_non_null(standin->document);
    standin->device = device_create(yaml_root(standin->document), &standin->error);
    if (!standin->device)
        fail_msg("%s", standin->error.text);
    observation_init(&standin->seen);
    return standin;
}

static void start(struct standin *standin)
{
    if (standin->device->ops->start(standin->device, soon(), &standin->error) < 0)
        fail_msg("%s", standin->error.text);
}

static void end(struct standin *standin, const char *log)
{
    device_free(standin->device);
    shutdown(standin->listener, SHUT_RDWR);
    close(standin->listener);
    pthread_join(standin->thread, NULL);
    if (log)
        assert_string_equal(standin->log, log);
    observation_free(&standin->seen);
    yaml_close(standin->document);
    symbols_free(standin->symbols);
    free(standin);
}

static uint32_t address_of(const struct standin *standin, const char *name)
{
    uint64_t address = 0;

    assert_true(symbols_address(standin->symbols, name, &address));
    return (uint32_t)address;
}

/* A BusFault by an interrupt's handler, or by what runs on the threads' stack. */
static void fail_in(struct standin *standin, const char *function, bool thread)
{
    uint32_t sp = thread ? THREAD_STACK : STACK;
    const uint32_t frame[] = {0,
                              0,
                              0,
                              0,
                              0,
                              address_of(standin, "main") + 5,
                              address_of(standin, function) + 2,
                              thread ? 0x01000000 : 0x01000018};

    for (uint32_t i = 0; i < sizeof frame / sizeof frame[0]; i++)
        put_word(standin, sp + 4 * i, frame[i]);
    put_word(standin, 0xe000ed04, 5);          /* ICSR: BusFault is active */
    put_word(standin, 0xe000ed28, 0x00008200); /* CFSR: PRECISERR, BFARVALID */
    put_word(standin, 0xe000ed38, 0xa0000c9e); /* BFAR */
    standin->r[UNWIND_PC] = address_of(standin, "fault_enter");
    standin->r[UNWIND_LR] = thread ? 0xfffffffd : 0xfffffff1;
    standin->r[UNWIND_SP] = STACK;
    standin->psp = THREAD_STACK;
}

static const struct fault *observe(struct standin *standin, int64_t wait_ns)
{
    observation_clear(&standin->seen);
    assert_int_equal(standin->device->ops->observe(standin->device,
                                                   clock_now_ns() + wait_ns,
                                                   &standin->seen, &standin->error),
                     0);
    return standin->seen.fault_count ? &standin->seen.faults[0] : NULL;
}

static void expect_title(const struct fault *fault, const char *begins, const char *ends)
{
    assert_non_null(fault);
    if (strncmp(fault->title, begins, strlen(begins)) != 0 || !strstr(fault->title, ends))
        fail_msg("%s", fault->title);
}

static void reset(struct standin *standin)
{
    if (standin->device->ops->reset(standin->device, RESET_WARM, soon(),
                                    &standin->error) < 0)
        fail_msg("%s", standin->error.text);
}

/* --- tests -------------------------------------------------------------------------- */

/* It halts on request, says what it does in O packets before OK, and sends keep-alives
 * and notifications while the processor runs. */
static void test_openocd(void **state)
{
    struct standin *standin = begin(&openocd, "");
    char log[300];

    (void)state;
    start(standin);
    assert_null(observe(standin, 50 * CLOCK_MS));
    assert_true(standin->seen.running);
    fail_in(standin, "pdu_answer", false);
    strcpy(standin->stop, "T05");
    reset(standin);
    expect_title(observe(standin, CLOCK_S), "BusFault, precise, ",
                 "in interrupt 8 (on_timer0)");
    reset(standin);
    snprintf(log, sizeof log,
             "monitor halt\nZ1,%x,2\nmonitor reset halt\nc\nmonitor reset halt\nc\n"
             "monitor reset halt\nc\nD\n",
             address_of(standin, "fault_enter"));
    end(standin, log);
}

/* It has no target before it has scanned and attached, knows neither vCont nor a monitor
 * command that resets and halts, and its vector catch would clear the fault's status. */
static void test_black_magic(void **state)
{
    struct standin *standin = begin(&blackmagic, "");
    char log[300];

    (void)state;
    start(standin);
    assert_null(observe(standin, 50 * CLOCK_MS));
    fail_in(standin, "pdu_answer", true);
    strcpy(standin->stop, "T05");
    reset(standin);
    expect_title(observe(standin, CLOCK_S), "BusFault, precise, ", "), in thread mode");
    snprintf(log, sizeof log,
             "monitor swdp_scan\nvAttach;1\nmonitor vector_catch disable hard\n"
             "Z1,%x,2\nvRun;\nc\nvRun;\nc\nD\n",
             address_of(standin, "fault_enter"));
    end(standin, log);
}

/* Where its vector catch was left on, it takes the stacked frame back, clears the status
 * and says SIGSEGV: the place is known, the kind is not, and is not made up. */
static void test_black_magic_has_cleared_the_status(void **state)
{
    struct standin *standin = begin(&blackmagic, "");
    const struct fault *fault;

    (void)state;
    standin->r[UNWIND_PC] = address_of(standin, "pdu_answer") + 2;
    strcpy(standin->stop, "T0b");
    start(standin);
    fault = observe(standin, CLOCK_S);
    expect_title(fault, "stop (signal 11) in pdu_answer (pdu.c:", ")");
    assert_string_equal(fault->cause, "stop (signal 11) pdu_answer");
    end(standin, NULL);
}

static void test_vector_catch_instead_of_breakpoints(void **state)
{
    struct standin *standin = begin(&jlink, "faults: {catch: vectors}\n");

    (void)state;
    start(standin);
    end(standin, "monitor halt\nMe000edfc,4:f0070000\nmonitor reset\nc\nD\n");
}

static void test_pyocd_and_a_reset_of_the_campaign_s(void **state)
{
    struct standin *standin =
        begin(&pyocd, "reset: {warm: reset halt hw}\nfaults: {handlers: [main]}\n");
    char log[200];

    (void)state;
    start(standin);
    snprintf(log, sizeof log, "Z1,%x,2\nmonitor reset halt hw\nc\nD\n",
             address_of(standin, "main"));
    end(standin, log);
}

/* Refusals are told in the server's terms; nothing hangs. */
static void test_refusals(void **state)
{
    static const struct {
        const struct manner *manner;
        const char *words;
    } table[] = {
        {&openocd, "monitor halt: the GDB server refuses halt"},
        {&blackmagic, "monitor swdp_scan: the GDB server refuses swdp_scan"},
        {&pyocd, "monitor reset halt: the GDB server refuses reset halt"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct standin *standin = begin(table[i].manner, "");

        standin->refuses = true;
        assert_int_equal(
            standin->device->ops->start(standin->device, soon(), &standin->error), -1);
        assert_string_equal(standin->error.text, table[i].words);
        end(standin, NULL);
    }
}

/* Flash that is not the image, by one bit of one byte. */
static void test_other_flash(void **state)
{
    struct standin *standin = begin(&openocd, "");

    (void)state;
    put_word(standin, 0x100, 0x12345678);
    assert_int_equal(
        standin->device->ops->start(standin->device, soon(), &standin->error), -1);
    assert_non_null(
        strstr(standin->error.text, "the device's memory is not the image: "));
    assert_non_null(strstr(standin->error.text, " at 0x00000100"));
    end(standin, NULL);
}

/* Hardware is not stopped or made to fail unless the campaign allows it. */
static void test_hardware_is_not_provoked(void **state)
{
    struct standin *standin = begin(&openocd, "");

    (void)state;
    start(standin);
    assert_false(standin->device->can & DEVICE_CAN_PAUSE);
    for (int what = PROVOKE_DEATH; what <= PROVOKE_RESET; what++)
        assert_int_equal(standin->device->ops->provoke(
                             standin->device, (enum provocation)what, &standin->error),
                         -1);
    end(standin, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_openocd),
        cmocka_unit_test(test_black_magic),
        cmocka_unit_test(test_black_magic_has_cleared_the_status),
        cmocka_unit_test(test_vector_catch_instead_of_breakpoints),
        cmocka_unit_test(test_pyocd_and_a_reset_of_the_campaign_s),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_other_flash),
        cmocka_unit_test(test_hardware_is_not_provoked),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
