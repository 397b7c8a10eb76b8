/* The emulated pump with QEMU's coverage plugin. CMakeLists.txt leaves it out where no
 * firmware is built. */
#include "board.h"

#include <stdio.h>
#include <string.h>

#define BOARD                              \
    "kind: qemu\n"                         \
    "machine: mps2-an385\n"                \
    "serial: [uart0, console]\n"           \
    "console: {boot: '^pump .* reset='}\n" \
    "image: " FIRMWARE_FOLDER "/pump-defective-an385.elf\n"

static struct coverage_map *map_of(const struct bench *bench)
{
    return bench->device->ops->coverage(bench->device);
}

static int set_up_board(void **state, const char *settings)
{
    static struct bench bench;

    board_start(&bench, settings);
    board_open(&bench);
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
    board_stop(*state);
    return 0;
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

    memset(map_of(bench)->edges, 0, COVERAGE_EDGES);
    for (int i = 0; i < exchanges; i++)
        board_exchange(bench);
    for (size_t i = 0; i < COVERAGE_EDGES; i++) {
        fresh += map_of(bench)->edges[i] && !known[i];
        known[i] |= map_of(bench)->edges[i] != 0;
    }
    return fresh;
}

static void test_map_shows_what_runs(void **state)
{
    struct bench *bench = *state;
    uint32_t blocks = map_of(bench)->block_count;
    uint64_t runs = 0;

    assert_true(bench->device->can & DEVICE_SEES_COVERAGE);
    assert_int_equal(map_of(bench)->ready, 1);
    assert_true(map_of(bench)->handler[0] && map_of(bench)->handler[1] &&
                map_of(bench)->trap[0]);
    assert_true(blocks > 20); /* from reset to the banner */
    memset(map_of(bench)->edges, 0, COVERAGE_EDGES);
    board_exchange(bench);
    assert_true(map_of(bench)->block_count > blocks + 20);
    assert_true(count_edges(map_of(bench)) > 20);
    assert_int_equal(map_of(bench)->lost, 0);
    for (uint32_t i = 0; i < map_of(bench)->block_count; i++) {
        assert_true(map_of(bench)->blocks[i].length_bytes > 0);
        assert_true(map_of(bench)->blocks[i].executions > 0);
        runs += map_of(bench)->blocks[i].executions;
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

    board_exchange(bench);
    blocks = map_of(bench)->block_count;
    reset(bench, RESET_WARM);
    board_exchange(bench);
    reset(bench, RESET_RESTART);
    assert_int_equal(link_open(bench->link,
                               bench->device->ops->endpoint(bench->device, "uart0"),
                               soon(), &bench->error),
                     0);
    memset(map_of(bench)->edges, 0, COVERAGE_EDGES);
    board_exchange(bench);
    assert_true(count_edges(map_of(bench)) > 20);
    assert_true(map_of(bench)->block_count <= blocks + blocks / 20);
    for (uint32_t i = 0; i < map_of(bench)->block_count; i++) /* each once */
        for (uint32_t k = 0; k < i; k++)
            assert_int_not_equal(map_of(bench)->blocks[i].address,
                                 map_of(bench)->blocks[k].address);
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
        board_exchange(bench);
        board_send(bench, request, sizeof request);
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
        assert_int_equal(map_of(bench)->trapped, 0);
    }
}

/* Where QEMU counts instructions it cuts blocks behind each access to a peripheral: what
 * is left of them is no block. */
static void test_no_piece_is_a_block(void **state)
{
    struct bench *bench = *state;
    uint32_t pieces = 0;

    assert_true(map_of(bench)->start_count > 100);
    board_exchange(bench);
    for (uint32_t i = 0; i < map_of(bench)->block_count; i++) {
        uint32_t address = map_of(bench)->blocks[i].address, k = 0;

        while (k < map_of(bench)->start_count && map_of(bench)->starts[k] != address)
            k++;
        pieces += k == map_of(bench)->start_count;
    }
    assert_true(map_of(bench)->block_count > 60);
    assert_int_equal(pieces, 0);
}

static void test_constant_map_counts_blocks_only(void **state)
{
    struct bench *bench = *state;

    board_exchange(bench);
    assert_int_equal(count_edges(map_of(bench)), 0);
    assert_true(map_of(bench)->block_count > 40);
}

static void test_without_a_map(void **state)
{
    struct bench *bench = *state;

    assert_null(map_of(bench));
    assert_false(bench->device->can & DEVICE_SEES_COVERAGE);
    assert_false(bench->device->can & DEVICE_SEES_FAULT);
    board_exchange(bench);
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
