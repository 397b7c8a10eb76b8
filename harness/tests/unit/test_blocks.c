/* Blocks of the firmware that was built here, held against what objdump reads in it, and
 * of images that are cut short or damaged. CMakeLists.txt leaves it out where no firmware
 * is built. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "device/blocks.h"
#include "device/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const images[] = {"pump-fixed-an385",       "pump-defective-an385",
                                     "pump-ascii-fixed-an385", "sensor-defective-an385",
                                     "analyser-fixed-an385",   "pump-fixed-lm3s6965"};
enum { IMAGES = sizeof images / sizeof images[0] };

static void path_of(const char *name, char path[512])
{
    snprintf(path, 512, "%s/%s.elf", FIRMWARE_FOLDER, name);
}

static struct blocks *need_blocks(const char *name)
{
    struct error error = {""};
    struct blocks *blocks;
    char path[512];

    path_of(name, path);
    blocks = blocks_load(path, &error);
    if (!blocks)
        fail_msg("%s", error.text);
    return blocks;
}

/* An instruction as objdump prints it: "     4b2:\tbd70      \tpop\t{r4, pc}". */
struct shown {
    uint64_t address, target;
    unsigned length;
    char name[16];
    bool has_target;
};

static bool read_shown(const char *line, struct shown *shown)
{
    const char *tabs[3] = {NULL, NULL, NULL};
    const char *hex;
    char *end;

    shown->address = strtoull(line, &end, 16);
    if (end == line || *end != ':')
        return false;
    for (int i = 0; i < 3; i++) {
        tabs[i] = strchr(i ? tabs[i - 1] + 1 : line, '\t');
        if (!tabs[i] && i < 2)
            return false;
    }
    snprintf(shown->name, sizeof shown->name, "%.*s",
             (int)strcspn(tabs[1] + 1, "\t\n .;"), tabs[1] + 1);
    shown->length = 0;
    for (const char *digit = tabs[0] + 1; digit < tabs[1]; digit++)
        shown->length += *digit != ' ';
    shown->length /= 2;
    shown->has_target = false;
    if (!tabs[2] || shown->name[0] == '\0' || tabs[1][1] == '.')
        return tabs[1][1] != '.';
    hex = strncmp(shown->name, "cb", 2) == 0 ? strchr(tabs[2], ',') : tabs[2];
    if (hex && (shown->name[0] == 'b' || shown->name[0] == 'c') && strchr(hex, '<')) {
        shown->target = strtoull(hex + 1, &end, 16);
        shown->has_target = end != hex + 1 && end[0] == ' ' && end[1] == '<';
    }
    return true;
}

static bool is_jump(const char *name)
{
    static const char *const jumps[] = {
        "b",   "bl",  "blx", "bx",  "cbz", "cbnz", "tbb", "tbh", "beq", "bne", "bcs",
        "bcc", "bmi", "bpl", "bvs", "bvc", "bhi",  "bls", "bge", "blt", "bgt", "ble"};

    for (size_t i = 0; i < sizeof jumps / sizeof jumps[0]; i++)
        if (strcmp(jumps[i], name) == 0)
            return true;
    return false;
}

/* objdump's instructions of an image; the caller frees. */
static size_t disassemble(const char *name, struct shown **list)
{
    char command[700], path[512], line[400];
    size_t count = 0, room = 1 << 16;
    FILE *out;

    path_of(name, path);
    snprintf(command, sizeof command, "arm-none-eabi-objdump -d '%s'", path);
    *list = malloc(room * sizeof **list);
    assert_non_null(*list);
    out = popen(command, "r");
    assert_non_null(out);
    while (count < room && fgets(line, sizeof line, out))
        count += read_shown(line, &(*list)[count]);
    assert_int_equal(pclose(out), 0);
    assert_true(count > 500 && count < room);
    return count;
}

/* Every block begins and ends between two of objdump's instructions; every jump that it
 * shows ends a block, and where it shows that one goes a block begins. */
static void test_agrees_with_objdump(void **state)
{
    (void)state;
    for (size_t k = 0; k < IMAGES; k++) {
        struct blocks *blocks = need_blocks(images[k]);
        struct shown *list;
        size_t count = disassemble(images[k], &list), starts = 0, jumps = 0, targets = 0;

        for (size_t i = 0; i < count; i++) {
            uint32_t block = blocks_find(blocks, list[i].address);

            if (block == BLOCK_NONE)
                continue;
            starts += blocks->list[block].address == list[i].address;
            if (is_jump(list[i].name)) {
                jumps++;
                assert_int_equal(blocks->list[block].address +
                                     blocks->list[block].length_bytes,
                                 list[i].address + list[i].length);
            }
            if (is_jump(list[i].name) && list[i].has_target) {
                targets++;
                assert_int_not_equal(blocks_at(blocks, list[i].target), BLOCK_NONE);
            }
        }
        assert_int_equal(starts, blocks->count);
        assert_true(jumps > 100 && targets > 80);
        free(list);
        blocks_free(blocks);
    }
}

static uint32_t function_named(const struct blocks *blocks, const char *name)
{
    for (uint32_t i = 0; i < blocks->function_count; i++)
        if (strcmp(blocks->functions[i].name, name) == 0)
            return i;
    fail_msg("no function %s", name);
    return 0;
}

/* Blocks tile their functions in order; edges stay inside; a dominator stands nearer to
 * the function's beginning in every chain, so chains end. */
static void test_is_well_formed(void **state)
{
    (void)state;
    for (size_t k = 0; k < IMAGES; k++) {
        struct blocks *blocks = need_blocks(images[k]);
        uint32_t with_dominator = 0, dead = 0;

        for (uint32_t f = 0; f < blocks->function_count; f++) {
            const struct block_function *function = &blocks->functions[f];
            const struct block *first = &blocks->list[function->first_block];

            assert_true(function->block_count > 0);
            assert_true(first->address == function->address);
            assert_int_equal(first->dominator, BLOCK_NONE);
            assert_false(first->is_dead);
            for (uint32_t i = 0; i < function->block_count; i++) {
                uint32_t up = first[i].dominator, steps = 0;

                assert_int_equal(first[i].function, f);
                assert_true(first[i].length_bytes >= 2);
                with_dominator += up != BLOCK_NONE;
                dead += first[i].is_dead;
                for (; up != BLOCK_NONE && steps <= function->block_count; steps++) {
                    assert_int_equal(blocks->list[up].function, f);
                    up = blocks->list[up].dominator;
                }
                assert_int_equal(up, BLOCK_NONE);
                for (uint32_t e = 0; e < first[i].edge_count; e++)
                    assert_int_equal(
                        blocks->list[blocks->edges[first[i].first_edge + e]].function, f);
            }
        }
        for (uint32_t i = 0; i + 1 < blocks->count; i++)
            assert_true(blocks->list[i].address + blocks->list[i].length_bytes <=
                        blocks->list[i + 1].address);
        /* This firmware enters its functions at their beginning only. */
        assert_int_equal(with_dominator, blocks->count - blocks->function_count - dead);
        assert_true(dead < blocks->count / 20);
        blocks_free(blocks);
    }
}

/* serve() of the pump chooses by a table of jumps ("tbb"): each case is a block of its
 * own that the comparison dominates. */
static void test_jump_table(void **state)
{
    struct blocks *blocks = need_blocks("pump-defective-an385");
    uint32_t most = 0, at = 0;

    (void)state;
    for (uint32_t i = 0; i < blocks->count; i++)
        if (blocks->list[i].edge_count > most) {
            most = blocks->list[i].edge_count;
            at = i;
        }
    assert_true(most > 4);
    for (uint32_t e = 0; e < most; e++) {
        uint32_t to = blocks->edges[blocks->list[at].first_edge + e], up = to;

        while (up != BLOCK_NONE && up != blocks->list[at].dominator)
            up = blocks->list[up].dominator;
        assert_int_equal(up, blocks->list[at].dominator);
    }
    assert_int_not_equal(blocks->list[at].dominator, BLOCK_NONE);
    blocks_free(blocks);
}

/* Calls are followed: main is what the reset handler goes to, and calls others. */
static void test_calls(void **state)
{
    struct blocks *blocks = need_blocks("pump-fixed-an385");
    const struct block_function *entry =
        &blocks->functions[function_named(blocks, "main")];
    unsigned callers = 0, calls = 0;

    (void)state;
    for (uint32_t i = 0; i < blocks->count; i++)
        callers += blocks->list[i].calls == entry->first_block;
    for (uint32_t i = 0; i < entry->block_count; i++)
        calls += blocks->list[entry->first_block + i].calls != BLOCK_NONE;
    assert_int_equal(callers, 1);
    assert_true(calls > 2);
    blocks_free(blocks);
}

static void load_image(struct buffer *bytes)
{
    struct error error = {""};
    char path[512];

    path_of("sensor-defective-an385", path);
    if (file_load(path, 1 << 20, bytes, &error) < 0)
        fail_msg("%s", error.text);
}

/* A copy that ends where the file is said to end, so that an over-read is seen. */
static void try_image(struct view bytes)
{
    uint8_t *copy = malloc(bytes.length ? bytes.length : 1);
    struct error error = {""};
    struct blocks *blocks;

    assert_non_null(copy);
    if (bytes.length)
        memcpy(copy, bytes.data, bytes.length);
    blocks = blocks_parse((struct view){copy, bytes.length}, &error);
    assert_true(blocks || error.text[0]);
    if (blocks)
        assert_true(blocks->count > 0);
    blocks_free(blocks);
    free(copy);
}

static void test_truncated(void **state)
{
    struct buffer bytes;

    (void)state;
    load_image(&bytes);
    for (size_t length = 0; length < bytes.length; length += length < 64 ? 1 : 997)
        try_image(view_slice(buffer_view(&bytes), 0, length));
    buffer_free(&bytes);
}

static uint32_t pick(uint64_t *seed, uint32_t limit)
{
    *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(*seed >> 33) % limit;
}

/* Bytes changed at random, half of them in what describes the file: its head, and the
 * tables of sections and symbols, which are at its end. */
static void test_damaged(void **state)
{
    struct buffer bytes;
    uint64_t seed = 3;

    (void)state;
    load_image(&bytes);
    for (int round = 0; round < 300; round++) {
        uint8_t before[16];
        size_t place[16];

        for (int i = 0; i < 16; i++) {
            uint32_t whole = (uint32_t)bytes.length, near = 8192;

            place[i] = i % 4 == 0   ? pick(&seed, 52)
                       : i % 2 == 0 ? whole - 1 - pick(&seed, near)
                                    : pick(&seed, whole);
            if (round % 3) /* most keep the mark and class of an ELF file */
                place[i] = place[i] < 20 ? 4096 + place[i] : place[i];
            before[i] = bytes.data[place[i]];
            bytes.data[place[i]] = (uint8_t)pick(&seed, 256);
        }
        try_image(buffer_view(&bytes));
        for (int i = 15; i >= 0; i--)
            bytes.data[place[i]] = before[i];
    }
    buffer_free(&bytes);
}

static void test_refusals(void **state)
{
    struct error error = {""};

    (void)state;
    assert_null(blocks_load("/nonexistent/image.elf", &error));
    assert_non_null(strstr(error.text, "/nonexistent/image.elf"));
    assert_null(blocks_load("/proc/self/exe", &error));
    assert_non_null(strstr(error.text, "processor"));
    assert_null(blocks_parse(view_text("no ELF file, but long enough to be one with its "
                                       "head of fifty-two bytes"),
                             &error));
    assert_non_null(strstr(error.text, "not an ELF file"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_agrees_with_objdump),
        cmocka_unit_test(test_is_well_formed),
        cmocka_unit_test(test_jump_table),
        cmocka_unit_test(test_calls),
        cmocka_unit_test(test_truncated),
        cmocka_unit_test(test_damaged),
        cmocka_unit_test(test_refusals),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
