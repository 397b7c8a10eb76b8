/* The emulated pump with QEMU's coverage plugin. CMakeLists.txt leaves it out where no
 * firmware is built. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/clock.h"
#include "device/device.h"
#include "link/link.h"

#include <stdio.h>
#include <string.h>

#define BOARD                              \
    "kind: qemu\n"                         \
    "machine: mps2-an385\n"                \
    "serial: [uart0, console]\n"           \
    "console: {boot: '^pump .* reset='}\n" \
    "image: " FIRMWARE_FOLDER "/pump-defective-an385.elf\n"

struct bench {
    struct yaml_document *document, *link_document;
    struct device *device;
    struct link *link;
    struct coverage_map *map;
    struct observation seen;
    struct error error;
};

static int64_t soon(void)
{
    return clock_now_ns() + 20 * CLOCK_S;
}

static int set_up_board(void **state, const char *settings)
{
    static struct bench bench;

    memset(&bench, 0, sizeof bench);
    bench.document = yaml_parse("campaign.yaml", view_text(settings), &bench.error);
    bench.link_document = yaml_parse(
        "link.yaml", view_text("kind: unix\naddress: device:uart0\n"), &bench.error);
    assert_non_null(bench.document);
    bench.device = device_create(yaml_root(bench.document), &bench.error);
    if (!bench.device)
        fail_msg("%s", bench.error.text);
    bench.link = link_create(yaml_root(bench.link_document), &bench.error);
    assert_non_null(bench.link);
    observation_init(&bench.seen);
    if (bench.device->ops->start(bench.device, soon(), &bench.error) < 0)
        fail_msg("%s", bench.error.text);
    bench.map = bench.device->ops->coverage(bench.device);
    assert_int_equal(link_open(bench.link,
                               bench.device->ops->endpoint(bench.device, "uart0"), soon(),
                               &bench.error),
                     0);
    *state = &bench;
    return 0;
}

static int set_up(void **state)
{
    return set_up_board(state, BOARD "coverage: true\n");
}

static int set_up_counting(void **state)
{
    return set_up_board(state, BOARD "coverage: true\nclock: shift=4\n");
}

static int set_up_constant(void **state)
{
    return set_up_board(state, BOARD "coverage: constant\n");
}

static int set_up_without(void **state)
{
    return set_up_board(state, BOARD);
}

static int tear_down(void **state)
{
    struct bench *bench = *state;

    link_free(bench->link);
    device_free(bench->device);
    observation_free(&bench->seen);
    yaml_close(bench->document);
    yaml_close(bench->link_document);
    return 0;
}

static void send(struct bench *bench, const uint8_t *request, size_t length)
{
    assert_int_equal(
        link_send(bench->link, (struct view){request, length}, soon(), &bench->error), 0);
}

static bool has_reply(const struct buffer *in)
{
    return in->length >= 5 && (in->data[1] != 3 || in->length >= 7);
}

/* Modbus RTU: read one holding register of unit 1. On a busy host the emulator may split
 * a frame, which the device rightly ignores: as a bus master does, it is sent again. */
static void exchange(struct bench *bench)
{
    static const uint8_t request[] = {1, 3, 0, 0, 0, 1, 0x84, 0x0a};
    struct buffer in = buffer_make(256);

    for (int i = 0; i < 20 && !has_reply(&in); i++) {
        int64_t limit_ns = clock_now_ns() + CLOCK_S;

        link_discard(bench->link);
        buffer_clear(&in);
        send(bench, request, sizeof request);
        while (!has_reply(&in) &&
               link_receive(bench->link, &in, limit_ns, &bench->error) > 0)
            ;
    }
    assert_true(has_reply(&in));
    buffer_free(&in);
}

static size_t count_edges(const struct coverage_map *map)
{
    size_t count = 0;

    for (size_t i = 0; i < COVERAGE_EDGES; i++)
        count += map->edges[i] != 0;
    return count;
}

/* Edges of `exchanges` exchanges that are not in `known`, which gets them. */
static size_t learn(struct bench *bench, int exchanges, uint8_t *known)
{
    size_t fresh = 0;

    memset(bench->map->edges, 0, COVERAGE_EDGES);
    for (int i = 0; i < exchanges; i++)
        exchange(bench);
    for (size_t i = 0; i < COVERAGE_EDGES; i++) {
        fresh += bench->map->edges[i] && !known[i];
        known[i] |= bench->map->edges[i] != 0;
    }
    return fresh;
}

static void test_map_shows_what_runs(void **state)
{
    struct bench *bench = *state;
    uint32_t blocks = bench->map->block_count;
    uint64_t runs = 0;

    assert_true(bench->device->can & DEVICE_SEES_COVERAGE);
    assert_int_equal(bench->map->ready, 1);
    assert_true(bench->map->handler[0] && bench->map->handler[1] && bench->map->trap[0]);
    assert_true(blocks > 20); /* from reset to the banner */
    memset(bench->map->edges, 0, COVERAGE_EDGES);
    exchange(bench);
    assert_true(bench->map->block_count > blocks + 20);
    assert_true(count_edges(bench->map) > 20);
    assert_int_equal(bench->map->lost, 0);
    for (uint32_t i = 0; i < bench->map->block_count; i++) {
        assert_true(bench->map->blocks[i].length_bytes > 0);
        assert_true(bench->map->blocks[i].executions > 0);
        runs += bench->map->blocks[i].executions;
    }
    assert_true(runs > 1000);
}

/* Interrupts come at any place, and no edge tells of it. */
static void test_the_same_again_shows_nothing_new(void **state)
{
    static uint8_t known[COVERAGE_EDGES];
    struct bench *bench = *state;
    size_t first;

    memset(known, 0, sizeof known);
    first = learn(bench, 100, known);
    assert_true(first > 20);
    assert_true(learn(bench, 100, known) <= first / 20);
    assert_true(learn(bench, 100, known) <= first / 20);
}

static void reset(struct bench *bench, enum reset_kind kind)
{
    if (bench->device->ops->reset(bench->device, kind, soon(), &bench->error) < 0)
        fail_msg("%s", bench->error.text);
}

static void test_map_outlives_resets(void **state)
{
    struct bench *bench = *state;
    uint32_t blocks;

    exchange(bench);
    blocks = bench->map->block_count;
    reset(bench, RESET_WARM);
    exchange(bench);
    reset(bench, RESET_RESTART);
    assert_int_equal(link_open(bench->link,
                               bench->device->ops->endpoint(bench->device, "uart0"),
                               soon(), &bench->error),
                     0);
    memset(bench->map->edges, 0, COVERAGE_EDGES);
    exchange(bench);
    assert_true(count_edges(bench->map) > 20);
    assert_true(bench->map->block_count <= blocks + blocks / 20);
    for (uint32_t i = 0; i < bench->map->block_count; i++) /* each once */
        for (uint32_t k = 0; k < i; k++)
            assert_int_not_equal(bench->map->blocks[i].address,
                                 bench->map->blocks[k].address);
}

/* Defect D06 of the pump, a diagnostic request that calls address 0, without a word of
 * the console's: the trap alone sees it. */
static void test_trap_tells_the_last_blocks(void **state)
{
    static const uint8_t request[] = {1, 8, 0, 2, 0, 0, 0x41, 0xcb};
    struct bench *bench = *state;
    const struct fault *fault = &bench->seen.faults[0];
    char text[2000];

    assert_true(bench->device->can & DEVICE_SEES_FAULT);
    for (int i = 0; i < 2; i++) {
        exchange(bench);
        send(bench, request, sizeof request);
        observation_clear(&bench->seen);
        bench->device->ops->observe(bench->device, soon(), &bench->seen, &bench->error);
        assert_int_equal(bench->seen.fault_count, 1);
        assert_int_equal(fault->kind, FAULT_GUEST);
        assert_string_equal(fault->title, "fault in diagnostics_serve");
        snprintf(text, sizeof text, "%.*s", (int)bench->seen.text.length,
                 (const char *)bench->seen.text.data);
        assert_ptr_equal(strstr(text, "last blocks: "), text);
        assert_non_null(strstr(text, "diagnostics_serve+0x"));
        assert_non_null(strstr(text, "fault_enter\n"));
        assert_int_equal(bench->map->trapped, 0);
    }
}

/* Where QEMU counts instructions it cuts blocks behind each access to a peripheral: what
 * is left of them is no block. */
static void test_no_piece_is_a_block(void **state)
{
    struct bench *bench = *state;
    uint32_t pieces = 0;

    assert_true(bench->map->start_count > 100);
    exchange(bench);
    for (uint32_t i = 0; i < bench->map->block_count; i++) {
        uint32_t address = bench->map->blocks[i].address, k = 0;

        while (k < bench->map->start_count && bench->map->starts[k] != address)
            k++;
        pieces += k == bench->map->start_count;
    }
    assert_true(bench->map->block_count > 60);
    assert_int_equal(pieces, 0);
}

static void test_constant_map_counts_blocks_only(void **state)
{
    struct bench *bench = *state;

    exchange(bench);
    assert_int_equal(count_edges(bench->map), 0);
    assert_true(bench->map->block_count > 40);
}

static void test_without_a_map(void **state)
{
    struct bench *bench = *state;

    assert_null(bench->map);
    assert_false(bench->device->can & DEVICE_SEES_COVERAGE);
    assert_false(bench->device->can & DEVICE_SEES_FAULT);
    exchange(bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_map_shows_what_runs, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_the_same_again_shows_nothing_new, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_map_outlives_resets, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_trap_tells_the_last_blocks, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_no_piece_is_a_block, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_no_piece_is_a_block, set_up_counting,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_constant_map_counts_blocks_only,
                                        set_up_constant, tear_down),
        cmocka_unit_test_setup_teardown(test_without_a_map, set_up_without, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
