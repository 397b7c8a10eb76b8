/* What the tests on the emulated pump share: a board that runs, and its Modbus RTU line.
 * CMakeLists.txt leaves them out where no firmware is built. */
#ifndef PERCUSS_TESTS_BOARD_H
#define PERCUSS_TESTS_BOARD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/clock.h"
#include "device/device.h"
#include "link/link.h"
#include "soon.h"

#include <dirent.h>
#include <string.h>

#define PUMP_BOARD                         \
    "kind: qemu\n"                         \
    "machine: mps2-an385\n"                \
    "serial: [uart0, console]\n"           \
    "console:\n"                           \
    "  boot: '^pump .* reset=([a-z-]+)'\n" \
    "  fault: '^FAULT ([A-Za-z]+)'\n"      \
    "  reset: '^(WATCHDOG)'\n"

struct bench {
    struct yaml_document *document, *link_document;
    struct device *device;
    struct link *link;
    struct observation seen;
    struct error error;
};

/* Starts the device of these settings; its line is not open yet. */
static inline void board_start(struct bench *bench, const char *settings)
{
    memset(bench, 0, sizeof *bench);
    bench->document = yaml_parse("campaign.yaml", view_text(settings), &bench->error);
    bench->link_document = yaml_parse(
        "link.yaml", view_text("kind: unix\naddress: device:uart0\n"), &bench->error);
    assert_non_null(bench->document);
    assert_non_null(bench->link_document);
    bench->device = device_create(yaml_root(bench->document), &bench->error);
    if (!bench->device)
        fail_msg("%s", bench->error.text);
    bench->link = link_create(yaml_root(bench->link_document), &bench->error);
    assert_non_null(bench->link);
    observation_init(&bench->seen);
    if (bench->device->ops->start(bench->device, soon(), &bench->error) < 0)
        fail_msg("%s", bench->error.text);
}

static inline void board_open(struct bench *bench)
{
    const char *address = bench->device->ops->endpoint(bench->device, "uart0");

    assert_non_null(address);
    assert_int_equal(link_open(bench->link, address, soon(), &bench->error), 0);
}

static inline void board_stop(struct bench *bench)
{
    link_free(bench->link);
    device_free(bench->device);
    observation_free(&bench->seen);
    yaml_close(bench->document);
    yaml_close(bench->link_document);
}

static inline void board_send(struct bench *bench, const uint8_t *frame, size_t length)
{
    assert_int_equal(
        link_send(bench->link, (struct view){frame, length}, soon(), &bench->error), 0);
}

static inline bool board_has_reply(const struct buffer *in)
{
    return in->length >= 5 && (in->data[1] & 0x80 || in->length >= 7);
}

/* Modbus RTU: unit 1's one register that this request reads. On a busy host the emulator
 * may split a frame, which the device rightly ignores: as a bus master does, it is sent
 * again. */
static inline unsigned board_ask(struct bench *bench, const uint8_t request[8])
{
    struct buffer in = buffer_make(256);
    unsigned value;

    for (int i = 0; i < 20 && !board_has_reply(&in); i++) {
        int64_t limit_ns = clock_now_ns() + CLOCK_S;

        link_discard(bench->link);
        buffer_clear(&in);
        board_send(bench, request, 8);
        while (!board_has_reply(&in) &&
               link_receive(bench->link, &in, limit_ns, &bench->error) > 0)
            ;
    }
    assert_true(board_has_reply(&in));
    assert_int_equal(in.data[0], 1);
    assert_int_equal(in.data[1] & 0x7f, request[1]);
    value = (unsigned)in.data[3] << 8 | in.data[4];
    buffer_free(&in);
    return value;
}

/* Reads one holding register. */
static inline void board_exchange(struct bench *bench)
{
    static const uint8_t request[] = {1, 3, 0, 0, 0, 1, 0x84, 0x0a};

    board_ask(bench, request);
}

static inline void board_reset(struct bench *bench, enum reset_kind kind)
{
    if (bench->device->ops->reset(bench->device, kind, soon(), &bench->error) < 0)
        fail_msg("%s", bench->error.text);
}

/* Open files of this program. */
static inline size_t board_descriptors(void)
{
    DIR *folder = opendir("/proc/self/fd");
    size_t count = 0;

    assert_non_null(folder);
    while (readdir(folder))
        count++;
    closedir(folder);
    return count;
}

#endif
