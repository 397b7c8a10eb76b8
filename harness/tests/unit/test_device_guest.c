/* What a board's console, resets and last words become. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "device/guest.h"

#include <elf.h>
#include <stdlib.h>
#include <string.h>

#define BANNER "pump 1.2 fixed reset=software\n"

struct bench {
    struct yaml_document *document;
    struct guest guest;
    struct observation seen;
    struct error error;
};

/* An ARM ELF file with the functions write_label at 0x100 (Thumb, 0x20 bytes) and
 * memcpy.isra.0 at 0x200 (0x10 bytes). */
struct image {
    Elf32_Ehdr head;
    Elf32_Shdr sections[3];
    Elf32_Sym symbols[3];
    char names[32];
};

static struct image make_image(void)
{
    struct image image = {.names = "\0write_label\0memcpy.isra.0"};

    memcpy(image.head.e_ident,
           "\x7f"
           "ELF\1\1\1",
           7);
    image.head.e_machine = EM_ARM;
    image.head.e_shoff = offsetof(struct image, sections);
    image.head.e_shentsize = sizeof(Elf32_Shdr);
    image.head.e_shnum = 3;
    image.sections[1] = (Elf32_Shdr){.sh_type = SHT_SYMTAB,
                                     .sh_offset = offsetof(struct image, symbols),
                                     .sh_size = sizeof image.symbols,
                                     .sh_link = 2,
                                     .sh_entsize = sizeof(Elf32_Sym)};
    image.sections[2] = (Elf32_Shdr){.sh_type = SHT_STRTAB,
                                     .sh_offset = offsetof(struct image, names),
                                     .sh_size = sizeof image.names};
    image.symbols[1] = (Elf32_Sym){1, 0x101, 0x20, STT_FUNC, 0, 1};
    image.symbols[2] = (Elf32_Sym){13, 0x201, 0x10, STT_FUNC, 0, 1};
    return image;
}

static struct symbols *parse_image(const struct image *image, size_t length)
{
    return symbols_parse((struct view){(const uint8_t *)image, length}, NULL);
}

static int set_up(void **state)
{
    static const char settings[] = "boot: '^pump .* reset=([a-z-]+)'\n"
                                   "fault: '^FAULT ([A-Za-z]+)'\n"
                                   "reset: '^(WATCHDOG)'\n"
                                   "memory: '^holds memory=([^ ]*)'\n"
                                   "handles: 'handles=([^ ]*)'\n"
                                   "place: '^pc : ([a-z_]+)'\n";
    static struct bench bench;
    struct image image = make_image();

    memset(&bench, 0, sizeof bench);
    bench.document = yaml_parse("campaign.yaml", view_text(settings), &bench.error);
    assert_non_null(bench.document);
    assert_int_equal(
        guest_configure(&bench.guest, yaml_root(bench.document), &bench.error), 0);
    bench.guest.symbols = parse_image(&image, sizeof image);
    assert_non_null(bench.guest.symbols);
    observation_init(&bench.seen);
    *state = &bench;
    return 0;
}

static int tear_down(void **state)
{
    struct bench *bench = *state;

    guest_free(&bench->guest);
    observation_free(&bench->seen);
    yaml_close(bench->document);
    return 0;
}

static void hear(struct bench *bench, const char *text)
{
    guest_hear(&bench->guest, view_text(text), &bench->seen);
}

static void expect(const struct bench *bench, enum fault_kind kind, const char *title,
                   const char *cause)
{
    assert_int_equal(bench->seen.fault_count, 1);
    assert_int_equal(bench->seen.faults[0].kind, kind);
    assert_string_equal(bench->seen.faults[0].title, title);
    assert_string_equal(bench->seen.faults[0].cause, cause);
    assert_false(bench->guest.failing);
}

static void test_fault_and_its_reset_are_one(void **state)
{
    static const char report[] = "FAULT HardFault pc=0x00000108 lr=0x00000000\n"
                                 "  pc 0x00000108: write_label\n";
    struct bench *bench = *state;

    hear(bench, "state ready -> infusing\nFAULT HardFault pc=0x000");
    assert_false(bench->guest.failing); /* the line is not whole */
    hear(bench, "00108 lr=0x00000000\n");
    assert_true(bench->guest.failing);
    assert_int_equal(bench->seen.fault_count, 0);
    guest_note_reset(&bench->guest, &bench->seen);
    hear(bench, BANNER "later\n");
    expect(bench, FAULT_GUEST, "HardFault in write_label", "HardFault write_label");
    assert_true(bench->seen.restarted);
    assert_memory_equal(bench->seen.text.data + bench->seen.faults[0].detail_offset,
                        report, strlen(report));
    assert_int_equal(bench->seen.faults[0].detail_length,
                     strlen(report) + strlen(BANNER));
}

static void test_titles(void **state)
{
    static const struct {
        const char *line, *title, *cause;
    } known[] = {
        {"FAULT UsageFault pc=0x00000000 lr=0x00000111\n",
         "UsageFault at bad pc called from write_label", "bad-pc write_label"},
        {"FAULT BusFault pc=0x00000204 lr=0x00000111\n",
         "BusFault in memcpy called from write_label", "BusFault memcpy write_label"},
        {"FAULT HardFault pc=0xfffffff0 lr=0xfffffff9\n", "HardFault", "HardFault"},
        {"FAULT HardFault\n", "HardFault", "HardFault"},
        {"FAULT HardFault pc=zz lr=\n", "HardFault", "HardFault"},
        {"FAULT X pc=0x0000011f\n", "X in write_label", "X write_label"},
        {"FAULT X pc=0x00000120\n", "X", "X"},
    };
    struct bench *bench = *state;

    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        observation_clear(&bench->seen);
        guest_forget(&bench->guest);
        hear(bench, known[i].line);
        guest_conclude(&bench->guest, &bench->seen);
        expect(bench, FAULT_GUEST, known[i].title, known[i].cause);
        assert_false(bench->seen.restarted);
    }
}

static void test_fault_in_the_fault_handler(void **state)
{
    struct bench *bench = *state;

    hear(bench, "FAULT HardFault pc=0x00000108 lr=0x0\nFAULT MemManage pc=0x00000204\n");
    guest_end(&bench->guest, "killed by SIGABRT", view_text("qemu: fatal: Lockup: x\n"),
              &bench->seen);
    expect(bench, FAULT_GUEST, "HardFault in write_label", "HardFault write_label");
}

static void test_two_failures_in_one_look(void **state)
{
    struct bench *bench = *state;

    guest_note_reset(&bench->guest, &bench->seen);
    guest_note_reset(&bench->guest, &bench->seen);
    hear(bench, "FAULT HardFault pc=0x00000108 lr=0x0\n" BANNER
                "FAULT HardFault pc=0x00000204 lr=0x0\n" BANNER);
    assert_int_equal(bench->seen.fault_count, 2);
    assert_string_equal(bench->seen.faults[0].cause, "HardFault write_label");
    assert_string_equal(bench->seen.faults[1].cause, "HardFault memcpy");
    assert_false(bench->guest.failing);
}

static void test_watchdog(void **state)
{
    struct bench *bench = *state;

    hear(bench, "WATCHDOG pc=0x00000110 lr=0x00000204\n");
    assert_true(bench->guest.failing);
    guest_note_reset(&bench->guest, &bench->seen);
    hear(bench, "pump 1.2 fixed reset=watchdog\n");
    expect(bench, FAULT_RESET, "watchdog reset in write_label", "watchdog reset");
    assert_true(bench->seen.restarted);
}

static void test_unannounced_reset(void **state)
{
    struct bench *bench = *state;

    guest_note_reset(&bench->guest, &bench->seen);
    assert_true(bench->guest.failing);
    hear(bench, "pump 1.2 fixed reset=power-on\n");
    expect(bench, FAULT_RESET, "unexpected reset (power-on)", "reset power-on");
    /* A banner without a reset event: the firmware jumped to its start. */
    observation_clear(&bench->seen);
    hear(bench, BANNER);
    expect(bench, FAULT_RESET, "unexpected reset (software)", "reset software");
    assert_true(bench->seen.restarted);
    /* A reset whose banner never comes. */
    observation_clear(&bench->seen);
    guest_note_reset(&bench->guest, &bench->seen);
    guest_conclude(&bench->guest, &bench->seen);
    expect(bench, FAULT_RESET, "unexpected reset", "reset");
}

static void test_lockup(void **state)
{
    static const char words[] =
        "qemu: fatal: Lockup: can't escalate 3 to HardFault (current priority -1)\n\n"
        "R00=dead0001 R01=00000000 R02=00000000 R03=00000000\n"
        "R12=00000000 R13=20003fe0 R14=fffffff9 R15=00000110\n";
    struct bench *bench = *state;

    guest_end(&bench->guest, "killed by SIGABRT", view_text(words), &bench->seen);
    expect(bench, FAULT_LOCKUP, "lockup in write_label", "lockup write_label");
    observation_clear(&bench->seen);
    guest_end(&bench->guest, "killed by SIGABRT", view_text("qemu: fatal: Lockup: x"),
              &bench->seen);
    guest_end(&bench->guest, "killed by SIGABRT", view_text("qemu: fatal: Lockup: x\n"),
              &bench->seen);
    assert_string_equal(bench->seen.faults[1].cause, "lockup");
}

static void test_other_ends(void **state)
{
    struct bench *bench = *state;

    guest_end(&bench->guest, "exit status 1", view_text("qemu: could not open\n"),
              &bench->seen);
    expect(bench, FAULT_EXIT, "the emulator ended (exit status 1): qemu: could not open",
           "emulator exit status 1");
    observation_clear(&bench->seen);
    guest_end(&bench->guest, "exit status 0", view_text(""), &bench->seen);
    expect(bench, FAULT_EXIT, "the emulator ended (exit status 0)",
           "emulator exit status 0");
}

static void test_noise_is_harmless(void **state)
{
    struct bench *bench = *state;
    static uint8_t noise[100000];

    for (size_t i = 0; i < sizeof noise; i++)
        noise[i] = (uint8_t)(i * 2654435761u >> 11);
    for (int i = 0; i < 20; i++)
        guest_hear(&bench->guest, (struct view){noise, sizeof noise}, &bench->seen);
    assert_int_equal(bench->seen.fault_count, 0);
    assert_true(bench->seen.text.length <= bench->seen.text.maximum);
    hear(bench, "\nFAULT HardFault pc=0x00000108\n"); /* the text is full by now */
    guest_conclude(&bench->guest, &bench->seen);
    expect(bench, FAULT_GUEST, "HardFault in write_label", "HardFault write_label");
    assert_true(bench->seen.faults[0].detail_offset +
                    bench->seen.faults[0].detail_length <=
                bench->seen.text.length);
}

/* The trap tells of a fault that nothing else reports; the console's words count more. */
static void test_trap(void **state)
{
    struct bench *bench = *state;

    guest_trap(&bench->guest, "write_label", "last blocks: write_label", &bench->seen);
    assert_true(bench->guest.failing);
    hear(bench, "FAULT BusFault pc=0x00000204 lr=0x00000000\n");
    guest_note_reset(&bench->guest, &bench->seen);
    hear(bench, BANNER);
    assert_int_equal(bench->seen.fault_count, 1);
    assert_non_null(strstr(bench->seen.faults[0].cause, "BusFault"));
    assert_memory_equal(bench->seen.text.data + bench->seen.faults[0].detail_offset,
                        "last blocks: write_label\n", 25);
    observation_clear(&bench->seen);
    guest_trap(&bench->guest, "write_label", "last blocks: write_label", &bench->seen);
    guest_note_reset(&bench->guest, &bench->seen);
    hear(bench, BANNER);
    expect(bench, FAULT_GUEST, "fault in write_label", "fault write_label");
    observation_clear(&bench->seen);
    guest_trap(&bench->guest, "", "last blocks:", &bench->seen);
    guest_conclude(&bench->guest, &bench->seen);
    expect(bench, FAULT_GUEST, "fault", "fault");
}

static void test_symbols(void **state)
{
    static const char *const names[] = {"memcpy.isra.0", NULL}, *const absent[] = {"x",
                                                                                   NULL};
    struct bench *bench = *state;
    uint64_t offset = 0;

    assert_string_equal(symbols_find(bench->guest.symbols, 0x105, &offset),
                        "write_label");
    assert_int_equal(offset, 5);
    assert_null(symbols_find(bench->guest.symbols, 0xff, NULL));
    assert_null(symbols_find(bench->guest.symbols, 0x120, NULL));
    assert_null(symbols_find(bench->guest.symbols, UINT64_MAX, NULL));
    assert_null(symbols_find(NULL, 0, NULL));
    assert_true(symbols_mention(bench->guest.symbols, names));
    assert_false(symbols_mention(bench->guest.symbols, absent));
}

/* Cut short and damaged: every prefix and every byte set to 255. */
static void test_damaged_images(void **state)
{
    const struct image whole = make_image();

    (void)state;
    for (size_t length = 0; length <= sizeof whole; length++) {
        uint8_t *copy = malloc(length + !length);
        struct symbols *symbols;

        assert_non_null(copy);
        memcpy(copy, &whole, length);
        symbols = parse_image((const struct image *)(void *)copy, length);
        symbols_find(symbols, 0x108, NULL);
        if (symbols)
            symbols_lowest(symbols);
        symbols_free(symbols);
        free(copy);
    }
    for (size_t at = 0; at < sizeof whole; at++) {
        struct image damaged = whole;
        struct symbols *symbols;

        ((uint8_t *)&damaged)[at] = 255;
        symbols = parse_image(&damaged, sizeof damaged);
        symbols_find(symbols, 0x108, NULL);
        if (symbols)
            symbols_lowest(symbols);
        symbols_free(symbols);
    }
}

static void expect_holds(const struct bench *bench, int64_t memory_kib, int64_t handles)
{
    assert_int_equal(bench->guest.holds.memory_kib, memory_kib);
    assert_int_equal(bench->guest.holds.handles, handles);
}

static void test_what_it_holds_is_what_it_said_last(void **state)
{
    struct bench *bench = *state;

    expect_holds(bench, -1, -1);
    hear(bench, "holds memory=452\n");
    expect_holds(bench, 452, -1);
    hear(bench, "holds memory=468 handles=7\nholds memory=47");
    expect_holds(bench, 468, 7);
    hear(bench, "\nholds memory= handles=-3\nholds memory=1x handles=\n"
                "holds memory=99999999999999999999 handles=+4\n");
    expect_holds(bench, 47, 7);
    assert_int_equal(bench->seen.fault_count, 0);
    guest_note_reset(&bench->guest, &bench->seen);
    expect_holds(bench, -1, -1);
}

/* An oops says where in a line of its own; only the first one counts, and only of a
 * fault. */
static void test_place_in_a_line_of_its_own(void **state)
{
    struct bench *bench = *state;

    hear(bench, "pc : idle+0x1/0x2\n");
    assert_false(bench->guest.failing);
    hear(bench, "FAULT Oops\npc : relay_switch+0x28/0x50\npc : other+0x1/0x2\n");
    guest_note_reset(&bench->guest, &bench->seen);
    hear(bench, BANNER);
    expect(bench, FAULT_GUEST, "Oops in relay_switch", "Oops relay_switch");
    assert_string_equal(bench->seen.faults[0].place, "relay_switch");
}

int main(void)
{
#define BENCH(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        BENCH(test_fault_and_its_reset_are_one),
        BENCH(test_titles),
        BENCH(test_fault_in_the_fault_handler),
        BENCH(test_two_failures_in_one_look),
        BENCH(test_watchdog),
        BENCH(test_unannounced_reset),
        BENCH(test_lockup),
        BENCH(test_other_ends),
        BENCH(test_noise_is_harmless),
        BENCH(test_trap),
        BENCH(test_symbols),
        BENCH(test_place_in_a_line_of_its_own),
        BENCH(test_what_it_holds_is_what_it_said_last),
        cmocka_unit_test(test_damaged_images),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
