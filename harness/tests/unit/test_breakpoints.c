/* Coverage by six breakpoints of the emulated pump, held against what QEMU's plugin sees
 * in the same exchanges. CMakeLists.txt leaves it out where no firmware is built. */
#include "board.h"

#include "device/breakpoints.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BOARD                                       \
    "kind: qemu\n"                                  \
    "machine: mps2-an385\n"                         \
    "serial: [uart0, console]\n"                    \
    "console: {boot: '^pump .* reset=([a-z-]+)'}\n" \
    "image: " FIRMWARE_FOLDER "/pump-fixed-an385.elf\n"

static void switch_on(struct bench *bench, const char *settings)
{
    board_start(bench, settings);
    board_open(bench);
}

static uint16_t crc_of(const uint8_t *bytes, size_t length)
{
    uint16_t crc = 0xffff;

    for (size_t i = 0; i < length; i++) {
        crc ^= bytes[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc & 1 ? (uint16_t)(crc >> 1 ^ 0xa001) : crc >> 1;
    }
    return crc;
}

/* One Modbus RTU request and its answer. A busy host may split a frame, which the pump
 * then does not answer: it is sent again, as a bus master does. */
static bool exchange(struct bench *bench, const uint8_t *pdu, size_t length)
{
    uint8_t frame[32] = {1};
    struct buffer in = buffer_make(512);
    bool answered = false;

    memcpy(frame + 1, pdu, length);
    bytes_write_le(frame + 1 + length, 2, crc_of(frame, length + 1));
    for (int attempt = 0; !answered && attempt < 5; attempt++) {
        int64_t until_ns = clock_now_ns() + 300 * CLOCK_MS;

        link_discard(bench->link);
        assert_int_equal(link_send(bench->link, (struct view){frame, length + 3}, soon(),
                                   &bench->error),
                         0);
        while (in.length < 5 && link_receive(bench->link, &in, until_ns, NULL) > 0)
            ;
        answered = in.length >= 5;
    }
    clock_sleep_until_ns(clock_now_ns() + 3 * CLOCK_MS); /* the rest of it, and silence */
    link_discard(bench->link);
    buffer_free(&in);
    return answered;
}

/* Requests that take different ways through the firmware. */
static void work(struct bench *bench, int rounds)
{
    static const struct {
        uint8_t pdu[8];
        size_t length;
    } requests[] = {
        {{3, 0, 0, 0, 4}, 5},
        {{3, 0, 0, 0xff, 0xff}, 5},
        {{4, 0, 0, 0, 2}, 5},
        {{1, 0, 0, 0, 8}, 5},
        {{2, 0, 0, 0, 3}, 5},
        {{6, 0xff, 0, 0, 1}, 5},
        {{8, 0, 0, 0x12, 1}, 5},
        {{0x11}, 1},
        {{7}, 1},
        {{0x2b, 14, 1, 0}, 4},
        {{0x55, 1, 2}, 3},
        {{5, 0, 0, 0x12, 0x34}, 5},
    };

    for (int round = 0; round < rounds; round++)
        for (size_t i = 0; i < sizeof requests / sizeof requests[0]; i++) {
            assert_true(exchange(bench, requests[i].pdu, requests[i].length));
            observation_clear(&bench->seen);
            bench->device->ops->observe(bench->device, 0, &bench->seen, &bench->error);
            assert_int_equal(bench->seen.fault_count, 0);
            assert_true(bench->seen.running);
        }
}

/* What a busy host may do to frames, on purpose: pieces of them, of every length, in
 * which the pump sees frames that are damaged. */
static void break_frames(struct bench *bench)
{
    static const uint8_t frame[] = {1, 3, 0, 0, 0, 4, 0x44, 9};

    for (size_t from = 0; from < sizeof frame; from++)
        for (size_t length = 1; length <= sizeof frame - from; length++) {
            assert_int_equal(link_send(bench->link, (struct view){frame + from, length},
                                       soon(), &bench->error),
                             0);
            clock_sleep_until_ns(clock_now_ns() + 5 * CLOCK_MS);
        }
    link_discard(bench->link);
}

static bool ran(const struct coverage_map *map, uint32_t address)
{
    for (uint32_t i = 0; i < map->block_count; i++)
        if (address - map->blocks[i].address < map->blocks[i].length_bytes)
            return true;
    return false;
}

/* Whatever a breakpoint or a dominator says has run, has; and it is most of what has. */
static void test_agrees_with_the_plugin(void **state)
{
    struct coverage_map *seen, *truth;
    uint32_t edges = 0, known = 0;
    struct bench few, plugin;

    (void)state;
    switch_on(&few, BOARD "coverage: {breakpoints: 6, rotate-after: 4}\n");
    switch_on(&plugin, BOARD "coverage: true\n");
    assert_true(few.device->can & DEVICE_SEES_COVERAGE);
    seen = few.device->ops->coverage(few.device);
    truth = plugin.device->ops->coverage(plugin.device);
    assert_non_null(seen);
    work(&plugin, 3);
    break_frames(&plugin);
    work(&few, 40);
    for (uint32_t i = 0; i < seen->block_count; i++)
        if (!ran(truth, seen->blocks[i].address))
            fail_msg("0x%x has not run", seen->blocks[i].address);
    for (uint32_t i = 0; i < COVERAGE_EDGES; i++)
        edges += seen->edges[i] != 0;
    assert_int_equal(edges, seen->block_count);
    for (uint32_t i = 0; i < truth->block_count; i++)
        known += ran(seen, truth->blocks[i].address);
    print_message("%u blocks are known to have run, %u of %u pieces that ran\n",
                  seen->block_count, known, truth->block_count);
    assert_true(seen->block_count > 100);
    board_stop(&few);
    board_stop(&plugin);
}

/* What a board is asked for while it has breakpoints works as without them. */
static void test_resets_and_pauses(void **state)
{
    static const uint8_t request[] = {3, 0, 0, 0, 1};
    struct buffer in = buffer_make(64);
    struct coverage_map *map;
    struct bench bench;
    uint32_t before;

    (void)state;
    switch_on(&bench, BOARD "coverage: {breakpoints: 2, rotate-after: 1}\n");
    assert_true(exchange(&bench, request, sizeof request));
    for (int i = 0; i < 5; i++) {
        assert_int_equal(
            bench.device->ops->reset(bench.device, RESET_WARM, soon(), &bench.error), 0);
        work(&bench, 1);
    }
    /* Stopped it says nothing; then it goes on where it was. */
    assert_int_equal(
        bench.device->ops->provoke(bench.device, PROVOKE_PAUSE, &bench.error), 0);
    link_discard(bench.link);
    assert_int_equal(link_send(bench.link, view_text("\1\3\0"), soon(), &bench.error), 0);
    assert_int_equal(link_receive(bench.link, &in, clock_now_ns() + 50 * CLOCK_MS, NULL),
                     0);
    assert_int_equal(
        bench.device->ops->provoke(bench.device, PROVOKE_CONTINUE, &bench.error), 0);
    assert_true(exchange(&bench, request, sizeof request));
    /* Reset while it is stopped. */
    assert_int_equal(
        bench.device->ops->provoke(bench.device, PROVOKE_PAUSE, &bench.error), 0);
    assert_int_equal(
        bench.device->ops->reset(bench.device, RESET_WARM, soon(), &bench.error), 0);
    assert_true(exchange(&bench, request, sizeof request));
    /* A new process: what is known stays known. */
    map = bench.device->ops->coverage(bench.device);
    before = map->block_count;
    assert_true(before > 0);
    assert_int_equal(
        bench.device->ops->reset(bench.device, RESET_RESTART, soon(), &bench.error), 0);
    assert_ptr_equal(bench.device->ops->coverage(bench.device), map);
    assert_true(map->block_count >= before);
    assert_int_equal(
        link_open(bench.link,
                  device_address(bench.device, bench.link->address, &bench.error), soon(),
                  &bench.error),
        0);
    assert_true(exchange(&bench, request, sizeof request));
    /* Killed, it is seen to be dead, and nothing hangs. */
    assert_int_equal(
        bench.device->ops->provoke(bench.device, PROVOKE_DEATH, &bench.error), 0);
    observation_clear(&bench.seen);
    bench.device->ops->observe(bench.device, soon(), &bench.seen, &bench.error);
    assert_false(bench.seen.running);
    buffer_free(&in);
    board_stop(&bench);
}

static void test_settings(void **state)
{
    static const struct {
        const char *settings, *complaint;
    } wrong[] = {
        {BOARD "coverage: {breakpoints: 0}\n", "breakpoints"},
        {BOARD "coverage: {breakpoints: 65}\n", "breakpoints"},
        {BOARD "coverage: {rotate-after: 5}\n", "breakpoints"},
        {BOARD "coverage: {breakpoints: 6, rotate: 5}\n", "rotate"},
        {BOARD "coverage: often\n", "{breakpoints: NUMBER}"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct error error = {""};
        struct yaml_document *document =
            yaml_parse("campaign.yaml", view_text(wrong[i].settings), &error);

        assert_non_null(document);
        assert_null(device_create(yaml_root(document), &error));
        if (!strstr(error.text, wrong[i].complaint))
            fail_msg("%s", error.text);
        yaml_close(document);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_agrees_with_the_plugin),
        cmocka_unit_test(test_resets_and_pauses),
        cmocka_unit_test(test_settings),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
