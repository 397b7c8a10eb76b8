/* Messages behind their lengths, however the bytes arrive. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/prefixed.h"

#include <string.h>

static const uint8_t stream[] = {0, 0, 0, 3, 'a', 'b', 'c', 0, 0, 0,   0,
                                 0, 0, 0, 1, 'd', 0,   0,   0, 2, 'e', 'f'};

/* At most `step` bytes at a time, never more than are wanted. */
static void read_in_steps(size_t step)
{
    static const char *const messages[] = {"abc", "d", "ef"};
    static struct prefixed in;
    size_t found = 0;

    in.held = 0;
    for (size_t at = 0; at < sizeof stream;) {
        size_t wanted;
        uint8_t *room = prefixed_room(&in, &wanted);
        ssize_t length;

        assert_true(wanted > 0);
        if (wanted > step)
            wanted = step;
        assert_true(wanted <= sizeof stream - at);
        memcpy(room, stream + at, wanted);
        at += wanted;
        length = prefixed_add(&in, wanted);
        assert_true(length >= 0);
        if (!length)
            continue;
        assert_int_equal(length, strlen(messages[found]));
        assert_memory_equal(in.bytes + PREFIXED_HEAD, messages[found], (size_t)length);
        found++;
    }
    assert_int_equal(found, 3);
    assert_int_equal(in.held, 0);
}

static void messages_come_in_any_pieces(void **state)
{
    (void)state;
    for (size_t step = 1; step <= sizeof stream; step++)
        read_in_steps(step);
}

/* Whatever the length says, no more is read than there is room for. */
static void lengths_that_none_has_are_refused(void **state)
{
    static const uint8_t heads[][PREFIXED_HEAD] = {
        {0, 1, 0, 1}, {0x7f, 0xff, 0xff, 0xff}, {0xff, 0xff, 0xff, 0xff}};
    static struct prefixed in;
    size_t wanted;

    (void)state;
    in.held = 0;
    for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++) {
        memcpy(prefixed_room(&in, &wanted), heads[i], PREFIXED_HEAD);
        assert_int_equal(wanted, PREFIXED_HEAD);
        assert_int_equal(prefixed_add(&in, PREFIXED_HEAD), -1);
    }
    memcpy(prefixed_room(&in, &wanted), (const uint8_t[]){0, 1, 0, 0}, PREFIXED_HEAD);
    assert_int_equal(prefixed_add(&in, PREFIXED_HEAD), 0);
    assert_ptr_equal(prefixed_room(&in, &wanted), in.bytes + PREFIXED_HEAD);
    assert_int_equal(wanted, PREFIXED_LARGEST);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_come_in_any_pieces),
        cmocka_unit_test(lengths_that_none_has_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
