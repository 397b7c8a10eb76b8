#include "core/suggest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const char *nearest(const char *word, const char *const *candidates)
{
    struct suggestion suggestion = suggest_for(word, strlen(word));

    suggest_offer_all(&suggestion, candidates);
    return suggestion.best ? suggestion.best : "";
}

static void test_the_nearest_word_wins(void **state)
{
    static const char *const words[] = {"size", "size-eos", "type", "repeat-expr", NULL};

    (void)state;
    assert_string_equal(nearest("siez", words), "size");
    assert_string_equal(nearest("typ", words), "type");
    assert_string_equal(nearest("size-oes", words), "size-eos");
    assert_string_equal(nearest("repeat_exprs", words), "repeat-expr");
    assert_string_equal(nearest("contents", words), "");
    assert_string_equal(nearest("", words), "");
    assert_string_equal(nearest("x", words), "");
}

static void test_short_words_are_not_replaced_whole(void **state)
{
    static const char *const words[] = {"a", "be", NULL};

    (void)state;
    assert_string_equal(nearest("x", words), "");
    assert_string_equal(nearest("le", words), "be");
}

static void test_long_words_stay_in_bounds(void **state)
{
    char word[200];
    const char *const words[] = {word, "size", NULL};

    (void)state;
    memset(word, 'a', sizeof word - 1);
    word[sizeof word - 1] = '\0';
    assert_string_equal(nearest(word, words), "");
    word[64] = '\0';
    assert_string_equal(nearest(word, words), word);
}

static void test_the_text_is_appended_once_it_fits(void **state)
{
    struct suggestion suggestion = suggest_for("siez", 4);
    struct error error = {""};

    (void)state;
    error_set(&error, "wrong");
    assert_int_equal(suggest_append(&suggestion, &error), -1);
    assert_string_equal(error.text, "wrong");
    suggest_offer(&suggestion, "size");
    suggest_append(&suggestion, &error);
    assert_string_equal(error.text, "wrong; did you mean 'size'?");
    memset(error.text, 'x', sizeof error.text - 1);
    suggest_append(&suggestion, &error);
    assert_int_equal(strlen(error.text), sizeof error.text - 1);
    assert_int_equal(suggest_append(&suggestion, NULL), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_nearest_word_wins),
        cmocka_unit_test(test_short_words_are_not_replaced_whole),
        cmocka_unit_test(test_long_words_stay_in_bounds),
        cmocka_unit_test(test_the_text_is_appended_once_it_fits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
