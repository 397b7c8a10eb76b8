/* The emulated pump behind QEMU's own GDB server, under the device kind gdb.
 * CMakeLists.txt leaves it out where no firmware is built. */
#include "board.h"
#include "scratch.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#define COMMAND                                                                         \
    "command: [qemu-system-arm, -machine, mps2-an385, -display, none, -nodefaults, "    \
    "-nic, none, -accel, 'tcg,tb-size=32', -S, -gdb, 'unix:{gdb},server=on,wait=off', " \
    "-chardev, 'socket,id=u0,path={uart0},server=on,wait=off', -serial, 'chardev:u0', " \
    "-kernel, " FIRMWARE_FOLDER "/pump-%s-an385.elf]\n"

#define BOARD                                                       \
    "kind: gdb\n"                                                   \
    "probe: qemu\n"                                                 \
    "server: 'unix:{gdb}'\n"                                        \
    "sockets: [gdb, uart0]\n"                                       \
    "stack: {bottom: link_bss_end, top: link_stack_top, fill: 0}\n" \
    "image: " FIRMWARE_FOLDER "/pump-%s-an385.elf\n"

static const uint8_t unlock[] = {1, 0x64, 1, 0x5a, 0x17, 0x2d, 0x9e};
static const uint8_t calibrate[] = {1, 0x64, 9, 0x80, 0, 0, 0x10, 0x12, 0x34, 0x8a, 0xc9};

static int set_up_board(void **state, const char *image, const char *running)
{
    static struct bench bench;
    static char settings[4096];

    snprintf(settings, sizeof settings, BOARD COMMAND, image, running);
    board_start(&bench, settings);
    board_open(&bench);
    *state = &bench;
    return 0;
}

static int set_up(void **state)
{
    return set_up_board(state, "defective", "defective");
}

static int tear_down(void **state)
{
    board_stop(*state);
    return 0;
}

static void observe(struct bench *bench, int64_t wait_until_ns)
{
    observation_clear(&bench->seen);
    assert_int_equal(bench->device->ops->observe(bench->device, wait_until_ns,
                                                 &bench->seen, &bench->error),
                     0);
    assert_int_equal(buffer_append_byte(&bench->seen.text, 0), 0);
}

static void reset(struct bench *bench, enum reset_kind kind)
{
    if (bench->device->ops->reset(bench->device, kind, soon(), &bench->error) < 0)
        fail_msg("%s", bench->error.text);
    if (kind == RESET_RESTART) {
        link_close(bench->link);
        board_open(bench);
    }
    board_exchange(bench);
    observe(bench, 0);
    assert_int_equal(bench->seen.fault_count, 0);
    assert_true(bench->seen.running);
}

/* On a busy host a frame may be split, and is sent again. */
static void send_until_it_fails(struct bench *bench)
{
    for (int i = 0; i < 20 && !bench->seen.fault_count; i++) {
        board_send(bench, unlock, sizeof unlock);
        clock_sleep_until_ns(clock_now_ns() + 50 * CLOCK_MS);
        link_discard(bench->link);
        board_send(bench, calibrate, sizeof calibrate);
        observe(bench, clock_now_ns() + CLOCK_S);
    }
    assert_int_equal(bench->seen.fault_count, 1);
}

static void test_fault_in_words(void **state)
{
    struct bench *bench = *state;
    const struct fault *fault = &bench->seen.faults[0];
    const char *text;

    board_exchange(bench);
    for (int i = 0; i < 2; i++) {
        send_until_it_fails(bench);
        text = (const char *)bench->seen.text.data + fault->detail_offset;
        printf("%s", text);
        assert_int_equal(fault->kind, FAULT_GUEST);
        if (strncmp(fault->title, "BusFault, precise, writing 0xa000", 33) != 0 ||
            !strstr(fault->title, " called from calibrate (service.c:") ||
            !strstr(fault->title, "), in thread mode"))
            fail_msg("%s", fault->title);
        assert_string_equal(fault->cause, "BusFault memcpy calibrate");
        assert_string_equal(fault->place, "calibrate");
        assert_non_null(strstr(text, "PRECISERR (BusFault: precise)"));
        assert_non_null(strstr(text, " calibrate (service.c:"));
        assert_non_null(strstr(text, " main (main.c:"));
        assert_non_null(strstr(text, " startup_reset (startup.c:"));
        assert_non_null(strstr(text, " bytes used at most"));
        observe(bench, 0);
        assert_int_equal(bench->seen.fault_count, 0); /* told once */
        reset(bench, i ? RESET_RESTART : RESET_WARM);
    }
}

static void test_pause_and_continue(void **state)
{
    struct bench *bench = *state;
    const struct device_ops *ops = bench->device->ops;
    struct buffer in = buffer_make(256);

    assert_int_equal(ops->provoke(bench->device, PROVOKE_PAUSE, &bench->error), 0);
    board_send(bench, unlock, sizeof unlock);
    assert_int_equal(
        link_receive(bench->link, &in, clock_now_ns() + 100 * CLOCK_MS, &bench->error),
        LINK_TIMEOUT);
    observe(bench, 0);
    assert_int_equal(bench->seen.fault_count, 0);
    assert_int_equal(ops->provoke(bench->device, PROVOKE_CONTINUE, &bench->error), 0);
    board_exchange(bench);
    buffer_free(&in);
}

static void test_provoked_fault_is_seen(void **state)
{
    struct bench *bench = *state;

    if (bench->device->ops->provoke(bench->device, PROVOKE_FAULT, &bench->error) < 0)
        fail_msg("%s", bench->error.text);
    observe(bench, soon());
    assert_int_equal(bench->seen.fault_count, 1);
    printf("%s", (const char *)bench->seen.text.data);
    reset(bench, RESET_WARM);
}

static void test_death(void **state)
{
    struct bench *bench = *state;

    assert_int_equal(
        bench->device->ops->provoke(bench->device, PROVOKE_DEATH, &bench->error), 0);
    observe(bench, soon());
    assert_int_equal(bench->seen.fault_count, 1);
    assert_int_equal(bench->seen.faults[0].kind, FAULT_EXIT);
    assert_false(bench->seen.running);
    reset(bench, RESET_RESTART);
}

static void test_describes_itself(void **state)
{
    struct bench *bench = *state;
    char text[400];

    reset(bench, RESET_WARM);
    bench->device->ops->describe(bench->device, text, sizeof text);
    printf("%s\n", text);
    assert_non_null(strstr(text, "GDB server (qemu), stack "));
    assert_non_null(strstr(text, " bytes of memory equal to the image, sha256 "));
    assert_memory_equal(text + strlen(text) - 71, "sha256 ", 7);
}

/* A board that a switch gives power: one that hangs is deaf to its probe, too. */
#define SWITCH                                                                                       \
    "case $0 in on) qemu-system-arm -machine mps2-an385 -display none -nodefaults "                  \
    "-nic none -accel tcg,tb-size=32 -gdb unix:%1$s/gdb,server=on,wait=off -kernel " FIRMWARE_FOLDER \
    "/pump-fixed-an385.elf -daemonize -pidfile %1$s/pid ;; "                                         \
    "off) kill -9 $(cat %1$s/pid); rm -f %1$s/pid ;; esac"

static pid_t board_pid(const char *folder)
{
    char path[SCRATCH_PATH + 8];
    FILE *file;
    int pid = 0;

    snprintf(path, sizeof path, "%s/pid", folder);
    file = fopen(path, "r");
    if (file && fscanf(file, "%d", &pid) != 1)
        pid = 0;
    if (file)
        fclose(file);
    return pid;
}

static void test_power_brings_a_hanging_board_back(void **state)
{
    char folder[SCRATCH_PATH], command[1000], settings[4096], text[300];
    struct error error = {""};
    struct yaml_document *document;
    struct device *device;
    pid_t first;

    (void)state;
    scratch_make(folder);
    snprintf(command, sizeof command, SWITCH, folder);
    snprintf(settings, sizeof settings,
             "kind: gdb\nprobe: qemu\nserver: 'unix:%s/gdb'\nstart-timeout: 2s\n"
             "image: " FIRMWARE_FOLDER "/pump-fixed-an385.elf\npower:\n  pause: 1ms\n"
             "  on: [sh, -c, '%s', on]\n  off: [sh, -c, '%s', off]\n",
             folder, command, command);
    document = yaml_parse("c.yaml", view_text(settings), &error);
    device = document ? device_create(yaml_root(document), &error) : NULL;
    if (!device || device->ops->start(device, soon(), &error) < 0)
        fail_msg("%s", error.text);
    assert_int_equal(device->resets, 1u << RESET_WARM | 1u << RESET_POWER);
    assert_int_equal(device->ops->reset(device, RESET_WARM, soon(), &error), 0);
    first = board_pid(folder);
    assert_true(first > 0);
    assert_int_equal(kill(first, SIGSTOP), 0);
    assert_int_equal(device->ops->reset(device, RESET_WARM, soon(), &error), -1);
    if (device->ops->reset(device, RESET_POWER, soon(), &error) < 0)
        fail_msg("%s", error.text);
    assert_true(board_pid(folder) > 0 && board_pid(folder) != first);
    assert_int_equal(device->ops->reset(device, RESET_WARM, soon(), &error), 0);
    device->ops->describe(device, text, sizeof text);
    assert_non_null(strstr(text, "(qemu), power by command (when percuss ends: off), "));
    device_free(device);
    yaml_close(document);
    assert_int_equal(board_pid(folder), 0); /* off */
    scratch_remove(folder);
}

/* The fixed build runs, and the campaign names the other. */
static void test_another_image_is_refused(void **state)
{
    static char settings[4096];
    struct error error;
    struct yaml_document *document;
    struct device *device;

    (void)state;
    snprintf(settings, sizeof settings, BOARD COMMAND, "defective", "fixed");
    document = yaml_parse("c.yaml", view_text(settings), &error);
    device = device_create(yaml_root(document), &error);
    assert_non_null(device);
    assert_int_equal(device->ops->start(device, soon(), &error), -1);
    if (!strstr(error.text, "the device's memory is not the image: "))
        fail_msg("%s", error.text);
    device_free(device);
    yaml_close(document);
}

int main(void)
{
#define BENCH(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        BENCH(test_fault_in_words),
        BENCH(test_pause_and_continue),
        BENCH(test_provoked_fault_is_seen),
        BENCH(test_death),
        BENCH(test_describes_itself),
        cmocka_unit_test(test_another_image_is_refused),
        cmocka_unit_test(test_power_brings_a_hanging_board_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
