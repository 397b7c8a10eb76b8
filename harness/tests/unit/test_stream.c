/* Segments of TCP put into order, with and without somebody who listens. */
#include "record/stream.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void assert_stream(struct stream *stream, const char *expected)
{
    struct stream plain;
    struct hash hash = stream_end(stream), right;

    stream_start(&plain, 0, NULL);
    stream_add(&plain, 0, view_text(expected), 0);
    right = stream_end(&plain);
    assert_int_equal(stream->length, strlen(expected));
    assert_memory_equal(&hash, &right, sizeof hash);
}

static void test_stream_order(void **state)
{
    struct stream stream;

    (void)state;
    stream_start(&stream, 0, NULL);
    stream_synchronise(&stream, UINT32_MAX - 1); /* the number runs over inside */
    stream_add(&stream, 3, view_text("fgh"), 0); /* early */
    stream_add(&stream, UINT32_MAX - 1, view_text("ab"), 0);
    stream_add(&stream, UINT32_MAX - 1, view_text("abc"), 0); /* again, with more */
    stream_add(&stream, 2, view_text("ef"), 0);               /* early, overlaps */
    stream_add(&stream, 0, view_text("cde"), 0);
    stream_add(&stream, 0, view_text("cde"), 0);
    assert_stream(&stream, "abcdefgh");
    assert_false(stream.gap);
}

static void test_stream_gaps(void **state)
{
    struct stream stream;

    (void)state;
    stream_start(&stream, 0, NULL);
    stream_synchronise(&stream, 100);
    stream_add(&stream, 100, view_text("ab"), 0);
    stream_add(&stream, 103, view_text("d"), 0);
    assert_stream(&stream, "ab");
    assert_true(stream.gap); /* "c" never came */

    stream_start(&stream, 0, NULL);
    stream_synchronise(&stream, 100);
    stream_add(&stream, 100, view_text("ab"), 2); /* cut by the capture */
    stream_add(&stream, 104, view_text("e"), 0);
    assert_stream(&stream, "ab");
    assert_true(stream.gap);

    stream_start(&stream, 0, NULL);
    stream_add(&stream, 100, view_text("ab"), 0);
    assert_true(stream.middle); /* the start was not seen */
    for (uint32_t i = 0; i < 200; i++)
        stream_add(&stream, 1000 + i, view_text("x"), 0);
    assert_stream(&stream, "ab");
    assert_true(stream.gap); /* more out of order than it holds */
}

struct heard {
    char text[64];
    uint64_t lost, key, marks[8];
    size_t count;
    bool ended;
};

static void hear(void *context, uint64_t key, const struct stream_mark *mark,
                 struct view bytes, uint64_t lost)
{
    struct heard *heard = context;
    size_t used = strlen(heard->text);

    heard->key = key;
    heard->lost += lost;
    snprintf(heard->text + used, sizeof heard->text - used, "%s%.*s", lost ? "|" : "",
             (int)bytes.length, bytes.length ? (const char *)bytes.data : "");
    if (bytes.length && heard->count < 8)
        heard->marks[heard->count++] = mark->number;
}

static void hear_end(void *context, uint64_t key)
{
    struct heard *heard = context;

    (void)key;
    heard->ended = true;
}

static void add_marked(struct stream *stream, uint64_t number, uint32_t sequence,
                       const char *text, size_t missing)
{
    stream->mark.number = number;
    stream_add(stream, sequence, view_text(text), missing);
}

/* With a sink the bytes come in order, each gap is told, and nothing ends at it. */
static void test_stream_sink(void **state)
{
    struct heard heard = {0};
    const struct stream_sink sink = {hear, hear_end, &heard};
    struct stream stream;

    (void)state;
    stream_start(&stream, 0, NULL);
    stream.sink = &sink;
    stream.key = 5;
    stream_synchronise(&stream, 100);
    add_marked(&stream, 1, 100, "ab", 0);
    add_marked(&stream, 2, 104, "ef", 0);
    add_marked(&stream, 3, 102, "cd", 0);  /* brings 2 into order */
    add_marked(&stream, 4, 106, "g", 3);   /* cut by the capture */
    add_marked(&stream, 5, 108, "hij", 0); /* two of these were cut before */
    add_marked(&stream, 6, 114, "m", 0);   /* what is before it never comes */
    add_marked(&stream, 7, 115, "n", 0);
    assert_string_equal(heard.text, "abcdefg|j");
    assert_false(heard.ended);
    stream_end(&stream);
    assert_string_equal(heard.text, "abcdefg|j|mn");
    assert_int_equal(heard.lost, 3 + 3);
    assert_int_equal(heard.key, 5);
    assert_true(heard.ended);
    assert_int_equal(heard.marks[2], 3); /* ef */
    assert_int_equal(heard.marks[5], 6); /* m, when its gap is given up */
    assert_int_equal(heard.marks[6], 7);
}

/* More packets wait than are held: the gap before them is given up. */
static void test_stream_sink_full(void **state)
{
    struct heard heard = {0};
    const struct stream_sink sink = {hear, hear_end, &heard};
    struct stream stream;

    (void)state;
    stream_start(&stream, 0, NULL);
    stream.sink = &sink;
    stream_synchronise(&stream, 0);
    for (uint32_t i = 0; i <= STREAM_LATE; i++)
        stream_add(&stream, 10 + i * 2, view_text("x"), 0);
    assert_int_equal(heard.text[0], '|');
    assert_int_equal(heard.text[1], 'x');
    assert_int_equal(heard.lost, 10);
    stream_end(&stream);
    assert_int_equal(heard.lost, 10 + STREAM_LATE);
    assert_int_equal(stream.length, STREAM_LATE + 1);
}

static void test_stream_prefix(void **state)
{
    static const char text[] =
        "a text that is longer than one block of the chain, which has "
        "ninety-six bytes, so that a prefix can end inside of it";
    struct stream stream, prefix;
    struct hash hash;

    (void)state;
    for (size_t target = 0; target < sizeof text; target++) {
        stream_start(&prefix, 0, NULL);
        stream_add(&prefix, 0, view_slice(view_text(text), 0, target), 0);
        hash = stream_end(&prefix);
        stream_start(&stream, target, NULL);
        for (uint32_t i = 0; i + 1 < sizeof text; i += 7)
            stream_add(&stream, i, view_slice(view_text(text), i, 7), 0);
        stream_end(&stream);
        assert_memory_equal(&stream.at_target, &hash, sizeof hash);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stream_order),  cmocka_unit_test(test_stream_gaps),
        cmocka_unit_test(test_stream_sink),   cmocka_unit_test(test_stream_sink_full),
        cmocka_unit_test(test_stream_prefix),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
