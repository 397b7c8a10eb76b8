/* Sanitizers' reports, as GCC 12 and Clang 14 print them, shortened. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "device/sanitizer.h"

#include <stdlib.h>
#include <string.h>

static const char overflow[] =
    "=================================================================\n"
    "==1234==ERROR: AddressSanitizer: heap-buffer-overflow on address 0x60200051 at pc "
    "0x7f0 bp 0x7ffd sp 0x7ffc\n"
    "WRITE of size 2 at 0x602000000051 thread T0\n"
    "    #0 0x7f1 in __interceptor_memcpy ../../../../src/libsanitizer/x.inc:827\n"
    "    #1 0x7f1 in modbus_reply /src/modbus.c:812\n"
    "    #2 0x7f2 in serve /src/server.c:80:5\n"
    "    #3 0x7f3 in main /src/server.c:200\n"
    "    #4 0x7f4 in __libc_start_main_impl ../csu/libc-start.c:360\n"
    "\n"
    "0x602000000051 is located 0 bytes to the right of 1-byte region\n"
    "allocated by thread T0 here:\n"
    "    #0 0x7f5 in __interceptor_malloc ../../../../src/libsanitizer/y.cpp:69\n"
    "    #1 0x7f6 in mapping_new /src/server.c:60\n"
    "\n"
    "SUMMARY: AddressSanitizer: heap-buffer-overflow /src/modbus.c:812 in modbus_reply\n";

static void expect(const char *text, const char *title, const char *cause)
{
    struct fault fault;
    size_t offset = 0;

    assert_true(sanitizer_next(view_text(text), &offset, &fault));
    assert_int_equal(fault.kind, FAULT_SANITIZER);
    assert_string_equal(fault.title, title);
    assert_string_equal(fault.cause, cause);
    assert_false(sanitizer_next(view_text(text), &offset, &fault));
}

static void test_address(void **state)
{
    (void)state;
    expect(overflow, "heap-buffer-overflow WRITE in modbus_reply",
           "heap-buffer-overflow WRITE modbus_reply serve main");
    expect("==9==ERROR: AddressSanitizer: SEGV on unknown address 0x0000 (pc 0x55 T0)\n"
           "==9==The signal is caused by a READ memory access.\n"
           "    #0 0x55 in pick(unsigned int) /src/a.cc:3\n",
           "SEGV READ in pick", "SEGV READ pick");
    expect("==9==ERROR: AddressSanitizer: attempting double-free on 0x60 in thread T0:\n"
           "    #0 0x55 in free (/usr/lib/libasan.so.8+0xb)\n"
           "    #1 0x55  (/usr/lib/libdevice.so.1+0x12ab)\n",
           "double-free in libdevice.so.1+0x12ab", "double-free libdevice.so.1+0x12ab");
    expect("==9==ERROR: AddressSanitizer: negative-size-param: (size=-4)\n",
           "negative-size-param", "negative-size-param");
    expect("==9==ERROR: AddressSanitizer: stack-overflow on address 0x7ff (pc 0x1)\n",
           "stack-overflow", "stack-overflow");
}

static void test_others(void **state)
{
    (void)state;
    expect("==9==WARNING: MemorySanitizer: use-of-uninitialized-value\n"
           "    #0 0x1 in main /a.c:1\n",
           "use-of-uninitialized-value in main", "use-of-uninitialized-value main");
    expect("WARNING: ThreadSanitizer: data race (pid=12)\n"
           "  Write of size 4 at 0x1 by thread T1:\n"
           "    #0 count /src/a.c:5 (a+0x1)\n",
           "data race WRITE in count", "data race WRITE count");
    expect("==9==ERROR: LeakSanitizer: detected memory leaks\n", "memory-leak",
           "memory-leak");
}

static void test_undefined(void **state)
{
    (void)state;
    expect("/src/pump.c:12:5: runtime error: signed integer overflow: 2147483647 + 1 "
           "cannot be represented in type 'int'\n",
           "signed integer overflow in pump.c:12", "signed integer overflow pump.c:12");
    expect("pump.c:7:1: runtime error: index 77 out of bounds for type 'char [8]'\n",
           "index N out of bounds for type 'char [N]' in pump.c:7",
           "index N out of bounds for type 'char [N]' pump.c:7");
    expect("p.c:7:1: runtime error: load of misaligned address 0x7ffe12 for type 'int'\n"
           "    #0 0x55 in take /src/p.c:7\n",
           "load of misaligned address N for type 'int' in take",
           "load of misaligned address N for type 'int' p.c:7 take");
}

static void test_each_of_several(void **state)
{
    char text[4096] = "ordinary words\n";
    struct fault fault;
    size_t offset = 0;

    (void)state;
    strcat(text, "a.c:1:1: runtime error: first\n");
    strcat(text, overflow);
    assert_true(sanitizer_next(view_text(text), &offset, &fault));
    assert_string_equal(fault.cause, "first a.c:1");
    assert_int_equal(fault.detail_offset, strlen("ordinary words\n"));
    assert_true(sanitizer_next(view_text(text), &offset, &fault));
    assert_non_null(strstr(fault.title, "heap-buffer-overflow"));
    assert_int_equal(fault.detail_offset + fault.detail_length, strlen(text));
    assert_false(sanitizer_next(view_text(text), &offset, &fault));
}

/* The device writes what it likes: every prefix, in a block of exactly its size. */
static void test_every_prefix(void **state)
{
    (void)state;
    for (size_t length = 0; length <= strlen(overflow); length++) {
        uint8_t *copy = malloc(length + !length);
        struct fault fault;
        size_t offset = 0;

        assert_non_null(copy);
        memcpy(copy, overflow, length);
        while (sanitizer_next((struct view){copy, length}, &offset, &fault))
            assert_true(fault.detail_offset + fault.detail_length <= length);
        free(copy);
    }
}

static void test_long_and_odd_text(void **state)
{
    static char text[20000];
    struct fault fault;
    size_t offset = 0;

    (void)state;
    memset(text, 'A', sizeof text - 1);
    memcpy(text, "==1==ERROR: AddressSanitizer: ", 30);
    memcpy(text + 5000, "\nWRITE of size\n    #0 0x1 in ", 29);
    text[9000] = '\n';
    assert_true(sanitizer_next(view_text(text), &offset, &fault));
    assert_true(strlen(fault.cause) < sizeof fault.cause);
    assert_int_equal(sanitizer_line("AddressSanitizer:DEADLYSIGNAL"), SANITIZER_OTHER);
    assert_int_equal(sanitizer_line("ERROR: x: y"), SANITIZER_OTHER);
    assert_int_equal(sanitizer_line("ERROR: "), SANITIZER_OTHER);
    assert_int_equal(sanitizer_line(": runtime error: "), SANITIZER_NOTE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_address),      cmocka_unit_test(test_others),
        cmocka_unit_test(test_undefined),    cmocka_unit_test(test_each_of_several),
        cmocka_unit_test(test_every_prefix), cmocka_unit_test(test_long_and_odd_text),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
