/* Patterns on the console: what is read, what is refused, what is found in which words.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/console.h"

#include <stdio.h>
#include <string.h>

struct world {
    struct yaml_document *document;
    struct console console;
    struct lines lines;
    struct observation seen;
    struct error error;
};

static int read_console(struct world *world, const char *text)
{
    world->document = yaml_parse("campaign.yaml", view_text(text), &world->error);
    if (!world->document)
        fail_msg("%s", world->error.text);
    return console_read(&world->console, yaml_root(world->document), &world->error);
}

static void world_make(struct world *world, const char *text)
{
    memset(world, 0, sizeof *world);
    observation_init(&world->seen);
    if (read_console(world, text) < 0)
        fail_msg("%s", world->error.text);
}

static void world_free(struct world *world)
{
    console_free(&world->console);
    observation_free(&world->seen);
    yaml_close(world->document);
}

/* The device says it; returns how many faults there are then. */
static size_t hear(struct world *world, const char *text)
{
    size_t from = observation_append(&world->seen, view_text(text));

    console_scan(&world->console, &world->lines, from, &world->seen);
    return world->seen.fault_count;
}

#define PANIC                                                        \
    "console:\n  suspect:\n  - {id: panic, pattern: 'panic: [^;]*'," \
    " example: 'panic: at 12'}\n  banner: '^boot'\n"

static void a_line_is_found_in_any_pieces(void **state)
{
    struct world world;

    (void)state;
    world_make(&world, PANIC);
    assert_int_equal(hear(&world, "all is well\npan"), 0);
    observation_clear(&world.seen);
    assert_int_equal(hear(&world, "ic: queue full"), 0);
    assert_int_equal(hear(&world, "; bye\nmore\n"), 1);
    assert_int_equal(world.seen.faults[0].kind, FAULT_CONSOLE);
    assert_string_equal(world.seen.faults[0].cause, "panic: panic: queue full");
    assert_string_equal(world.seen.faults[0].title, "panic: panic: queue full; bye");
    world_free(&world);
}

static void causes_have_no_values(void **state)
{
    struct world world;

    (void)state;
    world_make(&world, PANIC);
    assert_int_equal(hear(&world, "panic: 0x20a1 in f7, line 31\n"), 1);
    assert_string_equal(world.seen.faults[0].cause, "panic: panic: # in #, line #");
    /* The same with other values is the same. */
    assert_int_equal(hear(&world, "panic: 0x77 in f8, line 5\n"), 1);
    assert_int_equal(hear(&world, "panic: other\n"), 2);
    world_free(&world);
}

static void a_banner_is_a_start(void **state)
{
    struct world world;

    (void)state;
    world_make(&world, PANIC);
    assert_int_equal(hear(&world, "no boot\nboot 1.0\n"), 1);
    assert_int_equal(world.seen.faults[0].kind, FAULT_BANNER);
    assert_string_equal(world.seen.faults[0].cause, "banner: boot");
    world_free(&world);
}

static void any_bytes_are_looked_at(void **state)
{
    struct world world;
    char line[5000];

    (void)state;
    world_make(&world, PANIC);
    memset(line, 'x', sizeof line);
    memcpy(line, "panic: ", 7);
    line[sizeof line - 2] = '\n';
    line[sizeof line - 1] = '\0';
    assert_int_equal(hear(&world, line), 1);
    assert_true(strlen(world.seen.faults[0].cause) < sizeof world.seen.faults[0].cause);
    for (int byte = 1; byte < 256; byte++) {
        snprintf(line, sizeof line, "panic: %c%c\n", byte, byte);
        hear(&world, line);
    }
    assert_true(world.seen.fault_count <= OBSERVATION_FAULTS);
    world_free(&world);
}

static void slips_are_refused(void **state)
{
    static const struct {
        const char *text, *has, *and_has;
    } slips[] = {
        {"console: {suspekt: []}\n", "suspekt", "not known here"},
        {"console: {suspect: {id: a}}\n", "'suspect'", "a list"},
        {"console: {banner: '('}\n", "'banner'", "regular expression"},
        {"console: {suspect: [{id: a, pattern: b}]}\n", "'example'", "missing"},
        {"console: {suspect: [{id: a, pattern: b, example: c}]}\n", "'example'",
         "a line that the pattern matches"},
        {"console: {suspect: [{pattern: b, example: b}]}\n", "'id'", "missing"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof slips / sizeof slips[0]; i++) {
        struct world world = {0};

        assert_int_equal(read_console(&world, slips[i].text), -1);
        if (!strstr(world.error.text, slips[i].has) ||
            !strstr(world.error.text, slips[i].and_has))
            fail_msg("%s: %s", slips[i].text, world.error.text);
        world_free(&world);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_is_found_in_any_pieces),
        cmocka_unit_test(causes_have_no_values),
        cmocka_unit_test(a_banner_is_a_start),
        cmocka_unit_test(any_bytes_are_looked_at),
        cmocka_unit_test(slips_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
