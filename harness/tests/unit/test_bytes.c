#include "core/bytes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void assert_text(const struct buffer *buffer, const char *text)
{
    assert_int_equal(buffer->length, strlen(text));
    assert_memory_equal(buffer->data, text, strlen(text));
}

static void test_a_buffer_keeps_its_ceiling(void **state)
{
    struct buffer buffer = buffer_make(5);

    (void)state;
    assert_int_equal(buffer_append(&buffer, view_text("abc")), 0);
    assert_int_equal(buffer_append(&buffer, view_text("def")), -1);
    assert_text(&buffer, "abc");
    assert_int_equal(buffer_append(&buffer, view_text("de")), 0);
    assert_int_equal(buffer_append_byte(&buffer, 'f'), -1);
    assert_int_equal(buffer_reserve(&buffer, SIZE_MAX), -1);
    assert_text(&buffer, "abcde");
    buffer_free(&buffer);
    assert_null(buffer.data);
}

static void test_insert_and_erase(void **state)
{
    struct buffer buffer = buffer_make(100);

    (void)state;
    assert_int_equal(buffer_append(&buffer, view_text("ad")), 0);
    assert_int_equal(buffer_insert(&buffer, 1, view_text("bc")), 0);
    assert_int_equal(buffer_insert(&buffer, 5, view_text("x")), -1);
    assert_text(&buffer, "abcd");
    buffer_erase(&buffer, 3, 99);
    buffer_erase(&buffer, 77, 1);
    assert_text(&buffer, "abc");
    buffer_drop_front(&buffer, 1);
    assert_text(&buffer, "bc");
    buffer_free(&buffer);
}

static void test_slices_are_clipped(void **state)
{
    struct view view = view_text("abcdef");

    (void)state;
    assert_true(view_equal(view_slice(view, 2, 2), view_text("cd")));
    assert_true(view_equal(view_slice(view, 4, 99), view_text("ef")));
    assert_int_equal(view_slice(view, 99, 1).length, 0);
    assert_int_equal(view_slice((struct view){NULL, 0}, 1, 1).length, 0);
}

static void test_integers(void **state)
{
    uint8_t data[8] = {0};

    (void)state;
    bytes_write_be(data, 3, 0x010203);
    assert_memory_equal(data, "\1\2\3\0", 4);
    assert_true(bytes_read_be(data, 3) == 0x010203);
    assert_true(bytes_read_le(data, 3) == 0x030201);
    bytes_write_le(data, 8, UINT64_C(0x0807060504030201));
    assert_true(bytes_read_le(data, 8) == UINT64_C(0x0807060504030201));
    assert_int_equal(data[7], 8);
}

static void test_hex(void **state)
{
    struct buffer buffer = buffer_make(100);
    char text[6];

    (void)state;
    assert_int_equal(bytes_from_hex(&buffer, "0a 0B ff"), 0);
    bytes_to_hex(buffer_view(&buffer), text, sizeof text);
    assert_string_equal(text, "0a0b");
    assert_int_equal(bytes_from_hex(&buffer, "0a 1"), -1);
    assert_int_equal(bytes_from_hex(&buffer, "0 a"), -1);
    assert_int_equal(bytes_from_hex(&buffer, "zz"), -1);
    buffer_free(&buffer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_buffer_keeps_its_ceiling),
        cmocka_unit_test(test_insert_and_erase),
        cmocka_unit_test(test_slices_are_clipped),
        cmocka_unit_test(test_integers),
        cmocka_unit_test(test_hex),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
