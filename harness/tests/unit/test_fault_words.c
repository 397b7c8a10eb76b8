/* Faults in words, from registers alone: what they say, what they do not, and nonsense.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "device/fault_words.h"

#include <string.h>

static void expect(const char *what, const char *line, const char *title)
{
    struct fault_state state = {.known = 0};
    struct program program = {.symbols = NULL};
    struct fault fault;

    memset(&fault, 0, sizeof fault);
    fault_state_read(&state, line);
    fault_words(&fault, FAULT_GUEST, what, &state, &program);
    assert_string_equal(fault.title, title);
    assert_string_equal(fault.cause, what);
    assert_string_equal(fault.place, "");
}

static void test_titles(void **state)
{
    static const struct {
        const char *what, *line, *title;
    } table[] = {
        {"BusFault", "cfsr=0x00008200 bfar=0xa0000c9e mmfar=0",
         "BusFault, precise, at 0xa0000c9e"},
        {"BusFault", "cfsr=0x00000200 bfar=0xa0000c9e", "BusFault, precise"},
        {"BusFault", "cfsr=0x00000400", "BusFault, imprecise"},
        {"BusFault", "cfsr=0x00001000", "BusFault, stacking on entry to an exception"},
        {"MemManage", "cfsr=82 mmfar=4 bfar=8", "MemManage, data access, at 0x00000004"},
        {"HardFault", "cfsr=0x8200 bfar=10 hfsr=0x40000000",
         "HardFault, BusFault precise, at 0x00000010"},
        {"HardFault", "hfsr=0x2", "HardFault, reading the vector table"},
        {"UsageFault", "cfsr=0x20000 xpsr=0x0",
         "UsageFault, invalid state (no Thumb code), in thread mode"},
        {"UsageFault", "cfsr=0x2000000 xpsr=0x6100000f",
         "UsageFault, division by zero, in SysTick"},
        {"UsageFault", "cfsr=0x1000000 xpsr=0x01000018",
         "UsageFault, unaligned access, in interrupt 8"},
        {"X", "epc=12 pc= cfsr=zz bfar", "X"},
        {"X", "", "X"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        expect(table[i].what, table[i].line, table[i].title);
}

/* What a device says may be anything: it is cut, and ends. */
static void test_nonsense_is_cut(void **state)
{
    struct fault_state registers = {.known = 0};
    struct program program = {.symbols = NULL};
    struct fault fault;
    char detail[1200], little[8];

    (void)state;
    memset(&fault, 0, sizeof fault);
    for (int i = 0; i < FAULT_REGISTERS; i++)
        fault_state_set(&registers, (enum fault_register)i, UINT64_MAX);
    fault_words(&fault, FAULT_GUEST, "BusFault", &registers, &program);
    assert_int_equal(strlen(fault.title), sizeof fault.title - 1);
    fault_words_detail(&registers, &program, detail, sizeof detail);
    assert_non_null(strstr(detail, "DIVBYZERO (UsageFault: division by zero)"));
    assert_non_null(strstr(detail, "FORCED (HardFault: escalated)"));
    fault_words_detail(&registers, &program, little, sizeof little);
    assert_int_equal(strlen(little), sizeof little - 1);
}

static void test_exceptions(void **state)
{
    struct program program = {.symbols = NULL};
    char text[64];

    (void)state;
    fault_exception(&program, 0, text, sizeof text);
    assert_string_equal(text, "");
    fault_exception(&program, 5, text, sizeof text);
    assert_string_equal(text, "BusFault");
    fault_exception(&program, 9, text, sizeof text);
    assert_string_equal(text, "exception 9");
    fault_exception(&program, 0x1ff, text, sizeof text);
    assert_string_equal(text, "interrupt 495");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_titles),
        cmocka_unit_test(test_nonsense_is_cut),
        cmocka_unit_test(test_exceptions),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
